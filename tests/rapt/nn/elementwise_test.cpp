#include <rapt/nn/elementwise.hpp>
#include <rapt/nn/leaky_relu.hpp>

#include "support/catch.hpp"
#include "support/layer_properties.hpp"

namespace {

// A user's own elementwise layer, y = x^3.
template <std::floating_point T>
struct CubeFunction {
  static constexpr rapt::Index operations = 2;
  void value(rapt::ActivationInput<T> x, rapt::ActivationOutput<T> y) const { y = x.cube(); }
  void gradient(rapt::ActivationInput<T> dy, rapt::ActivationInput<T> x, rapt::ActivationInput<T>,
                rapt::ActivationOutput<T> dx) const {
    dx = T(3) * dy * x.square();
  }
};

template <std::floating_point T>
struct Cube : rapt::Elementwise<Cube<T>, T> {
  static constexpr std::string_view layer_name = "Cube";
  CubeFunction<T> function() const { return {}; }
};
static_assert(rapt::Layer<Cube<float>> && rapt::Layer<Cube<double>>);

template <class T>
struct CubeSample {
  explicit CubeSample(rapt_test::Draw& draw) : x(draw.normal<T, 2>({draw.size(), draw.size()})) {}
  Cube<T> layer;
  rapt::Tensor<T, 2> x;
  auto input() const { return x.view(); }
};

}  // namespace

RAPT_TEST_LAYER("Elementwise", CubeSample, "[nn][elementwise]")

TEST_CASE("Elementwise gives a user's own function a forward and a backward", "[nn][elementwise]") {
  const Cube<double> layer;
  Cube<double>::Cache cache;
  const rapt::Tensor<double, 2> x({1, 2}, {2, -1}), dy({1, 2}, {1, 2});
  CHECK(layer.forward(x, cache)(0, 0) == 8);
  const auto dx = layer.backward(dy, cache, nullptr);
  CHECK(dx(0, 0) == 12);
  CHECK(dx(0, 1) == 6);
}

TEST_CASE("An activation of rank 4 keeps the shape of images", "[nn][elementwise]") {
  const rapt::LeakyReLU<float, 4> layer(0.5);
  rapt::LeakyReLU<float, 4>::Cache cache;
  const rapt::Tensor<float, 4> x({1, 2, 1, 2}, {1, -2, -4, 3}), dy({1, 2, 1, 2}, {2, 2, 2, 2});
  rapt::Tensor<float, 4> wrong({1, 2, 2, 1});

  const auto y = layer.forward(x, cache);
  const auto dx = layer.backward(dy, cache, nullptr);

  CHECK(y.shape() == x.shape());
  CHECK(std::vector<float>(y.begin(), y.end()) == std::vector<float>{1, -1, -2, 3});
  CHECK(std::vector<float>(dx.begin(), dx.end()) == std::vector<float>{2, 1, 1, 2});
  CHECK(rapt::cast<double>(layer).negative_slope == 0.5);
  CHECK_THROWS_MATCHES(
      layer.backward(wrong, cache, nullptr), rapt::ShapeError,
      Catch::Matchers::Message("LeakyReLU::backward: dy has shape (1, 2, 2, 1), expected (1, 2, 1, 2)"));
}
