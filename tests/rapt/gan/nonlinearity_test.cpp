#include <rapt/gan/nonlinearity.hpp>

#include "support/catch.hpp"
#include "support/layer_properties.hpp"
#include "support/tangent_properties.hpp"

#include <cmath>

namespace {

template <class T>
struct NonlinearitySample {
  explicit NonlinearitySample(rapt_test::Draw& draw)
      : layer{static_cast<rapt::Activate>(uniform_index(draw.ids, 5))},
        x(draw.normal<T, 2>({draw.size(), draw.size()})) {}
  rapt::Nonlinearity<T> layer;
  rapt::Tensor<T, 2> x;
  auto input() const { return x.view(); }
};

}  // namespace

RAPT_TEST_LAYER("Nonlinearity", NonlinearitySample, "[gan][nonlinearity]")
RAPT_TEST_TANGENT("Nonlinearity", NonlinearitySample, "[gan][nonlinearity]")

TEST_CASE("Nonlinearity applies the function that was chosen", "[gan][nonlinearity]") {
  const rapt::Tensor<double, 2> x({1, 2}, {-1, 2}), dy({1, 2}, {1, 1});
  const auto apply = [&](rapt::Activate kind) {
    const rapt::Nonlinearity<double> layer{kind};
    rapt::Nonlinearity<double>::Cache cache;
    const auto y = layer.forward(x, cache);
    const auto dx = layer.backward(dy, cache, nullptr);
    return std::array<double, 4>{y(0, 0), y(0, 1), dx(0, 0), dx(0, 1)};
  };
  using rapt::Activate;
  CHECK(apply(Activate::identity) == std::array<double, 4>{-1, 2, 1, 1});
  CHECK(apply(Activate::relu) == std::array<double, 4>{0, 2, 0, 1});
  CHECK(apply(Activate::leaky_relu) == std::array<double, 4>{-0.2, 2, 0.2, 1});
  const auto tanh = apply(Activate::tanh);
  CHECK(tanh[1] == Catch::Approx(std::tanh(2.0)));
  CHECK(tanh[3] == Catch::Approx(1 - std::tanh(2.0) * std::tanh(2.0)));
  const auto sigmoid = apply(Activate::sigmoid);
  CHECK(sigmoid[0] == Catch::Approx(1 / (1 + std::exp(1.0))));
  CHECK(sigmoid[2] == Catch::Approx(sigmoid[0] * (1 - sigmoid[0])));
}

TEST_CASE("Nonlinearity names both shapes when they do not fit", "[gan][nonlinearity][errors]") {
  const rapt::Nonlinearity<float> layer;
  rapt::Nonlinearity<float>::Cache cache;
  const rapt::Tensor<float, 2> x({2, 3}), dy({3, 2});
  layer.forward(x, cache);
  CHECK_THROWS_MATCHES(
      layer.backward(dy, cache, nullptr), rapt::ShapeError,
      Catch::Matchers::Message("Nonlinearity::backward: dy has shape (3, 2), expected (2, 3)"));
}
