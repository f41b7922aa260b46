#include <rapt/nn/tanh.hpp>

#include "support/catch.hpp"
#include "support/layer_golden.hpp"
#include "support/layer_properties.hpp"

#include <cmath>
#include <limits>
#include <vector>

namespace {

template <class T>
struct TanhSample {
  explicit TanhSample(rapt_test::Draw& draw) : x(draw.normal<T, 2>({draw.size(), draw.size()}, 2)) {}
  rapt::Tanh<T> layer;
  rapt::Tensor<T, 2> x;
  auto input() const { return x.view(); }
};

}  // namespace

RAPT_TEST_LAYER("Tanh", TanhSample, "[nn][tanh]")

TEMPLATE_TEST_CASE("Tanh gives the values worked out by hand", "[nn][tanh]", float, double) {
  using T = TestType;
  const rapt::Tanh<T> layer;
  const rapt::Tensor<T, 2> x({1, 5}, {0, std::log(T(2)), -std::log(T(2)), std::log(T(3)), 50});
  rapt::Tensor<T, 2> dy({1, 5});
  dy.fill(2);
  typename rapt::Tanh<T>::Cache cache;
  const std::vector<double> value{0, 0.6, -0.6, 0.8, 1}, slope{1, 0.64, 0.64, 0.36, 0};

  const auto y = layer.forward(x, cache);
  const auto dx = layer.backward(dy, cache, nullptr);

  for (rapt::Index i = 0; i < 5; ++i) {
    const auto k = static_cast<std::size_t>(i);
    CHECK(static_cast<double>(y(0, i)) == Catch::Approx(value[k]).epsilon(1e-6).margin(1e-7));
    CHECK(static_cast<double>(dx(0, i)) == Catch::Approx(2 * slope[k]).epsilon(1e-6).margin(1e-7));
  }
}

TEST_CASE("Tanh keeps NaN and has no parameters", "[nn][tanh]") {
  const rapt::Tanh<float> layer;
  rapt::Tanh<float>::Cache cache;
  rapt::Tensor<float, 2> x({1, 9});  // a SIMD packet or two, and a rest
  x.fill(std::numeric_limits<float>::quiet_NaN());
  for (const float v : layer.forward(x, cache)) CHECK(std::isnan(v));
  CHECK(parameter_count(layer) == 0);
}

TEST_CASE("Tanh::backward names both shapes when they do not fit", "[nn][tanh][errors]") {
  const rapt::Tanh<double> layer;
  rapt::Tanh<double>::Cache cache;
  const rapt::Tensor<double, 2> x({2, 3}), dy({3, 2});
  layer.forward(x, cache);
  CHECK_THROWS_MATCHES(layer.backward(dy, cache, nullptr), rapt::ShapeError,
                       Catch::Matchers::Message("Tanh::backward: dy has shape (3, 2), expected (2, 3)"));
}

TEST_CASE("Tanh agrees with PyTorch", "[nn][tanh][golden]") {
  rapt_test::check_layer_golden("tanh", rapt::Tanh<double>{});
}
