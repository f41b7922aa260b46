#include <rapt/nn/linear_map.hpp>

#include "support/catch.hpp"
#include "support/layer_properties.hpp"
#include "support/tangent_properties.hpp"

namespace {

// A user's own linear layer: rows reversed and doubled.
template <std::floating_point T>
struct DoubledBackwards : rapt::LinearMap<DoubledBackwards<T>, T, 2, 2> {
  static constexpr std::string_view layer_name = "DoubledBackwards";
  rapt::Shape<2> output_shape(const rapt::Shape<2>& x) const { return x; }
  void map(rapt::TensorView<const T, 2> x, rapt::TensorView<T, 2> y, const rapt::detail::NoPlan&) const {
    y.array() = T(2) * x.array().rowwise().reverse();
  }
  void map_back(rapt::TensorView<const T, 2> dy, rapt::TensorView<T, 2> dx,
                const rapt::detail::NoPlan&) const {
    dx.array() = T(2) * dy.array().rowwise().reverse();
  }
};
static_assert(rapt::TangentLayer<DoubledBackwards<float>> && rapt::TangentLayer<DoubledBackwards<double>>);

template <class T>
struct LinearMapSample {
  explicit LinearMapSample(rapt_test::Draw& draw) : x(draw.normal<T, 2>({draw.size(), draw.size()})) {}
  DoubledBackwards<T> layer;
  rapt::Tensor<T, 2> x;
  auto input() const { return x.view(); }
};

}  // namespace

RAPT_TEST_LAYER("LinearMap", LinearMapSample, "[nn][linear_map]")
RAPT_TEST_TANGENT("LinearMap", LinearMapSample, "[nn][linear_map]")

TEST_CASE("LinearMap names the layer and the function and both shapes", "[nn][linear_map][errors]") {
  using Catch::Matchers::Message;
  const DoubledBackwards<double> layer;
  DoubledBackwards<double>::Cache cache;
  const rapt::Tensor<double, 2> x({1, 2}, {2, -1}), wrong({2, 1});
  CHECK(layer.forward(x, cache)(0, 0) == -2);
  CHECK_THROWS_MATCHES(layer.backward(wrong, cache, nullptr), rapt::ShapeError,
                       Message("DoubledBackwards::backward: dy has shape (2, 1), expected (1, 2)"));
  CHECK_THROWS_MATCHES(layer.forward_tangent(wrong, cache), rapt::ShapeError,
                       Message("DoubledBackwards::forward_tangent: dx has shape (2, 1), expected (1, 2)"));
  CHECK_THROWS_MATCHES(layer.backward_tangent(wrong, {}, cache, nullptr), rapt::ShapeError,
                       Message("DoubledBackwards::backward_tangent: d_dy has shape (2, 1), expected (1, 2)"));
  CHECK_THROWS_MATCHES(layer.backward_tangent(x, wrong, cache, nullptr), rapt::ShapeError,
                       Message("DoubledBackwards::backward_tangent: dy has shape (2, 1), expected (1, 2)"));
}

TEST_CASE("A tangent of LinearMap does not depend on its input", "[nn][linear_map]") {
  const DoubledBackwards<double> layer;
  DoubledBackwards<double>::Cache cache;
  const rapt::Tensor<double, 2> x({1, 2}, {2, -1}), dx({1, 2}, {3, 5});
  layer.forward(x, cache);
  CHECK(layer.forward_tangent(dx, cache)(0, 0) == 10);
  const auto by = layer.backward_tangent(dx, {}, cache, nullptr);
  CHECK(by.tangent(0, 1) == 6);
  CHECK(by.input.absent());
}
