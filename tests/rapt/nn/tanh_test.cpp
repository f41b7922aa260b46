#include <rapt/nn/tanh.hpp>

#include "support/catch.hpp"
#include "support/elementwise_layer.hpp"

#include <cmath>
#include <vector>

namespace {

struct TanhCase {
  template <class T>
  static rapt::Tanh<T> layer() {
    return {};
  }
  static std::vector<rapt_test::ElementwiseValue> by_hand() {
    return {{0, 0, 1},
            {std::log(2.0), 0.6, 0.64},
            {-std::log(2.0), -0.6, 0.64},
            {std::log(3.0), 0.8, 0.36},
            {50, 1, 0}};
  }
};

}  // namespace

RAPT_TEST_ELEMENTWISE("Tanh", TanhCase, "[nn][tanh]")

TEST_CASE("Tanh agrees with PyTorch", "[nn][tanh][golden]") {
  rapt_test::check_layer_golden("tanh", rapt::Tanh<double>{});
}
