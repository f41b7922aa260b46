#include <rapt/gan/gan_record.hpp>

#include "support/catch.hpp"

#include <cmath>

TEST_CASE("GanRecord begins with nothing known", "[gan][gan_record]") {
  const rapt::GanRecord record;
  CHECK(record.step == 0);
  for (double rapt::GanRecord::*number :
       {&rapt::GanRecord::discriminator_loss, &rapt::GanRecord::generator_loss, &rapt::GanRecord::real_logit,
        &rapt::GanRecord::fake_probability, &rapt::GanRecord::generator_signal,
        &rapt::GanRecord::generator_weight_norm, &rapt::GanRecord::spread, &rapt::GanRecord::gap})
    CHECK(std::isnan(record.*number));
}
