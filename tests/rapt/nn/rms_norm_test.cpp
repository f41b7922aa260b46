#include <rapt/nn/rms_norm.hpp>

#include "support/catch.hpp"
#include "support/layer_golden.hpp"
#include "support/layer_properties.hpp"
#include "support/tangent_golden.hpp"
#include "support/tangent_properties.hpp"

#include <cmath>
#include <vector>

namespace {

template <class T>
struct RMSNormSample {
  // A row of one number becomes -1 or 1: there rounding is all one would compare.
  explicit RMSNormSample(rapt_test::Draw& draw)
      : layer(draw.pick(std::array<rapt::Index, 7>{0, 2, 3, 5, 13, 33, 67})),
        x(draw.normal<T, 2>({draw.size(), layer.width()}, 2)) {
    layer.weight = draw.normal<T, 1>(layer.weight.shape());
  }
  rapt::RMSNorm<T> layer;
  rapt::Tensor<T, 2> x;
  auto input() const { return x.view(); }
};

}  // namespace

RAPT_TEST_LAYER("RMSNorm", RMSNormSample, "[nn][rms_norm]")
RAPT_TEST_TANGENT("RMSNorm", RMSNormSample, "[nn][rms_norm]")

TEMPLATE_TEST_CASE("RMSNorm gives the values worked out by hand", "[nn][rms_norm]", float, double) {
  using T = TestType;
  rapt::RMSNorm<T> layer(2, 3.5);
  layer.weight = rapt::Tensor<T, 1>({2}, {1, 10});
  // mean square (9 + 16) / 2 = 12.5, so z = (3, 4) / sqrt(12.5 + 3.5)
  const rapt::Tensor<T, 2> x({1, 2}, {3, 4}), dy({1, 2}, {4, 1});
  typename rapt::RMSNorm<T>::Cache cache;
  auto gradient = zeros_like(layer);
  const auto y = layer.forward(x, cache);
  CHECK(y(0, 0) == T(0.75));
  CHECK(y(0, 1) == T(10));
  // dz = (4, 10), mean of dz z = (3 + 10) / 2: dx = (4 - 0.75 * 6.5, 10 - 6.5) / 4
  const auto dx = layer.backward(dy, cache, &gradient);
  CHECK(dx(0, 0) == T(-0.21875));
  CHECK(dx(0, 1) == T(0.875));
  CHECK(gradient.weight(0) == T(3));
  CHECK(gradient.weight(1) == T(1));
}

TEST_CASE("RMSNorm of a row does not change with its length as a vector", "[nn][rms_norm]") {
  rapt_test::Draw draw(1);
  const rapt::RMSNorm<double> layer(9, 0.0);
  const auto x = draw.normal<double, 2>({4, 9});
  rapt::Tensor<double, 2> longer({4, 9});
  longer.array() = 8 * x.array();
  rapt::RMSNorm<double>::Cache one, eight;
  CHECK(rapt::testing::largest_difference(layer.forward(x, one), layer.forward(longer, eight)) == 0);
}

TEST_CASE("RMSNorm of a row of zeros is 0 with a finite gradient", "[nn][rms_norm]") {
  const rapt::RMSNorm<float> layer(4);
  const rapt::Tensor<float, 2> x({1, 4});
  rapt::Tensor<float, 2> dy({1, 4});
  dy.fill(1);
  rapt::RMSNorm<float>::Cache cache;
  for (const float v : layer.forward(x, cache)) CHECK(v == 0);
  for (const float v : layer.backward(dy, cache, nullptr)) CHECK(v == Catch::Approx(1 / std::sqrt(1e-5)));
}

TEST_CASE("RMSNorm starts with one parameter a column", "[nn][rms_norm]") {
  const rapt::RMSNorm<double> layer(7);
  CHECK(parameter_count(layer) == 7);
  for (const double w : layer.weight) CHECK(w == 1);
  CHECK(rapt::cast<float>(rapt::RMSNorm<double>(2, 1e-3)).eps == 1e-3);
}

TEST_CASE("RMSNorm names both shapes when they do not fit and refuses a negative eps",
          "[nn][rms_norm][errors]") {
  using Catch::Matchers::Message;
  const rapt::RMSNorm<float> layer(3);
  rapt::RMSNorm<float>::Cache cache;
  const rapt::Tensor<float, 2> x({2, 4}), good({2, 3});
  CHECK_THROWS_MATCHES(layer.forward(x, cache), rapt::ShapeError,
                       Message("RMSNorm::forward: x has shape (2, 4), expected (*, 3)"));
  layer.forward(good, cache);
  CHECK_THROWS_MATCHES(layer.backward(x, cache, nullptr), rapt::ShapeError,
                       Message("RMSNorm::backward: dy has shape (2, 4), expected (2, 3)"));
  CHECK_THROWS_MATCHES(rapt::RMSNorm<float>(3, -0.5), std::invalid_argument,
                       Message("RMSNorm: eps is -0.5, expected at least 0"));
}

TEST_CASE("RMSNorm agrees with its formula in PyTorch", "[nn][rms_norm][golden]") {
  rapt_test::check_layer_golden("rms_norm", rapt::RMSNorm<double>{});
}

TEST_CASE("RMSNorm has the tangent of a double backward in PyTorch", "[nn][rms_norm][tangent][golden]") {
  rapt_test::check_tangent_golden("rms_norm_tangent", rapt::RMSNorm<double>{});
}
