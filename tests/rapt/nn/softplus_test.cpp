#include <rapt/nn/softplus.hpp>

#include "support/catch.hpp"
#include "support/layer_golden.hpp"
#include "support/layer_properties.hpp"

#include <cmath>
#include <limits>
#include <vector>

namespace {

template <class T>
struct SoftplusSample {
  explicit SoftplusSample(rapt_test::Draw& draw) : x(draw.normal<T, 2>({draw.size(), draw.size()}, 2)) {}
  rapt::Softplus<T> layer{2.0, 6.0};
  rapt::Tensor<T, 2> x;
  auto input() const { return x.view(); }
};

}  // namespace

RAPT_TEST_LAYER("Softplus", SoftplusSample, "[nn][softplus]")

TEMPLATE_TEST_CASE("Softplus gives the values worked out by hand", "[nn][softplus]", float, double) {
  using T = TestType;
  const rapt::Softplus<T> layer{2.0, 6.0};
  const rapt::Tensor<T, 2> x({1, 5}, {0, std::log(T(3)) / 2, -std::log(T(3)) / 2, 3.5, -500});
  rapt::Tensor<T, 2> dy({1, 5});
  dy.fill(2);
  typename rapt::Softplus<T>::Cache cache;
  const std::vector<double> value{std::log(2.0) / 2, std::log(4.0) / 2, std::log(4.0 / 3) / 2, 3.5, 0},
      slope{0.5, 0.75, 0.25, 1, 0};

  const auto y = layer.forward(x, cache);
  const auto dx = layer.backward(dy, cache, nullptr);

  for (rapt::Index i = 0; i < 5; ++i) {
    const auto k = static_cast<std::size_t>(i);
    CHECK(static_cast<double>(y(0, i)) == Catch::Approx(value[k]).epsilon(1e-6).margin(1e-7));
    CHECK(static_cast<double>(dx(0, i)) == Catch::Approx(2 * slope[k]).epsilon(1e-6).margin(1e-7));
  }
}

TEST_CASE("Softplus keeps NaN and has no parameters", "[nn][softplus]") {
  const rapt::Softplus<float> layer;
  rapt::Softplus<float>::Cache cache;
  rapt::Tensor<float, 2> x({1, 9});  // a SIMD packet or two, and a rest
  x.fill(std::numeric_limits<float>::quiet_NaN());
  for (const float v : layer.forward(x, cache)) CHECK(std::isnan(v));
  CHECK(parameter_count(layer) == 0);
}

TEST_CASE("Softplus::backward names both shapes when they do not fit", "[nn][softplus][errors]") {
  const rapt::Softplus<double> layer;
  rapt::Softplus<double>::Cache cache;
  const rapt::Tensor<double, 2> x({2, 3}), dy({3, 2});
  layer.forward(x, cache);
  CHECK_THROWS_MATCHES(layer.backward(dy, cache, nullptr), rapt::ShapeError,
                       Catch::Matchers::Message("Softplus::backward: dy has shape (3, 2), expected (2, 3)"));
}

TEST_CASE("Softplus agrees with PyTorch", "[nn][softplus][golden]") {
  rapt_test::check_layer_golden("softplus", rapt::Softplus<double>{1.5, 12});
}

TEST_CASE("Softplus refuses a beta that is not positive", "[nn][softplus][errors]") {
  CHECK_THROWS_MATCHES(rapt::Softplus<float>(-0.5), std::invalid_argument,
                       Catch::Matchers::Message("Softplus: beta is -0.5, expected more than 0"));
  CHECK_THROWS_MATCHES(rapt::Softplus<float>(std::nan("")), std::invalid_argument,
                       Catch::Matchers::Message("Softplus: beta is nan, expected more than 0"));
}

TEST_CASE("Softplus keeps its settings in another scalar", "[nn][softplus]") {
  const auto layer = rapt::cast<float>(rapt::Softplus<double>{3.0, 7.0});
  CHECK(layer.beta == 3.0);
  CHECK(layer.threshold == 7.0);
}

TEST_CASE("Softplus is the identity above its threshold and does not overflow below one that is high",
          "[nn][softplus]") {
  rapt::Softplus<double>::Cache cache;
  const rapt::Tensor<double, 2> x({1, 2}, {20.5, 900});
  const auto low = rapt::Softplus<double>{}.forward(x, cache);
  CHECK(low(0, 0) == 20.5);
  const auto high = rapt::Softplus<double>{1.0, 2000.0}.forward(x, cache);
  CHECK(high(0, 0) == Catch::Approx(20.5 + std::exp(-20.5)).epsilon(1e-15));
  CHECK(high(0, 1) == 900);
}
