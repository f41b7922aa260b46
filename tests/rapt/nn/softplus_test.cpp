#include <rapt/nn/softplus.hpp>

#include "support/catch.hpp"
#include "support/elementwise_layer.hpp"

#include <cmath>
#include <stdexcept>
#include <vector>

namespace {

struct SoftplusCase {
  template <class T>
  static rapt::Softplus<T> layer() {
    return rapt::Softplus<T>{2.0, 6.0};
  }
  static std::vector<rapt_test::ElementwiseValue> by_hand() {
    return {{0, std::log(2.0) / 2, 0.5},
            {std::log(3.0) / 2, std::log(4.0) / 2, 0.75},
            {-std::log(3.0) / 2, std::log(4.0 / 3) / 2, 0.25},
            {3.5, 3.5, 1},
            {-500, 0, 0}};
  }
};

}  // namespace

RAPT_TEST_ELEMENTWISE("Softplus", SoftplusCase, "[nn][softplus]")

TEST_CASE("Softplus agrees with PyTorch", "[nn][softplus][golden]") {
  rapt_test::check_layer_golden("softplus", rapt::Softplus<double>{1.5, 12});
}

TEST_CASE("Softplus refuses a beta that is not positive", "[nn][softplus][errors]") {
  CHECK_THROWS_MATCHES(rapt::Softplus<float>(-0.5), std::invalid_argument,
                       Catch::Matchers::Message("Softplus: beta is -0.5, expected more than 0"));
  CHECK_THROWS_MATCHES(rapt::Softplus<float>(std::nan("")), std::invalid_argument,
                       Catch::Matchers::Message("Softplus: beta is nan, expected more than 0"));
}

TEST_CASE("Softplus keeps its settings in another scalar", "[nn][softplus]") {
  const auto layer = rapt::cast<float>(rapt::Softplus<double>{3.0, 7.0});
  CHECK(layer.beta == 3.0);
  CHECK(layer.threshold == 7.0);
}

TEST_CASE("Softplus is the identity above its threshold and does not overflow below one that is high",
          "[nn][softplus]") {
  rapt::Softplus<double>::Cache cache;
  const rapt::Tensor<double, 2> x({1, 2}, {20.5, 900});
  const auto low = rapt::Softplus<double>{}.forward(x, cache);
  CHECK(low(0, 0) == 20.5);
  const auto high = rapt::Softplus<double>{1.0, 2000.0}.forward(x, cache);
  CHECK(high(0, 0) == Catch::Approx(20.5 + std::exp(-20.5)).epsilon(1e-15));
  CHECK(high(0, 1) == 900);
}
