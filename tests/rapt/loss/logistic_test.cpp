#include <rapt/loss/logistic.hpp>

#include "support/catch.hpp"

#include <limits>

TEMPLATE_TEST_CASE("logistic and its loss stay exact where a naive formula overflows", "[loss][logistic]",
                   float, double) {
  using T = TestType;
  using rapt::detail::logistic, rapt::detail::logistic_loss;
  CHECK(logistic(T(0)) == T(0.5));
  CHECK(logistic(std::log(T(3))) == Catch::Approx(0.75));
  CHECK(logistic(-std::log(T(3))) == Catch::Approx(0.25));
  CHECK(logistic(T(1000)) == 1);
  CHECK(logistic(T(-1000)) == 0);
  CHECK(logistic(T(-80)) == Catch::Approx(std::exp(-80.0)));
  CHECK(logistic_loss(std::log(T(3))) == Catch::Approx(std::log(4.0)));
  CHECK(logistic_loss(T(1000)) == 1000);
  CHECK(logistic_loss(T(-80)) == Catch::Approx(std::exp(-80.0)));
  const T nan = std::numeric_limits<T>::quiet_NaN();
  CHECK(std::isnan(logistic(nan)));
  CHECK(std::isnan(logistic_loss(nan)));
}
