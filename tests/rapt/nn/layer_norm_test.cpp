#include <rapt/nn/layer_norm.hpp>

#include "support/catch.hpp"
#include "support/layer_golden.hpp"
#include "support/layer_properties.hpp"
#include "support/tangent_golden.hpp"
#include "support/tangent_properties.hpp"

#include <cmath>
#include <limits>

namespace {

template <class T>
struct LayerNormSample {
  // Rows of one number are their own mean, and rows of two become -1 and 1, so y hardly depends on x: there
  // rounding is all one would compare.
  explicit LayerNormSample(rapt_test::Draw& draw)
      : layer(draw.pick(std::array<rapt::Index, 6>{0, 3, 5, 13, 33, 67})),
        x(draw.normal<T, 2>({draw.size(), layer.width()}, 2)) {
    layer.weight = draw.normal<T, 1>(layer.weight.shape());
    layer.bias = draw.normal<T, 1>(layer.bias.shape());
  }
  rapt::LayerNorm<T> layer;
  rapt::Tensor<T, 2> x;
  auto input() const { return x.view(); }
};

}  // namespace

RAPT_TEST_LAYER("LayerNorm", LayerNormSample, "[nn][layer_norm]")
RAPT_TEST_TANGENT("LayerNorm", LayerNormSample, "[nn][layer_norm]")

TEMPLATE_TEST_CASE("LayerNorm gives the values worked out by hand", "[nn][layer_norm]", float, double) {
  using T = TestType;
  rapt::LayerNorm<T> layer(2, 3.0);
  layer.weight = rapt::Tensor<T, 1>({2}, {1, 10});
  layer.bias = rapt::Tensor<T, 1>({2}, {5, 7});
  // mean 4, variance 1, so z = (-1, 1) / sqrt(1 + 3)
  const rapt::Tensor<T, 2> x({1, 2}, {3, 5}), dy({1, 2}, {4, 1});
  typename rapt::LayerNorm<T>::Cache cache;
  auto gradient = zeros_like(layer);
  const auto y = layer.forward(x, cache);
  CHECK(y(0, 0) == T(4.5));
  CHECK(y(0, 1) == T(12));
  // dz = (4, 10), mean 7, mean of dz z = 1.5: dx = (4 - 7 + 0.75, 10 - 7 - 0.75) / 2
  const auto dx = layer.backward(dy, cache, &gradient);
  CHECK(dx(0, 0) == T(-1.125));
  CHECK(dx(0, 1) == T(1.125));
  CHECK(gradient.weight(0) == T(-2));
  CHECK(gradient.weight(1) == T(0.5));
  CHECK(gradient.bias(0) == T(4));
}

TEST_CASE("LayerNorm of a constant row is its bias", "[nn][layer_norm]") {
  rapt::LayerNorm<float> layer(4);
  layer.bias.fill(3);
  rapt::Tensor<float, 2> x({1, 4}), dy({1, 4});
  x.fill(1e6f);
  dy.fill(1);
  rapt::LayerNorm<float>::Cache cache;
  for (const float v : layer.forward(x, cache)) CHECK(v == 3);
  for (const float v : layer.backward(dy, cache, nullptr)) CHECK(std::isfinite(v));
}

TEST_CASE("LayerNorm starts as plain normalisation with two parameters a column", "[nn][layer_norm]") {
  const rapt::LayerNorm<double> layer(7);
  CHECK(parameter_count(layer) == 2 * 7);
  for (const double w : layer.weight) CHECK(w == 1);
  for (const double b : layer.bias) CHECK(b == 0);
  CHECK(rapt::cast<float>(rapt::LayerNorm<double>(2, 1e-3)).eps == 1e-3);
}

TEST_CASE("LayerNorm names both shapes when they do not fit and refuses a negative eps",
          "[nn][layer_norm][errors]") {
  using Catch::Matchers::Message;
  const rapt::LayerNorm<float> layer(3);
  rapt::LayerNorm<float>::Cache cache;
  const rapt::Tensor<float, 2> x({2, 4}), good({2, 3});
  CHECK_THROWS_MATCHES(layer.forward(x, cache), rapt::ShapeError,
                       Message("LayerNorm::forward: x has shape (2, 4), expected (*, 3)"));
  layer.forward(good, cache);
  CHECK_THROWS_MATCHES(layer.backward(x, cache, nullptr), rapt::ShapeError,
                       Message("LayerNorm::backward: dy has shape (2, 4), expected (2, 3)"));
  CHECK_THROWS_MATCHES(rapt::LayerNorm<float>(3, -0.5), std::invalid_argument,
                       Message("LayerNorm: eps is -0.5, expected at least 0"));
}

TEST_CASE("LayerNorm agrees with PyTorch", "[nn][layer_norm][golden]") {
  rapt_test::check_layer_golden("layer_norm", rapt::LayerNorm<double>{});
}

TEST_CASE("LayerNorm has the tangent of a double backward in PyTorch", "[nn][layer_norm][tangent][golden]") {
  rapt_test::check_tangent_golden("layer_norm_tangent", rapt::LayerNorm<double>{});
}
