#include <rapt/nn/linear.hpp>

#include <rapt/testing/golden.hpp>

#include "support/catch.hpp"
#include "support/layer_properties.hpp"
#include "support/tangent_properties.hpp"

#include <string>
#include <vector>

namespace {

template <class T>
struct LinearSample {
  explicit LinearSample(rapt_test::Draw& draw)
      : layer(draw.positive(), draw.size(), draw.values), x(draw.normal<T, 2>({draw.size(), layer.in()})) {}
  rapt::Linear<T> layer;
  rapt::Tensor<T, 2> x;
  auto input() const { return x.view(); }
};

template <class T>
rapt::Linear<T> linear_two_to_three() {
  rapt::Linear<T> layer;
  layer.weight = rapt::Tensor<T, 2>({3, 2}, {1, 2, 3, 4, 5, 6});
  layer.bias = rapt::Tensor<T, 1>({3}, {10, 20, 30});
  return layer;
}

}  // namespace

RAPT_TEST_LAYER("Linear", LinearSample, "[nn][linear]")
RAPT_TEST_TANGENT("Linear", LinearSample, "[nn][linear]")

TEMPLATE_TEST_CASE("Linear::forward gives the values worked out by hand", "[nn][linear]", float, double) {
  const auto layer = linear_two_to_three<TestType>();
  const rapt::Tensor<TestType, 2> x({2, 2}, {1, 1, 2, 0});
  typename rapt::Linear<TestType>::Cache cache;

  const auto y = layer.forward(x, cache);

  CHECK(std::vector<TestType>(y.begin(), y.end()) == std::vector<TestType>{13, 27, 41, 12, 26, 40});
}

TEST_CASE("One Linear applied twice before backward adds both gradients", "[nn][linear]") {
  const auto layer = linear_two_to_three<double>();
  const rapt::Tensor<double, 2> a({1, 2}, {1, 2}), b({1, 2}, {-3, 5}), dy({1, 3}, {1, -1, 2});
  rapt::Linear<double>::Cache first, second;
  auto gradient = zeros_like(layer);

  layer.forward(a, first);
  layer.forward(b, second);
  layer.backward(dy, first, &gradient);
  layer.backward(dy, second, &gradient);

  // dW = dy^T (a + b), db = 2 dy
  CHECK(std::vector<double>(gradient.weight.begin(), gradient.weight.end()) ==
        std::vector<double>{-2, 7, 2, -7, -4, 14});
  CHECK(gradient.bias(2) == 4);
}

TEST_CASE("Linear::forward names both shapes when they do not fit", "[nn][linear][errors]") {
  const auto layer = linear_two_to_three<float>();
  const rapt::Tensor<float, 2> x({8, 63}), dy({7, 3}), good({8, 2});
  rapt::Linear<float>::Cache cache;
  std::string forward, backward;
  try {
    layer.forward(x, cache);
  } catch (const rapt::ShapeError& error) {
    forward = error.what();
  }
  layer.forward(good, cache);
  try {
    layer.backward(dy, cache, nullptr);
  } catch (const rapt::ShapeError& error) {
    backward = error.what();
  }
  CHECK(forward == "Linear::forward: x has shape (8, 63), expected (*, 2)");
  CHECK(backward == "Linear::backward: dy has shape (7, 3), expected (8, 3)");
}

TEST_CASE("Linear has in times out plus out parameters", "[nn][linear]") {
  rapt::RandomStream stream(1);
  CHECK(parameter_count(rapt::Linear<float>(5, 3, stream)) == 5 * 3 + 3);
  CHECK(parameter_count(rapt::Linear<float>(5, 3, stream, rapt::Bias::no)) == 5 * 3);
}

TEST_CASE("Linear agrees with PyTorch", "[nn][linear][golden]") {
  const rapt::testing::Golden golden(RAPT_SOURCE_DIR "/tests/golden/linear.txt");
  rapt::Linear<double> layer, gradient;
  golden.load(layer, "layer.");
  gradient = zeros_like(layer);
  const auto x = golden.tensor<double, 2>("x"), dy = golden.tensor<double, 2>("dy");
  rapt::Linear<double>::Cache cache;

  const auto y = layer.forward(x, cache);
  const auto dx = layer.backward(dy, cache, &gradient);

  rapt::Linear<double> expected;
  golden.load(expected, "gradient.");
  using rapt::testing::largest_difference;
  CHECK(largest_difference(y, golden.tensor<double, 2>("y")) < 1e-10);
  CHECK(largest_difference(dx, golden.tensor<double, 2>("dx")) < 1e-10);
  CHECK(largest_difference(gradient.weight, expected.weight) < 1e-10);
  CHECK(largest_difference(gradient.bias, expected.bias) < 1e-10);
}
