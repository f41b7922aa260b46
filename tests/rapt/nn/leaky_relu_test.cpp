#include <rapt/nn/leaky_relu.hpp>

#include "support/catch.hpp"
#include "support/elementwise_layer.hpp"

#include <vector>

namespace {

struct LeakyReLUCase {
  template <class T>
  static rapt::LeakyReLU<T> layer() {
    return rapt::LeakyReLU<T>{0.25};
  }
  static std::vector<rapt_test::ElementwiseValue> by_hand() {
    return {{-2, -0.5, 0.25}, {0, 0, 0.25}, {3, 3, 1}, {-1, -0.25, 0.25}, {0.5, 0.5, 1}};
  }
};

}  // namespace

RAPT_TEST_ELEMENTWISE("LeakyReLU", LeakyReLUCase, "[nn][leaky_relu]")

TEST_CASE("LeakyReLU agrees with PyTorch", "[nn][leaky_relu][golden]") {
  rapt_test::check_layer_golden("leaky_relu", rapt::LeakyReLU<double>{0.2});
}

TEST_CASE("LeakyReLU keeps its slope in another scalar", "[nn][leaky_relu]") {
  CHECK(rapt::LeakyReLU<float>{}.negative_slope == 0.01);
  CHECK(rapt::cast<float>(rapt::LeakyReLU<double>{0.3}).negative_slope == 0.3);
}
