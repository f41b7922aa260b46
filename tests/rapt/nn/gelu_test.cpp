#include <rapt/nn/gelu.hpp>

#include "support/catch.hpp"
#include "support/elementwise_layer.hpp"

#include <vector>

namespace {

struct GELUCase {
  template <class T>
  static rapt::GELU<T> layer() {
    return {};
  }
  static std::vector<rapt_test::ElementwiseValue> by_hand() {
    return {{0, 0, 0.5},
            {1, 0.841344746068543, 0.841344746068543 + 0.241970724519143},
            {-1, -0.158655253931457, 0.158655253931457 - 0.241970724519143},
            {30, 30, 1},
            {-40, 0, 0}};
  }
};

}  // namespace

RAPT_TEST_ELEMENTWISE("GELU", GELUCase, "[nn][gelu]")

TEST_CASE("GELU agrees with PyTorch", "[nn][gelu][golden]") {
  rapt_test::check_layer_golden("gelu", rapt::GELU<double>{});
}

TEST_CASE("GELU keeps its digits far below 0 and at the smallest numbers", "[nn][gelu]") {
  const rapt::GELU<double> layer;
  rapt::GELU<double>::Cache cache;
  const rapt::Tensor<double, 2> x({1, 3}, {-8, 1e-310, -0.0}), dy({1, 3}, {1, 1, 1});
  CHECK(layer.forward(x, cache)(0, 0) == Catch::Approx(-8 * 6.220960574271785e-16).epsilon(1e-12));
  const auto dx = layer.backward(dy, cache, nullptr);
  // Phi(-8) - 8 phi(-8)
  CHECK(dx(0, 0) == Catch::Approx(6.220960574271785e-16 - 8 * 5.052271083536893e-15).epsilon(1e-12));
  CHECK(dx(0, 1) == 0.5);
  CHECK(dx(0, 2) == 0.5);
}
