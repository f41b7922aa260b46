#include <rapt/gan/projection_discriminator.hpp>

#include <rapt/attention/attention_received.hpp>
#include <rapt/attention/self_attention_2d.hpp>
#include <rapt/gan/mlp.hpp>
#include <rapt/gan/one_hot.hpp>
#include <rapt/gan/spectral_norm.hpp>
#include <rapt/gan/trainer.hpp>
#include <rapt/gan/wgan_gradient_penalty.hpp>
#include <rapt/loss/hinge_gan_loss.hpp>
#include <rapt/nn/conv_2d.hpp>
#include <rapt/nn/flatten.hpp>
#include <rapt/nn/leaky_relu.hpp>
#include <rapt/nn/sequential.hpp>
#include <rapt/nn/tanh.hpp>
#include <rapt/nn/unflatten.hpp>
#include <rapt/testing/golden.hpp>

#include "support/catch.hpp"
#include "support/layer_properties.hpp"
#include "support/tangent_properties.hpp"

#include <cmath>
#include <string>
#include <utility>
#include <vector>

namespace {

using rapt::Index;
using rapt::testing::largest_difference;

template <class T>
struct ProjectionDiscriminatorSample {
  explicit ProjectionDiscriminatorSample(rapt_test::Draw& draw)
      : x(draw.normal<T, 2>({draw.size(), draw.small()})),
        condition(draw.normal<T, 2>({x.extent(0), draw.small()})) {
    const Index features = draw.positive();
    layer = {rapt::Mlp<T>(std::vector<Index>{x.extent(1), features}, rapt::Activate::tanh,
                          rapt::Activate::tanh, draw.values),
             features, condition.extent(1), draw.values};
  }
  rapt::Tensor<T, 2> x, condition;
  rapt::ProjectionDiscriminator<rapt::Mlp<T>> layer;
  rapt::ConditionalInput<T> input() const { return {x, condition}; }
};

// Images of 4 x 4, two classes, attention and spectral normalisation.
template <class T>
using ProjectionBody =
    rapt::Sequential<rapt::Conv2d<T>, rapt::LeakyReLU<T, 4>,
                     rapt::SelfAttention2d<T, rapt::SpectralNorm<rapt::Linear<T>>>, rapt::Flatten<T>>;
template <class T>
using ProjectionOfImages =
    rapt::ProjectionDiscriminator<ProjectionBody<T>, rapt::SpectralNorm<rapt::Linear<T>>>;
template <class T>
using GeneratorOfImages = rapt::Conditional<
    rapt::Sequential<rapt::Linear<T>, rapt::Unflatten<T>, rapt::Conv2d<T>, rapt::Tanh<T, 4>>>;

template <class T>
ProjectionOfImages<T> projection_of_images(rapt::RandomStream& stream) {
  ProjectionBody<T> body(rapt::Conv2d<T>(1, 8, 3, stream, {.padding = 1}), rapt::LeakyReLU<T, 4>(0.2),
                         rapt::SelfAttention2d<T, rapt::SpectralNorm<rapt::Linear<T>>>(8, stream), {});
  return {std::move(body), rapt::SpectralNorm(rapt::Linear<T>(8 * 16, 1, stream), stream),
          rapt::SpectralNorm(rapt::Linear<T>(2, 8 * 16, stream, rapt::Bias::no), stream)};
}
template <class T>
GeneratorOfImages<T> generator_of_images(rapt::RandomStream& stream) {
  using Net = rapt::Sequential<rapt::Linear<T>, rapt::Unflatten<T>, rapt::Conv2d<T>, rapt::Tanh<T, 4>>;
  return GeneratorOfImages<T>(Net(rapt::Linear<T>(3 + 2, 4 * 16, stream), rapt::Unflatten<T>(4, 4, 4),
                                  rapt::Conv2d<T>(4, 1, 3, stream, {.padding = 1}), {}));
}

}  // namespace

RAPT_TEST_LAYER("ProjectionDiscriminator", ProjectionDiscriminatorSample, "[gan][projection]")
RAPT_TEST_TANGENT("ProjectionDiscriminator", ProjectionDiscriminatorSample, "[gan][projection]")

TEST_CASE("ProjectionDiscriminator by hand", "[gan][projection]") {
  // h = 2x = (6, 10), head = h_0 - h_1 + 1 = -3, vector of class 1 = (3, 4): <V c, h> = 58.
  rapt::Linear<double> body, head, embedding;
  body.weight = rapt::Tensor<double, 2>({2, 2}, {2, 0, 0, 2});
  head.weight = rapt::Tensor<double, 2>({1, 2}, {1, -1});
  head.bias = rapt::Tensor<double, 1>({1}, {1});
  embedding.weight = rapt::Tensor<double, 2>({2, 2}, {1, 3, 2, 4});
  const rapt::ProjectionDiscriminator<rapt::Linear<double>> layer(body, head, embedding);
  rapt::ProjectionDiscriminator<rapt::Linear<double>>::Cache cache;
  const rapt::Tensor<double, 2> x({1, 2}, {3, 5}), c({1, 2}, {0, 1}), dy({1, 1}, {1});
  CHECK(layer.forward({x, c}, cache)(0, 0) == 55);
  auto gradient = zeros_like(layer);
  const auto dx = layer.backward(dy, cache, &gradient);
  CHECK(dx.x(0, 0) == 2 * (1 + 3));
  CHECK(dx.x(0, 1) == 2 * (-1 + 4));
  CHECK(dx.condition(0, 0) == 1 * 6 + 2 * 10);
  CHECK(gradient.embedding.weight(0, 0) == 0);
  CHECK(gradient.embedding.weight(0, 1) == 6);
  CHECK(gradient.embedding.weight(1, 1) == 10);
  CHECK(layer.forward_tangent({x, {}}, cache)(0, 0) == 54);  // linear in x but for the bias
}

TEST_CASE("ProjectionDiscriminator agrees with PyTorch", "[gan][projection][golden]") {
  using L = rapt::ProjectionDiscriminator<rapt::Sequential<rapt::Linear<double>, rapt::Tanh<double>>>;
  const auto load = [](const rapt::testing::Golden& golden, const std::string& prefix, L& layer) {
    golden.load(std::get<0>(layer.body.layers), prefix + "body.");
    golden.load(layer.head, prefix + "head.");
    golden.load(layer.embedding, prefix + "embedding.");
  };
  const auto path = [](const char* name) { return RAPT_SOURCE_DIR "/tests/golden/" + std::string(name); };
  L layer, expected;
  {
    const rapt::testing::Golden golden(path("projection_discriminator.txt"));
    load(golden, "layer.", layer);
    load(golden, "gradient.", expected);
    const auto x = golden.tensor<double, 2>("x"), condition = golden.tensor<double, 2>("condition");
    const auto dy = golden.tensor<double, 2>("dy");
    L gradient = zeros_like(layer);
    L::Cache cache;
    CHECK(largest_difference(layer.forward({x, condition}, cache), golden.tensor<double, 2>("y")) < 1e-10);
    const auto dx = layer.backward(dy, cache, &gradient);
    CHECK(largest_difference(dx.x, golden.tensor<double, 2>("dx")) < 1e-10);
    CHECK(largest_difference(dx.condition, golden.tensor<double, 2>("dcondition")) < 1e-10);
    zip_parameters([](auto& g, auto& e) { CHECK(largest_difference(g, e) < 1e-10); }, gradient, expected);
  }
  const rapt::testing::Golden golden(path("projection_discriminator_tangent.txt"));
  load(golden, "layer.", layer);
  load(golden, "d.", expected);
  const auto x = golden.tensor<double, 2>("x"), condition = golden.tensor<double, 2>("condition");
  const auto dx = golden.tensor<double, 2>("direction.x"),
             dc = golden.tensor<double, 2>("direction.condition");
  const auto d_dy = golden.tensor<double, 2>("d_dy"), dy = golden.tensor<double, 2>("dy");
  L gradient = zeros_like(layer);
  L::Cache cache;
  layer.forward({x, condition}, cache);
  CHECK(largest_difference(layer.forward_tangent({dx, dc}, cache), golden.tensor<double, 2>("y_tangent")) <
        1e-9);
  const auto d = layer.backward_tangent(d_dy, dy, cache, &gradient);
  CHECK(largest_difference(d.input.x, golden.tensor<double, 2>("d.x")) < 1e-9);
  CHECK(largest_difference(d.input.condition, golden.tensor<double, 2>("d.condition")) < 1e-9);
  CHECK(largest_difference(d.tangent.x, golden.tensor<double, 2>("d.direction.x")) < 1e-9);
  CHECK(largest_difference(d.tangent.condition, golden.tensor<double, 2>("d.direction.condition")) < 1e-9);
  zip_parameters([](auto& g, auto& e) { CHECK(largest_difference(g, e) < 1e-9); }, gradient, expected);
}

TEST_CASE("ProjectionDiscriminator shows its features and takes a gradient of them", "[gan][projection]") {
  rapt_test::Draw draw(3);
  const ProjectionDiscriminatorSample<double> sample(draw);
  using L = rapt::ProjectionDiscriminator<rapt::Mlp<double>>;
  static_assert(rapt::detail::has_features<L>);
  L::Cache cache;
  const auto y = sample.layer.forward(sample.input(), cache);
  const rapt::Tensor<double, 2> dy(y.shape());
  const auto features = sample.layer.features(cache);
  rapt::Tensor<double, 2> d_features;
  d_features.copy_from(features);
  // With the logits' gradient 0 only the body learns: as the body alone would.
  L gradient = zeros_like(sample.layer);
  const auto dx = sample.layer.backward(dy, d_features, cache, &gradient);
  rapt::Mlp<double>::Cache body_cache;
  auto body_gradient = zeros_like(sample.layer.body);
  sample.layer.body.forward(sample.x, body_cache);
  const auto expected = sample.layer.body.backward(d_features, body_cache, &body_gradient);
  CHECK(largest_difference(dx.x, expected) == 0);
  zip_parameters([](auto& g, auto& e) { CHECK(largest_difference(g, e) == 0); }, gradient.body,
                 body_gradient);
  for (const double g : gradient.embedding.weight) CHECK(g == 0);
}

TEST_CASE("GanTrainer trains a conditional generator of images against projection", "[gan][projection]") {
  // Class 0 is black, class 1 white. Spectral norm, attention, hinge loss and a gradient penalty together.
  rapt::RandomStream stream(5);
  auto g = generator_of_images<float>(stream);
  auto d = projection_of_images<float>(stream);
  using G = decltype(g);
  using D = decltype(d);
  rapt::GanOptions options;
  options.generator = {.rate = 2e-3, .beta1 = 0};
  options.discriminator = {.rate = 4e-3, .beta1 = 0};
  rapt::GanTrainer<G, D, rapt::HingeGanLoss<float>, rapt::WganGradientPenalty> trainer(
      g, d, options, rapt::RandomStream(6), {}, {.weight = 0.1});
  const Index batch = 8;
  rapt::Tensor<rapt::Index, 1> classes({batch});
  for (Index n = 0; n < batch; ++n) classes(n) = n % 2;
  rapt::Tensor<float, 2> condition({batch, 2}), noise({batch, 3});
  rapt::one_hot(classes.view(), condition.view());
  rapt::Tensor<float, 4> real({batch, 1, 4, 4});
  long before = 0;
  for (int step = 0; step < 300; ++step) {
    fill_normal(noise.view(), 0.0F, 1.0F, stream);
    for (Index n = 0; n < batch; ++n)
      for (float& pixel : real[n]) pixel = (n % 2 == 0 ? -0.8F : 0.8F) + 0.1F * rapt::normal<float>(stream);
    if (step == 299 && rapt_test::can_count_allocations()) before = rapt_test::allocation_count();
    const auto result = trainer.step(g, d, G::Input{noise, condition}, D::Input{real, condition});
    REQUIRE(std::string(result.not_finite).empty());
    if (before != 0) CHECK(rapt_test::allocation_count() == before);
  }
  G::Cache cache;
  const auto images = g.forward({noise, condition}, cache);
  for (Index n = 0; n < batch; ++n) {
    INFO("sample " << n);
    const float mean = images[n].array().sum() / 16;
    if (n % 2 == 0) {
      CHECK(mean < -0.4F);
    } else {
      CHECK(mean > 0.4F);
    }
  }
  CHECK(std::get<2>(d.body.layers).gamma(0) != 0);
}

TEST_CASE("A map of attention is a constant condition of a discriminator", "[gan][projection][attention]") {
  // G attends, and D reads the image with G's map beside it. D's gradient by the map ends there: what G's
  // parameters get is what they get with the same numbers as a map that nobody attended for.
  rapt_test::Draw draw(8);
  rapt::SelfAttention2d<double> g(4, draw.values);
  g.gamma(0) = 0.5;
  using Net = rapt::Sequential<rapt::Conv2d<double>, rapt::Tanh<double, 4>, rapt::Flatten<double>>;
  const rapt::Conditional<Net, 4> d(Net(rapt::Conv2d<double>(4 + 1, 2, 3, draw.values), {}, {}));
  const auto x = draw.normal<double, 4>({2, 4, 3, 5});
  rapt::Tensor<double, 4> map({2, 1, 3, 5});
  decltype(g)::Cache cache;
  rapt::Conditional<Net, 4>::Cache d_cache;
  cache.need_weights = rapt::NeedWeights::averaged;
  const auto image = g.forward(x, cache);
  rapt::attention_received<double>(cache.weights(), map.view());
  const auto y = d.forward({image, map}, d_cache);
  const auto dy = draw.normal<double, 2>({y.extent(0), y.extent(1)});
  const auto dx = d.backward(dy, d_cache, nullptr);
  double by_map = 0;
  for (const double number : dx.condition) by_map = std::max(by_map, std::abs(number));
  CHECK(by_map > 0);  // D does read it
  auto gradient = zeros_like(g);
  g.backward(dx.x, cache, &gradient);

  // Differences of the value with the map held, for one weight of the keys.
  const auto value = [&] {
    decltype(g)::Cache own;
    rapt::Conditional<Net, 4>::Cache own_d;
    const auto logits = d.forward({g.forward(x, own), map}, own_d);
    return (logits.array() * dy.array()).sum();
  };
  const double h = 1e-4, kept = g.key.weight(0, 1);
  const auto at = [&](double w) {
    g.key.weight(0, 1) = w;
    return value();
  };
  const double slope = (8 * (at(kept + h) - at(kept - h)) - (at(kept + 2 * h) - at(kept - 2 * h))) / (12 * h);
  CHECK(gradient.key.weight(0, 1) == Catch::Approx(slope).epsilon(1e-6));
}

TEST_CASE("ProjectionDiscriminator has as many parameters as its formula says", "[gan][projection]") {
  rapt::RandomStream stream(1);
  const rapt::ProjectionDiscriminator<rapt::Linear<float>> layer(rapt::Linear<float>(7, 5, stream), 5, 3,
                                                                 stream);
  CHECK(parameter_count(layer) == 7 * 5 + 5 + 5 + 1 + 5 * 3);
  std::vector<std::string> names;
  named_parameters(
      [&](std::string_view name, auto& p) {
        if (p.size() != 0) names.emplace_back(name);
      },
      layer);
  CHECK(names ==
        std::vector<std::string>{"body.weight", "body.bias", "head.weight", "head.bias", "embedding.weight"});
}

TEST_CASE("ProjectionDiscriminator names what does not fit", "[gan][projection][errors]") {
  rapt::RandomStream stream(1);
  const rapt::ProjectionDiscriminator<rapt::Linear<float>> layer(rapt::Linear<float>(7, 5, stream), 5, 3,
                                                                 stream),
      narrow(rapt::Linear<float>(7, 5, stream), rapt::Linear<float>(5, 1, stream),
             rapt::Linear<float>(3, 4, stream));
  rapt::ProjectionDiscriminator<rapt::Linear<float>>::Cache cache;
  const rapt::Tensor<float, 2> x({2, 7}), c({2, 3}), three({3, 3}), wide({2, 4}), dy({2, 2}),
      features({2, 4});
  using Catch::Matchers::Message;
  CHECK_THROWS_MATCHES(
      layer.forward({x, three}, cache), rapt::ShapeError,
      Message("ProjectionDiscriminator::forward: condition has shape (3, 3), expected (2, *)"));
  CHECK_THROWS_MATCHES(layer.forward({x, wide}, cache), rapt::ShapeError,
                       Message("Linear::forward: x has shape (2, 4), expected (*, 3)"));
  CHECK_THROWS_MATCHES(
      narrow.forward({x, c}, cache), rapt::ShapeError,
      Message("ProjectionDiscriminator::forward: embedded condition has shape (2, 4), expected (2, 5)"));
  layer.forward({x, c}, cache);
  CHECK_THROWS_MATCHES(layer.backward(dy, cache, nullptr), rapt::ShapeError,
                       Message("ProjectionDiscriminator::backward: dy has shape (2, 2), expected (2, 1)"));
  const rapt::Tensor<float, 2> right({2, 1});
  CHECK_THROWS_MATCHES(
      layer.backward(right, features, cache, nullptr), rapt::ShapeError,
      Message("ProjectionDiscriminator::backward: d_features has shape (2, 4), expected (2, 5)"));
}
