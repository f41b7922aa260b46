#include <rapt/gan/gan_step.hpp>

#include "support/catch.hpp"

TEST_CASE("GanStep says which loss of which step is not finite", "[gan][gan_step]") {
  rapt::GanStep<float> step;
  CHECK(step.finite());
  CHECK(step.message().empty());
  step.step = 17;
  step.not_finite = "generator loss";
  CHECK(!step.finite());
  CHECK(step.message() == "step 17: generator loss is not finite");
  step.not_finite_tensor = "generator output";
  CHECK(step.message() == "step 17: generator loss is not finite, and neither is generator output");
}
