#include <rapt/nn/relu.hpp>

#include "support/catch.hpp"
#include "support/elementwise_layer.hpp"

#include <vector>

namespace {

struct ReLUCase {
  template <class T>
  static rapt::ReLU<T> layer() {
    return {};
  }
  static std::vector<rapt_test::ElementwiseValue> by_hand() {
    return {{-2, 0, 0}, {0, 0, 0}, {3, 3, 1}, {-0.5, 0, 0}, {0.25, 0.25, 1}};
  }
};

}  // namespace

RAPT_TEST_ELEMENTWISE("ReLU", ReLUCase, "[nn][relu]")

TEST_CASE("ReLU agrees with PyTorch", "[nn][relu][golden]") {
  rapt_test::check_layer_golden("relu", rapt::ReLU<double>{});
}
