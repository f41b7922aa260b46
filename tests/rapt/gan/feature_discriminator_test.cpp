#include <rapt/gan/feature_discriminator.hpp>

#include <rapt/gan/discriminator.hpp>
#include <rapt/nn/leaky_relu.hpp>
#include <rapt/nn/linear.hpp>
#include <rapt/nn/sequential.hpp>
#include <rapt/nn/tanh.hpp>

#include "support/catch.hpp"
#include "support/layer_properties.hpp"
#include "support/tangent_properties.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace {

template <class T>
using FeatureBody = rapt::Sequential<rapt::Linear<T>, rapt::Tanh<T>>;

template <class T>
struct FeatureDiscriminatorSample {
  explicit FeatureDiscriminatorSample(rapt_test::Draw& draw) {
    const rapt::Index in = draw.positive(), width = draw.positive();
    x = draw.normal<T, 2>({draw.size(), in});
    layer =
        rapt::FeatureDiscriminator(FeatureBody<T>(rapt::Linear<T>(in, width, draw.values), rapt::Tanh<T>{}),
                                   rapt::Linear<T>(width, 1, draw.values));
  }
  rapt::FeatureDiscriminator<FeatureBody<T>, rapt::Linear<T>> layer;
  rapt::Tensor<T, 2> x;
  auto input() const { return x.view(); }
};

static_assert(rapt::Layer<rapt::FeatureDiscriminator<FeatureBody<float>, rapt::Linear<float>>>);
static_assert(
    rapt::detail::has_features<rapt::FeatureDiscriminator<FeatureBody<float>, rapt::Linear<float>>>);
static_assert(!rapt::detail::has_features<rapt::Discriminator<float>>);

}  // namespace

RAPT_TEST_LAYER("FeatureDiscriminator", FeatureDiscriminatorSample, "[gan][feature_discriminator]")
RAPT_TEST_TANGENT("FeatureDiscriminator", FeatureDiscriminatorSample, "[gan][feature_discriminator]")

TEST_CASE("FeatureDiscriminator shows the output of its body", "[gan][feature_discriminator]") {
  rapt::RandomStream stream(1);
  const rapt::FeatureDiscriminator d(rapt::Linear<double>(3, 2, stream), rapt::Linear<double>(2, 1, stream));
  const rapt::Tensor<double, 2> x({2, 3}, {1, 2, 3, 4, 5, 6}), empty({0, 3});
  decltype(d)::Cache cache;
  d.forward(x, cache);
  const auto seen = predict(d.body, x);
  const auto features = d.features(cache);
  CHECK(features.shape() == rapt::Shape<2>{2, 2});
  CHECK(std::equal(features.begin(), features.end(), seen.begin()));
  d.forward(empty, cache);
  CHECK(d.features(cache).shape() == rapt::Shape<2>{0, 0});
}

TEST_CASE("FeatureDiscriminator adds the gradients by logits and by features",
          "[gan][feature_discriminator]") {
  rapt::Linear<double> body, head;
  body.weight = rapt::Tensor<double, 2>({2, 1}, {2, 3});
  body.bias = rapt::Tensor<double, 1>({2});
  head.weight = rapt::Tensor<double, 2>({1, 2}, {10, 100});
  head.bias = rapt::Tensor<double, 1>({1});
  const rapt::FeatureDiscriminator d(body, head);
  auto gradient = rapt::zeros_like(d);
  const rapt::Tensor<double, 2> x({1, 1}, {1}), dy({1, 1}, {1}), d_features({1, 2}, {0.5, 0.25}),
      wide({1, 3});
  decltype(d)::Cache cache;
  CHECK(d.forward(x, cache)(0, 0) == 320);
  // dL/dfeatures = head + d_features = (10.5, 100.25), and features = (2 x, 3 x)
  const auto dx = d.backward(dy, d_features, cache, &gradient);
  CHECK(dx(0, 0) == 2 * 10.5 + 3 * 100.25);
  CHECK(gradient.body.weight(0, 0) == 10.5);
  CHECK(gradient.body.weight(1, 0) == 100.25);
  CHECK(gradient.head.weight(0, 0) == 2);
  CHECK(d.backward(dy, cache, nullptr)(0, 0) == 320);
  CHECK_THROWS_MATCHES(d.backward(dy, wide, cache, nullptr), rapt::ShapeError,
                       Catch::Matchers::Message(
                           "FeatureDiscriminator::backward: d_features has shape (1, 3), expected (1, 2)"));
}

TEST_CASE("FeatureDiscriminator names its parameters by body and head", "[gan][feature_discriminator]") {
  rapt::RandomStream stream(1);
  rapt::FeatureDiscriminator d(rapt::Linear<float>(3, 2, stream), rapt::Linear<float>(2, 1, stream));
  std::vector<std::string> names;
  named_parameters([&](std::string_view name, auto&) { names.emplace_back(name); }, d);
  CHECK(names == std::vector<std::string>{"body.weight", "body.bias", "head.weight", "head.bias"});
}
