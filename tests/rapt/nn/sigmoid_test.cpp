#include <rapt/nn/sigmoid.hpp>

#include "support/catch.hpp"
#include "support/elementwise_layer.hpp"

#include <cmath>
#include <vector>

namespace {

struct SigmoidCase {
  template <class T>
  static rapt::Sigmoid<T> layer() {
    return {};
  }
  static std::vector<rapt_test::ElementwiseValue> by_hand() {
    return {{0, 0.5, 0.25},
            {std::log(3.0), 0.75, 0.1875},
            {-std::log(3.0), 0.25, 0.1875},
            {1000, 1, 0},
            {-1000, 0, 0}};
  }
};

}  // namespace

RAPT_TEST_ELEMENTWISE("Sigmoid", SigmoidCase, "[nn][sigmoid]")

TEST_CASE("Sigmoid agrees with PyTorch", "[nn][sigmoid][golden]") {
  rapt_test::check_layer_golden("sigmoid", rapt::Sigmoid<double>{});
}

TEST_CASE("Sigmoid keeps its digits far below 0", "[nn][sigmoid]") {
  const rapt::Sigmoid<float> layer;
  rapt::Sigmoid<float>::Cache cache;
  const rapt::Tensor<float, 2> x({1, 5}, {-30, -30, -30, -30, -30});
  for (const float v : layer.forward(x, cache))
    CHECK(static_cast<double>(v) == Catch::Approx(std::exp(-30.0)));
}
