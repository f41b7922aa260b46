#include <rapt/attention/sinusoidal_positions.hpp>

#include "rapt/attention/attention_data.hpp"
#include "support/catch.hpp"
#include "support/layer_properties.hpp"

#include <cmath>

namespace {

template <class T>
struct SinusoidalPositionsSample {
  explicit SinusoidalPositionsSample(rapt_test::Draw& draw)
      : x(draw.normal<T, 3>({draw.small(), draw.size(), draw.size()})) {}
  rapt::SinusoidalPositions<T> layer;
  rapt::Tensor<T, 3> x;
  auto input() const { return x.view(); }
};

}  // namespace

RAPT_TEST_LAYER("SinusoidalPositions", SinusoidalPositionsSample, "[attention][positions]")

TEST_CASE("SinusoidalPositions gives the values worked out by hand", "[attention][positions]") {
  const rapt::SinusoidalPositions<double> layer;
  rapt::Tensor<double, 3> x({1, 3, 4});
  x(0, 2, 1) = 5;
  rapt::SinusoidalPositions<double>::Cache cache;
  const auto y = layer.forward(x, cache);
  CHECK(y(0, 0, 0) == 0);
  CHECK(y(0, 0, 1) == 1);
  CHECK(y(0, 2, 0) == Catch::Approx(std::sin(2.0)));
  CHECK(y(0, 2, 1) == Catch::Approx(5 + std::cos(2.0)));
  CHECK(y(0, 2, 2) == Catch::Approx(std::sin(0.02)));  // 10000^(2/4) = 100
  CHECK(y(0, 2, 3) == Catch::Approx(std::cos(0.02)));
}

TEST_CASE("SinusoidalPositions follows a change of length in one cache", "[attention][positions]") {
  const rapt::SinusoidalPositions<double> layer;
  const rapt::Tensor<double, 3> small({1, 2, 4}), large({1, 6, 4}), narrow({1, 6, 2});
  rapt::SinusoidalPositions<double>::Cache cache;
  layer.forward(small, cache);
  CHECK(layer.forward(large, cache)(0, 5, 0) == Catch::Approx(std::sin(5.0)));
  CHECK(layer.forward(narrow, cache)(0, 5, 1) == Catch::Approx(std::cos(5.0)));
}

TEST_CASE("SinusoidalPositions agrees with PyTorch", "[attention][positions][golden]") {
  const rapt::testing::Golden golden(RAPT_SOURCE_DIR "/tests/golden/sinusoidal_positions.txt");
  const rapt::SinusoidalPositions<double> layer;
  const auto x = golden.tensor<double, 3>("x"), dy = golden.tensor<double, 3>("dy");
  rapt::SinusoidalPositions<double>::Cache cache;
  using rapt::testing::largest_difference;
  CHECK(largest_difference(layer.forward(x, cache), golden.tensor<double, 3>("y")) < 1e-10);
  CHECK(largest_difference(layer.backward(dy, cache, nullptr), golden.tensor<double, 3>("dx")) < 1e-10);
}

TEST_CASE("SinusoidalPositions has no parameters", "[attention][positions]") {
  CHECK(parameter_count(rapt::SinusoidalPositions<float>{}) == 0);
}

TEST_CASE("SinusoidalPositions names what does not fit", "[attention][positions][errors]") {
  const rapt::SinusoidalPositions<float> layer;
  const rapt::Tensor<float, 3> x({2, 3, 4}), dy({2, 3, 3});
  rapt::SinusoidalPositions<float>::Cache cache;
  layer.forward(x, cache);
  CHECK(rapt_test::attention_error([&] { layer.backward(dy, cache, nullptr); }) ==
        "SinusoidalPositions::backward: dy has shape (2, 3, 3), expected (2, 3, 4)");
}
