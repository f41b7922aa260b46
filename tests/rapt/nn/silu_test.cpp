#include <rapt/nn/silu.hpp>

#include "support/catch.hpp"
#include "support/layer_golden.hpp"
#include "support/layer_properties.hpp"

#include <cmath>
#include <limits>
#include <vector>

namespace {

template <class T>
struct SiLUSample {
  explicit SiLUSample(rapt_test::Draw& draw) : x(draw.normal<T, 2>({draw.size(), draw.size()}, 2)) {}
  rapt::SiLU<T> layer;
  rapt::Tensor<T, 2> x;
  auto input() const { return x.view(); }
};

}  // namespace

RAPT_TEST_LAYER("SiLU", SiLUSample, "[nn][silu]")

TEMPLATE_TEST_CASE("SiLU gives the values worked out by hand", "[nn][silu]", float, double) {
  using T = TestType;
  const rapt::SiLU<T> layer;
  const rapt::Tensor<T, 2> x({1, 5}, {0, std::log(T(3)), -std::log(T(3)), 500, -500});
  rapt::Tensor<T, 2> dy({1, 5});
  dy.fill(2);
  typename rapt::SiLU<T>::Cache cache;
  const std::vector<double> value{0, 0.75 * std::log(3.0), -0.25 * std::log(3.0), 500, 0},
      slope{0.5, 0.75 * (1 + 0.25 * std::log(3.0)), 0.25 * (1 - 0.75 * std::log(3.0)), 1, 0};

  const auto y = layer.forward(x, cache);
  const auto dx = layer.backward(dy, cache, nullptr);

  for (rapt::Index i = 0; i < 5; ++i) {
    const auto k = static_cast<std::size_t>(i);
    CHECK(static_cast<double>(y(0, i)) == Catch::Approx(value[k]).epsilon(1e-6).margin(1e-7));
    CHECK(static_cast<double>(dx(0, i)) == Catch::Approx(2 * slope[k]).epsilon(1e-6).margin(1e-7));
  }
}

TEST_CASE("SiLU keeps NaN and has no parameters", "[nn][silu]") {
  const rapt::SiLU<float> layer;
  rapt::SiLU<float>::Cache cache;
  rapt::Tensor<float, 2> x({1, 9});  // a SIMD packet or two, and a rest
  x.fill(std::numeric_limits<float>::quiet_NaN());
  for (const float v : layer.forward(x, cache)) CHECK(std::isnan(v));
  CHECK(parameter_count(layer) == 0);
}

TEST_CASE("SiLU::backward names both shapes when they do not fit", "[nn][silu][errors]") {
  const rapt::SiLU<double> layer;
  rapt::SiLU<double>::Cache cache;
  const rapt::Tensor<double, 2> x({2, 3}), dy({3, 2});
  layer.forward(x, cache);
  CHECK_THROWS_MATCHES(layer.backward(dy, cache, nullptr), rapt::ShapeError,
                       Catch::Matchers::Message("SiLU::backward: dy has shape (3, 2), expected (2, 3)"));
}

TEST_CASE("SiLU agrees with PyTorch", "[nn][silu][golden]") {
  rapt_test::check_layer_golden("silu", rapt::SiLU<double>{});
}
