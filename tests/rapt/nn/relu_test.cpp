#include <rapt/nn/relu.hpp>

#include "support/catch.hpp"
#include "support/layer_golden.hpp"
#include "support/layer_properties.hpp"

#include <cmath>
#include <limits>
#include <vector>

namespace {

template <class T>
struct ReLUSample {
  explicit ReLUSample(rapt_test::Draw& draw) : x(draw.normal<T, 2>({draw.size(), draw.size()}, 2)) {}
  rapt::ReLU<T> layer;
  rapt::Tensor<T, 2> x;
  auto input() const { return x.view(); }
};

}  // namespace

RAPT_TEST_LAYER("ReLU", ReLUSample, "[nn][relu]")

TEMPLATE_TEST_CASE("ReLU gives the values worked out by hand", "[nn][relu]", float, double) {
  using T = TestType;
  const rapt::ReLU<T> layer;
  const rapt::Tensor<T, 2> x({1, 5}, {-2, 0, 3, -0.5, 0.25});
  rapt::Tensor<T, 2> dy({1, 5});
  dy.fill(2);
  typename rapt::ReLU<T>::Cache cache;
  const std::vector<double> value{0, 0, 3, 0, 0.25}, slope{0, 0, 1, 0, 1};

  const auto y = layer.forward(x, cache);
  const auto dx = layer.backward(dy, cache, nullptr);

  for (rapt::Index i = 0; i < 5; ++i) {
    const auto k = static_cast<std::size_t>(i);
    CHECK(static_cast<double>(y(0, i)) == Catch::Approx(value[k]).epsilon(1e-6).margin(1e-7));
    CHECK(static_cast<double>(dx(0, i)) == Catch::Approx(2 * slope[k]).epsilon(1e-6).margin(1e-7));
  }
}

TEST_CASE("ReLU keeps NaN and has no parameters", "[nn][relu]") {
  const rapt::ReLU<float> layer;
  rapt::ReLU<float>::Cache cache;
  rapt::Tensor<float, 2> x({1, 9});  // a SIMD packet or two, and a rest
  x.fill(std::numeric_limits<float>::quiet_NaN());
  for (const float v : layer.forward(x, cache)) CHECK(std::isnan(v));
  CHECK(parameter_count(layer) == 0);
}

TEST_CASE("ReLU::backward names both shapes when they do not fit", "[nn][relu][errors]") {
  const rapt::ReLU<double> layer;
  rapt::ReLU<double>::Cache cache;
  const rapt::Tensor<double, 2> x({2, 3}), dy({3, 2});
  layer.forward(x, cache);
  CHECK_THROWS_MATCHES(layer.backward(dy, cache, nullptr), rapt::ShapeError,
                       Catch::Matchers::Message("ReLU::backward: dy has shape (3, 2), expected (2, 3)"));
}

TEST_CASE("ReLU agrees with PyTorch", "[nn][relu][golden]") {
  rapt_test::check_layer_golden("relu", rapt::ReLU<double>{});
}
