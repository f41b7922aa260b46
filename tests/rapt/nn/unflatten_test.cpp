#include <rapt/nn/unflatten.hpp>

#include "support/catch.hpp"
#include "support/layer_properties.hpp"
#include "support/tangent_properties.hpp"

#include <stdexcept>

namespace {

template <class T>
struct UnflattenSample {
  explicit UnflattenSample(rapt_test::Draw& draw)
      : layer(draw.positive(), draw.small(), draw.size()),
        x(draw.normal<T, 2>({draw.size(), layer.channels * layer.height * layer.width})) {}
  rapt::Unflatten<T> layer;
  rapt::Tensor<T, 2> x;
  auto input() const { return x.view(); }
};

}  // namespace

RAPT_TEST_LAYER("Unflatten", UnflattenSample, "[nn][unflatten]")
RAPT_TEST_TANGENT("Unflatten", UnflattenSample, "[nn][unflatten]")

TEMPLATE_TEST_CASE("Unflatten lays images over the memory of rows", "[nn][unflatten]", float, double) {
  using T = TestType;
  const rapt::Unflatten<T> layer(3, 1, 2);
  typename rapt::Unflatten<T>::Cache cache;
  const rapt::Tensor<T, 2> x({2, 6}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
  const rapt::Tensor<T, 4> dy({2, 3, 1, 2});
  const auto y = layer.forward(x, cache);
  CHECK(y.data() == x.data());
  CHECK(y.shape() == rapt::Shape<4>{2, 3, 1, 2});
  CHECK(y(1, 2, 0, 1) == 12);
  const auto dx = layer.backward(dy, cache, nullptr);
  CHECK(dx.data() == dy.data());
  CHECK(dx.shape() == x.shape());
  CHECK(layer.forward_tangent(x, cache).data() == x.data());
  const auto by = layer.backward_tangent({}, dy, cache, nullptr);
  CHECK(by.input.data() == dy.data());
  CHECK(by.tangent.absent());
  CHECK(parameter_count(layer) == 0);
}

TEST_CASE("Unflatten names both shapes when they do not fit", "[nn][unflatten][errors]") {
  using Catch::Matchers::Message;
  const rapt::Unflatten<float> layer(3, 4, 5);
  rapt::Unflatten<float>::Cache cache;
  const rapt::Tensor<float, 2> wrong({2, 61}), x({2, 60});
  const rapt::Tensor<float, 4> dy({2, 3, 5, 4}), good({2, 3, 4, 5});
  CHECK_THROWS_MATCHES(layer.forward(wrong, cache), rapt::ShapeError,
                       Message("Unflatten::forward: x has shape (2, 61), expected (*, 60)"));
  layer.forward(x, cache);
  CHECK_THROWS_MATCHES(layer.backward(dy, cache, nullptr), rapt::ShapeError,
                       Message("Unflatten::backward: dy has shape (2, 3, 5, 4), expected (2, 3, 4, 5)"));
  CHECK_THROWS_MATCHES(layer.forward_tangent(wrong, cache), rapt::ShapeError,
                       Message("Unflatten::forward_tangent: dx has shape (2, 61), expected (2, 60)"));
  CHECK_THROWS_MATCHES(
      layer.backward_tangent(dy, {}, cache, nullptr), rapt::ShapeError,
      Message("Unflatten::backward_tangent: d_dy has shape (2, 3, 5, 4), expected (2, 3, 4, 5)"));
  CHECK_THROWS_MATCHES(
      layer.backward_tangent(good, dy, cache, nullptr), rapt::ShapeError,
      Message("Unflatten::backward_tangent: dy has shape (2, 3, 5, 4), expected (2, 3, 4, 5)"));
  CHECK_THROWS_MATCHES(rapt::Unflatten<float>(3, -4, 5), std::invalid_argument,
                       Message("Unflatten: extent -4 is negative"));
  rapt::Unflatten<float> changed(2, 6, 5), huge;
  changed.channels = -2;
  changed.height = -6;
  CHECK_THROWS_MATCHES(changed.forward(x, cache), std::invalid_argument,
                       Message("Unflatten: extent -2 is negative"));
  huge.channels = rapt::Index{1} << 62;
  huge.height = 4;
  CHECK_THROWS_MATCHES(huge.forward(x, cache), std::overflow_error,
                       Message("Unflatten: 4611686018427387904 * 4 does not fit 63 bits"));
}
