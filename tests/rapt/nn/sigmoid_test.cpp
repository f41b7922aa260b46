#include <rapt/nn/sigmoid.hpp>

#include "support/catch.hpp"
#include "support/layer_golden.hpp"
#include "support/layer_properties.hpp"

#include <cmath>
#include <limits>
#include <vector>

namespace {

template <class T>
struct SigmoidSample {
  explicit SigmoidSample(rapt_test::Draw& draw) : x(draw.normal<T, 2>({draw.size(), draw.size()}, 2)) {}
  rapt::Sigmoid<T> layer;
  rapt::Tensor<T, 2> x;
  auto input() const { return x.view(); }
};

}  // namespace

RAPT_TEST_LAYER("Sigmoid", SigmoidSample, "[nn][sigmoid]")

TEMPLATE_TEST_CASE("Sigmoid gives the values worked out by hand", "[nn][sigmoid]", float, double) {
  using T = TestType;
  const rapt::Sigmoid<T> layer;
  const rapt::Tensor<T, 2> x({1, 5}, {0, std::log(T(3)), -std::log(T(3)), 1000, -1000});
  rapt::Tensor<T, 2> dy({1, 5});
  dy.fill(2);
  typename rapt::Sigmoid<T>::Cache cache;
  const std::vector<double> value{0.5, 0.75, 0.25, 1, 0}, slope{0.25, 0.1875, 0.1875, 0, 0};

  const auto y = layer.forward(x, cache);
  const auto dx = layer.backward(dy, cache, nullptr);

  for (rapt::Index i = 0; i < 5; ++i) {
    const auto k = static_cast<std::size_t>(i);
    CHECK(static_cast<double>(y(0, i)) == Catch::Approx(value[k]).epsilon(1e-6).margin(1e-7));
    CHECK(static_cast<double>(dx(0, i)) == Catch::Approx(2 * slope[k]).epsilon(1e-6).margin(1e-7));
  }
}

TEST_CASE("Sigmoid keeps NaN and has no parameters", "[nn][sigmoid]") {
  const rapt::Sigmoid<float> layer;
  rapt::Sigmoid<float>::Cache cache;
  rapt::Tensor<float, 2> x({1, 9});  // a SIMD packet or two, and a rest
  x.fill(std::numeric_limits<float>::quiet_NaN());
  for (const float v : layer.forward(x, cache)) CHECK(std::isnan(v));
  CHECK(parameter_count(layer) == 0);
}

TEST_CASE("Sigmoid::backward names both shapes when they do not fit", "[nn][sigmoid][errors]") {
  const rapt::Sigmoid<double> layer;
  rapt::Sigmoid<double>::Cache cache;
  const rapt::Tensor<double, 2> x({2, 3}), dy({3, 2});
  layer.forward(x, cache);
  CHECK_THROWS_MATCHES(layer.backward(dy, cache, nullptr), rapt::ShapeError,
                       Catch::Matchers::Message("Sigmoid::backward: dy has shape (3, 2), expected (2, 3)"));
}

TEST_CASE("Sigmoid agrees with PyTorch", "[nn][sigmoid][golden]") {
  rapt_test::check_layer_golden("sigmoid", rapt::Sigmoid<double>{});
}

TEST_CASE("Sigmoid keeps its digits far below 0", "[nn][sigmoid]") {
  const rapt::Sigmoid<float> layer;
  rapt::Sigmoid<float>::Cache cache;
  const rapt::Tensor<float, 2> x({1, 5}, {-30, -30, -30, -30, -30});
  for (const float v : layer.forward(x, cache))
    CHECK(static_cast<double>(v) == Catch::Approx(std::exp(-30.0)));
}
