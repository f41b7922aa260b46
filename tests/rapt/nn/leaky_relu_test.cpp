#include <rapt/nn/leaky_relu.hpp>

#include "support/catch.hpp"
#include "support/layer_golden.hpp"
#include "support/layer_properties.hpp"

#include <cmath>
#include <limits>
#include <vector>

namespace {

template <class T>
struct LeakyReLUSample {
  explicit LeakyReLUSample(rapt_test::Draw& draw) : x(draw.normal<T, 2>({draw.size(), draw.size()}, 2)) {}
  rapt::LeakyReLU<T> layer{0.25};
  rapt::Tensor<T, 2> x;
  auto input() const { return x.view(); }
};

}  // namespace

RAPT_TEST_LAYER("LeakyReLU", LeakyReLUSample, "[nn][leaky_relu]")

TEMPLATE_TEST_CASE("LeakyReLU gives the values worked out by hand", "[nn][leaky_relu]", float, double) {
  using T = TestType;
  const rapt::LeakyReLU<T> layer{0.25};
  const rapt::Tensor<T, 2> x({1, 5}, {-2, 0, 3, -1, 0.5});
  rapt::Tensor<T, 2> dy({1, 5});
  dy.fill(2);
  typename rapt::LeakyReLU<T>::Cache cache;
  const std::vector<double> value{-0.5, 0, 3, -0.25, 0.5}, slope{0.25, 0.25, 1, 0.25, 1};

  const auto y = layer.forward(x, cache);
  const auto dx = layer.backward(dy, cache, nullptr);

  for (rapt::Index i = 0; i < 5; ++i) {
    const auto k = static_cast<std::size_t>(i);
    CHECK(static_cast<double>(y(0, i)) == Catch::Approx(value[k]).epsilon(1e-6).margin(1e-7));
    CHECK(static_cast<double>(dx(0, i)) == Catch::Approx(2 * slope[k]).epsilon(1e-6).margin(1e-7));
  }
}

TEST_CASE("LeakyReLU keeps NaN and has no parameters", "[nn][leaky_relu]") {
  const rapt::LeakyReLU<float> layer;
  rapt::LeakyReLU<float>::Cache cache;
  rapt::Tensor<float, 2> x({1, 9});  // a SIMD packet or two, and a rest
  x.fill(std::numeric_limits<float>::quiet_NaN());
  for (const float v : layer.forward(x, cache)) CHECK(std::isnan(v));
  CHECK(parameter_count(layer) == 0);
}

TEST_CASE("LeakyReLU::backward names both shapes when they do not fit", "[nn][leaky_relu][errors]") {
  const rapt::LeakyReLU<double> layer;
  rapt::LeakyReLU<double>::Cache cache;
  const rapt::Tensor<double, 2> x({2, 3}), dy({3, 2});
  layer.forward(x, cache);
  CHECK_THROWS_MATCHES(layer.backward(dy, cache, nullptr), rapt::ShapeError,
                       Catch::Matchers::Message("LeakyReLU::backward: dy has shape (3, 2), expected (2, 3)"));
}

TEST_CASE("LeakyReLU agrees with PyTorch", "[nn][leaky_relu][golden]") {
  rapt_test::check_layer_golden("leaky_relu", rapt::LeakyReLU<double>{0.2});
}

TEST_CASE("LeakyReLU keeps its slope in another scalar", "[nn][leaky_relu]") {
  CHECK(rapt::LeakyReLU<float>{}.negative_slope == 0.01);
  CHECK(rapt::cast<float>(rapt::LeakyReLU<double>{0.3}).negative_slope == 0.3);
}
