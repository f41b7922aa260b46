#include <rapt/nn/flatten.hpp>

#include <rapt/nn/linear.hpp>
#include <rapt/nn/sequential.hpp>
#include <rapt/nn/unflatten.hpp>

#include "support/catch.hpp"
#include "support/layer_properties.hpp"
#include "support/tangent_properties.hpp"

#include <vector>

namespace {

template <class T>
struct FlattenSample {
  explicit FlattenSample(rapt_test::Draw& draw)
      : x(draw.normal<T, 4>({draw.size(), draw.small(), draw.size(), draw.positive()})) {}
  rapt::Flatten<T> layer;
  rapt::Tensor<T, 4> x;
  auto input() const { return x.view(); }
};

}  // namespace

RAPT_TEST_LAYER("Flatten", FlattenSample, "[nn][flatten]")
RAPT_TEST_TANGENT("Flatten", FlattenSample, "[nn][flatten]")

TEMPLATE_TEST_CASE("Flatten lays another shape over the same memory", "[nn][flatten]", float, double) {
  using T = TestType;
  const rapt::Flatten<T> layer;
  typename rapt::Flatten<T>::Cache cache;
  const rapt::Tensor<T, 4> x({2, 3, 1, 2}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
  const rapt::Tensor<T, 2> dy({2, 6});
  const auto y = layer.forward(x, cache);
  CHECK(y.data() == x.data());
  CHECK(y.shape() == rapt::Shape<2>{2, 6});
  CHECK(y(1, 0) == 7);
  const auto dx = layer.backward(dy, cache, nullptr);
  CHECK(dx.data() == dy.data());
  CHECK(dx.shape() == x.shape());
  CHECK(layer.forward_tangent(x, cache).data() == x.data());
  const auto by = layer.backward_tangent(dy, {}, cache, nullptr);
  CHECK(by.tangent.data() == dy.data());
  CHECK(by.input.absent());
  CHECK(parameter_count(layer) == 0);
}

TEST_CASE("Flatten stands between images and Linear in a Sequential", "[nn][flatten]") {
  rapt::RandomStream stream(1);
  const rapt::Sequential model(rapt::Linear<double>(5, 12, stream), rapt::Unflatten<double>(3, 2, 2),
                               rapt::Flatten<double>(), rapt::Linear<double>(12, 2, stream));
  rapt_test::Draw draw(1);
  const auto x = draw.normal<double, 2>({4, 5});
  CHECK(rapt::testing::check_gradient(model, x).worst < 1e-6);
  const rapt::Sequential plain(std::get<0>(model.layers), std::get<3>(model.layers));
  const auto y = predict(model, x), expected = predict(plain, x);
  CHECK(rapt::testing::largest_difference(y, expected) == 0);
}

TEST_CASE("Flatten names both shapes when they do not fit", "[nn][flatten][errors]") {
  using Catch::Matchers::Message;
  const rapt::Flatten<float> layer;
  rapt::Flatten<float>::Cache cache;
  const rapt::Tensor<float, 4> x({2, 3, 4, 5}), other({2, 3, 5, 4});
  const rapt::Tensor<float, 2> dy({2, 61}), good({2, 60});
  layer.forward(x, cache);
  CHECK_THROWS_MATCHES(layer.backward(dy, cache, nullptr), rapt::ShapeError,
                       Message("Flatten::backward: dy has shape (2, 61), expected (2, 60)"));
  CHECK_THROWS_MATCHES(layer.forward_tangent(other, cache), rapt::ShapeError,
                       Message("Flatten::forward_tangent: dx has shape (2, 3, 5, 4), expected (2, 3, 4, 5)"));
  CHECK_THROWS_MATCHES(layer.backward_tangent(dy, {}, cache, nullptr), rapt::ShapeError,
                       Message("Flatten::backward_tangent: d_dy has shape (2, 61), expected (2, 60)"));
  CHECK_THROWS_MATCHES(layer.backward_tangent(good, dy, cache, nullptr), rapt::ShapeError,
                       Message("Flatten::backward_tangent: dy has shape (2, 61), expected (2, 60)"));
}
