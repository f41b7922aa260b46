#include <rapt/core/number_text.hpp>

#include "support/catch.hpp"

#include <limits>

TEST_CASE("number_text gives the shortest text of a number", "[core][number_text]") {
  using rapt::detail::number_text;
  CHECK(number_text(0.1) == "0.1");
  CHECK(number_text(-3) == "-3");
  CHECK(number_text(1e-300) == "1e-300");
  CHECK(number_text(-std::numeric_limits<double>::denorm_min()) == "-5e-324");
  CHECK(number_text(1.0 / 3) == "0.3333333333333333");
  CHECK(number_text(std::numeric_limits<double>::quiet_NaN()) == "nan");
}
