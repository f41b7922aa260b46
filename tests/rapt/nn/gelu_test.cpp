#include <rapt/nn/gelu.hpp>

#include "support/catch.hpp"
#include "support/layer_golden.hpp"
#include "support/layer_properties.hpp"

#include <cmath>
#include <limits>
#include <vector>

namespace {

template <class T>
struct GELUSample {
  explicit GELUSample(rapt_test::Draw& draw) : x(draw.normal<T, 2>({draw.size(), draw.size()}, 2)) {}
  rapt::GELU<T> layer;
  rapt::Tensor<T, 2> x;
  auto input() const { return x.view(); }
};

}  // namespace

RAPT_TEST_LAYER("GELU", GELUSample, "[nn][gelu]")

TEMPLATE_TEST_CASE("GELU gives the values worked out by hand", "[nn][gelu]", float, double) {
  using T = TestType;
  const rapt::GELU<T> layer;
  const rapt::Tensor<T, 2> x({1, 5}, {0, 1, -1, 30, -40});
  rapt::Tensor<T, 2> dy({1, 5});
  dy.fill(2);
  typename rapt::GELU<T>::Cache cache;
  const std::vector<double> value{0, 0.841344746068543, -0.158655253931457, 30, 0},
      slope{0.5, 0.841344746068543 + 0.241970724519143, 0.158655253931457 - 0.241970724519143, 1, 0};

  const auto y = layer.forward(x, cache);
  const auto dx = layer.backward(dy, cache, nullptr);

  for (rapt::Index i = 0; i < 5; ++i) {
    const auto k = static_cast<std::size_t>(i);
    CHECK(static_cast<double>(y(0, i)) == Catch::Approx(value[k]).epsilon(1e-6).margin(1e-7));
    CHECK(static_cast<double>(dx(0, i)) == Catch::Approx(2 * slope[k]).epsilon(1e-6).margin(1e-7));
  }
}

TEST_CASE("GELU keeps NaN and has no parameters", "[nn][gelu]") {
  const rapt::GELU<float> layer;
  rapt::GELU<float>::Cache cache;
  rapt::Tensor<float, 2> x({1, 9});  // a SIMD packet or two, and a rest
  x.fill(std::numeric_limits<float>::quiet_NaN());
  for (const float v : layer.forward(x, cache)) CHECK(std::isnan(v));
  CHECK(parameter_count(layer) == 0);
}

TEST_CASE("GELU::backward names both shapes when they do not fit", "[nn][gelu][errors]") {
  const rapt::GELU<double> layer;
  rapt::GELU<double>::Cache cache;
  const rapt::Tensor<double, 2> x({2, 3}), dy({3, 2});
  layer.forward(x, cache);
  CHECK_THROWS_MATCHES(layer.backward(dy, cache, nullptr), rapt::ShapeError,
                       Catch::Matchers::Message("GELU::backward: dy has shape (3, 2), expected (2, 3)"));
}

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
