#include <rapt/nn/silu.hpp>

#include "support/catch.hpp"
#include "support/elementwise_layer.hpp"

#include <cmath>
#include <vector>

namespace {

struct SiLUCase {
  template <class T>
  static rapt::SiLU<T> layer() {
    return {};
  }
  static std::vector<rapt_test::ElementwiseValue> by_hand() {
    return {{0, 0, 0.5},
            {std::log(3.0), 0.75 * std::log(3.0), 0.75 * (1 + 0.25 * std::log(3.0))},
            {-std::log(3.0), -0.25 * std::log(3.0), 0.25 * (1 - 0.75 * std::log(3.0))},
            {500, 500, 1},
            {-500, 0, 0}};
  }
};

}  // namespace

RAPT_TEST_ELEMENTWISE("SiLU", SiLUCase, "[nn][silu]")

TEST_CASE("SiLU agrees with PyTorch", "[nn][silu][golden]") {
  rapt_test::check_layer_golden("silu", rapt::SiLU<double>{});
}
