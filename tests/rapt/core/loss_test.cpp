#include <rapt/core/loss.hpp>

#include "support/catch.hpp"

namespace {

struct LossOfSum {
  using Scalar = double;
  using Prediction = rapt::TensorView<const double, 1>;
  using Target = rapt::NoTarget;
  struct Cache {};
  double forward(Prediction x, Target, Cache&) const { return x.array().sum(); }
  Prediction backward(Cache&) const { return {}; }
};
struct LossInFloat : LossOfSum {
  float forward(Prediction, Target, Cache&) const { return 0; }
};

}  // namespace

TEST_CASE("The Loss concept asks for one number of the loss's scalar", "[core][loss]") {
  STATIC_REQUIRE(rapt::Loss<LossOfSum>);
  STATIC_REQUIRE_FALSE(rapt::Loss<LossInFloat>);
  STATIC_REQUIRE_FALSE(rapt::Loss<double>);
}
