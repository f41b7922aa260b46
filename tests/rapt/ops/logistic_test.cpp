#include <rapt/ops/logistic.hpp>

#include "support/catch.hpp"

#include <limits>

TEMPLATE_TEST_CASE("The logistic function of one number stays exact where a naive formula overflows",
                   "[ops][logistic]", float, double) {
  using T = TestType;
  using rapt::detail::logistic;
  CHECK(logistic(T(0)) == T(0.5));
  CHECK(logistic(std::log(T(3))) == Catch::Approx(0.75));
  CHECK(logistic(-std::log(T(3))) == Catch::Approx(0.25));
  CHECK(logistic(T(1000)) == 1);
  CHECK(logistic(T(-1000)) == 0);
  CHECK(logistic(T(-80)) == Catch::Approx(std::exp(-80.0)));
  const T nan = std::numeric_limits<T>::quiet_NaN();
  CHECK(std::isnan(logistic(nan)));
}
