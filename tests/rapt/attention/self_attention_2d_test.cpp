#include <rapt/attention/self_attention_2d.hpp>

#include <rapt/gan/spectral_norm.hpp>

#include "rapt/attention/attention_data.hpp"
#include "support/catch.hpp"
#include "support/layer_properties.hpp"
#include "support/tangent_properties.hpp"

#include <array>
#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

template <class T>
struct SelfAttention2dSample {
  explicit SelfAttention2dSample(rapt_test::Draw& draw) {
    const rapt::Index channels = draw.pick(std::array<rapt::Index, 6>{1, 2, 3, 8, 9, 17});
    layer = rapt::SelfAttention2d<T>(channels, draw.values,
                                     {.key_width = draw.size() % 2 == 0 ? 3 : 0,
                                      .bias = draw.size() % 2 == 0 ? rapt::Bias::yes : rapt::Bias::no});
    layer.gamma.fill(static_cast<T>(draw.small()) / 4);  // with 0 nothing but gamma would get a gradient
    const std::array<rapt::Index, 5> sides{0, 1, 2, 3, 5};
    const rapt::Index height = draw.pick(sides), width = draw.pick(std::array<rapt::Index, 3>{1, 2, 3});
    x = draw.normal<T, 4>({draw.pick(std::array<rapt::Index, 4>{0, 1, 2, 2}), channels, height, width});
  }
  rapt::SelfAttention2d<T> layer;
  rapt::Tensor<T, 4> x;
  auto input() const { return x.view(); }
};

using Layer2d = rapt::SelfAttention2d<double>;

/// One channel, every projection 1 by 1.
Layer2d one_channel(double query, double key, double value, double out, double gamma) {
  rapt::RandomStream stream(1);
  Layer2d layer(1, stream);
  layer.query.weight(0, 0) = query;
  layer.key.weight(0, 0) = key;
  layer.value.weight(0, 0) = value;
  layer.out_proj.weight(0, 0) = out;
  layer.gamma(0) = gamma;
  return layer;
}

}  // namespace

RAPT_TEST_LAYER("SelfAttention2d", SelfAttention2dSample, "[attention][image]")
RAPT_TEST_TANGENT("SelfAttention2d", SelfAttention2dSample, "[attention][image]")

TEST_CASE("SelfAttention2d over two positions by hand", "[attention][image]") {
  // x = (0, 1), q = 2x, k = ln(2) x: scores of position 1 are (0, 2 ln 2), its weights (1, 4) / 5; position 0
  // weighs both alike. v = 3x, W_o = 5: out = (15/2, 12); y = x + out / 2.
  const auto layer = one_channel(2, std::log(2.0), 3, 5, 0.5);
  const rapt::Tensor<double, 4> x({1, 1, 1, 2}, {0, 1}), dy({1, 1, 1, 2}, {1, 0});
  Layer2d::Cache cache;
  cache.need_weights = rapt::NeedWeights::averaged;
  const auto y = layer.forward(x, cache);
  CHECK(y(0, 0, 0, 0) == Catch::Approx(3.75).epsilon(1e-14));
  CHECK(y(0, 0, 0, 1) == Catch::Approx(7).epsilon(1e-14));
  const auto weights = cache.weights();
  REQUIRE(weights.shape() == rapt::Shape<3>{1, 2, 2});
  CHECK(weights(0, 0, 0) == Catch::Approx(0.5));
  CHECK(weights(0, 0, 1) == Catch::Approx(0.5));
  CHECK(weights(0, 1, 0) == Catch::Approx(0.2));
  CHECK(weights(0, 1, 1) == Catch::Approx(0.8));
  // dy_0 / d x_1 = gamma * 15 * A_01 = 3.75 (as a value; x_0 = 0 keeps its scores 0 whatever the keys are);
  // by x_0 itself: 1 + 3.75 + gamma * 15 * (2 ln 2) (A_00 A_01) * (1 - 0).
  auto gradient = zeros_like(layer);
  const auto dx = layer.backward(dy, cache, &gradient);
  CHECK(dx(0, 0, 0, 1) == Catch::Approx(3.75));
  CHECK(dx(0, 0, 0, 0) == Catch::Approx(1 + 3.75 + 7.5 * 2 * std::log(2.0) * 0.25));
  CHECK(gradient.gamma(0) == Catch::Approx(7.5));
}

TEST_CASE("SelfAttention2d begins as the identity and learns its gamma first", "[attention][image]") {
  rapt_test::Draw draw(4);
  const rapt::SelfAttention2d<float> layer(16, draw.values);
  CHECK(layer.gamma(0) == 0);
  const auto x = draw.normal<float, 4>({2, 16, 3, 5}), dy = draw.normal<float, 4>({2, 16, 3, 5});
  rapt::SelfAttention2d<float>::Cache cache;
  auto gradient = zeros_like(layer);
  CHECK(rapt::testing::largest_difference(layer.forward(x, cache), x) == 0);
  CHECK(rapt::testing::largest_difference(layer.backward(dy, cache, &gradient), dy) == 0);
  CHECK(gradient.gamma(0) != 0);
  for (const float g : gradient.value.weight) CHECK(g == 0);
}

TEST_CASE("SelfAttention2d agrees with PyTorch", "[attention][image][golden]") {
  using rapt::testing::largest_difference;
  const rapt::testing::Golden golden(RAPT_SOURCE_DIR "/tests/golden/self_attention_2d.txt");
  rapt::RandomStream stream(1);
  Layer2d layer(8, stream, {.key_width = 2});
  golden.load(layer, "layer.");
  auto gradient = zeros_like(layer), expected = gradient;
  golden.load(expected, "gradient.");
  const auto x = golden.tensor<double, 4>("x"), dy = golden.tensor<double, 4>("dy");
  Layer2d::Cache cache;
  for (const auto need : {rapt::NeedWeights::none, rapt::NeedWeights::averaged}) {
    cache.need_weights = need;
    set_zero(gradient);
    CHECK(largest_difference(layer.forward(x, cache), golden.tensor<double, 4>("y")) < 1e-10);
    CHECK(largest_difference(layer.backward(dy, cache, &gradient), golden.tensor<double, 4>("dx")) < 1e-10);
    zip_parameters([](auto& g, auto& e) { CHECK(largest_difference(g, e) < 1e-10); }, gradient, expected);
    CHECK(cache.weights().absent() == (need == rapt::NeedWeights::none));
  }
}

TEST_CASE("SelfAttention2d gives the weights that PyTorch gives", "[attention][image][golden]") {
  const rapt::testing::Golden golden(RAPT_SOURCE_DIR "/tests/golden/self_attention_2d_weights.txt");
  rapt::RandomStream stream(1);
  Layer2d layer(8, stream, {.key_width = 2});
  golden.load(layer, "layer.");
  const auto x = golden.tensor<double, 4>("x");
  Layer2d::Cache cache;
  cache.need_weights = rapt::NeedWeights::averaged;
  layer.forward(x, cache);
  CHECK(rapt::testing::largest_difference(cache.weights(), golden.tensor<double, 3>("weights")) < 1e-10);
}

TEST_CASE("SelfAttention2d moves with the positions of its image", "[attention][image]") {
  // It knows no places: exchanging two positions of x exchanges them in y.
  rapt_test::Draw draw(2);
  Layer2d layer(8, draw.values);
  layer.gamma(0) = 2;
  auto x = draw.normal<double, 4>({1, 8, 2, 3});
  Layer2d::Cache cache, other;
  const auto before = layer.forward(x, cache);
  for (rapt::Index c = 0; c < 8; ++c) std::swap(x(0, c, 0, 1), x(0, c, 1, 2));
  const auto after = layer.forward(x, other);
  for (rapt::Index c = 0; c < 8; ++c) {
    CHECK(after(0, c, 0, 1) == Catch::Approx(before(0, c, 1, 2)).epsilon(1e-12));
    CHECK(after(0, c, 1, 0) == Catch::Approx(before(0, c, 1, 0)).epsilon(1e-12));
  }
}

TEST_CASE("SelfAttention2d has as many parameters as its formula says", "[attention][image]") {
  rapt::RandomStream stream(1);
  const rapt::SelfAttention2d<float> layer(32, stream), small(3, stream),
      biased(32, stream, {.bias = rapt::Bias::yes});
  CHECK(parameter_count(layer) == 2 * 4 * 32 + 2 * 16 * 32 + 1);
  CHECK(parameter_count(small) == 2 * 1 * 3 + 2 * 1 * 3 + 1);
  CHECK(parameter_count(biased) == parameter_count(layer) + 4 + 32);
  std::vector<std::string> names;
  named_parameters(
      [&](std::string_view name, auto& p) {
        if (p.size() != 0) names.emplace_back(name);
      },
      layer);
  CHECK(names ==
        std::vector<std::string>{"query.weight", "key.weight", "value.weight", "out_proj.weight", "gamma"});
}

TEST_CASE("SelfAttention2d takes projections that are spectrally normalised", "[attention][image]") {
  rapt_test::Draw draw(6);
  using L = rapt::SelfAttention2d<double, rapt::SpectralNorm<rapt::Linear<double>>>;
  L layer(9, draw.values, {.key_width = 3});
  layer.gamma(0) = 0.5;
  const auto x = draw.normal<double, 4>({2, 9, 3, 2});
  rapt::testing::GradientCheckOptions options;
  const auto first = rapt::testing::check_gradient(layer, x.view(), options);
  INFO(first.where);
  CHECK(first.worst < 1e-6);
  const auto second = rapt::testing::check_tangent(layer, x.view(), rapt::testing::Adjoints::both, options);
  INFO(second.where);
  CHECK(second.worst < 1e-5);
  // A training pass proposes new singular vectors for each projection, and absorb keeps them.
  L::Cache cache;
  start_training(cache, rapt::RandomStream(1));
  layer.forward(x, cache);
  const L before = layer;
  absorb(layer, cache);
  CHECK(rapt::testing::largest_difference(layer.query.weight_u, before.query.weight_u) > 0);
  CHECK(rapt::testing::largest_difference(layer.key.weight_u, before.key.weight_u) > 0);
  CHECK(rapt::testing::largest_difference(layer.value.weight_u, before.value.weight_u) > 0);
  CHECK(rapt::testing::largest_difference(layer.out_proj.weight_u, before.out_proj.weight_u) > 0);
  const auto single = rapt::cast<float>(layer);
  CHECK(single.query.weight_v(0) == static_cast<float>(layer.query.weight_v(0)));
}

TEST_CASE("SelfAttention2d names what does not fit", "[attention][image][errors]") {
  using L = rapt::SelfAttention2d<float>;
  rapt::RandomStream stream(1);
  L layer(4, stream);
  const rapt::Tensor<float, 4> x({2, 3, 5, 5}), good({2, 4, 5, 5});
  L::Cache cache;
  using rapt_test::attention_error;
  CHECK(attention_error([&] { layer.forward(x, cache); }) ==
        "SelfAttention2d::forward: x has shape (2, 3, 5, 5), expected (*, 4, *, *)");
  layer.forward(good, cache);
  CHECK(attention_error([&] { layer.backward(x, cache, nullptr); }) ==
        "SelfAttention2d::backward: dy has shape (2, 3, 5, 5), expected (2, 4, 5, 5)");
  CHECK(attention_error([&] { L(0, stream); }) ==
        "SelfAttention2d: 0 channels, key_width 0 and value_width 0, expected at least 1 channel and no "
        "negative width");
  CHECK(attention_error([&] { L(8, stream, {.value_width = -2}); }) ==
        "SelfAttention2d: 8 channels, key_width 0 and value_width -2, expected at least 1 channel and no "
        "negative width");
}

TEST_CASE("SelfAttention2d names what no longer fits its cache", "[attention][image][errors]") {
  using L = rapt::SelfAttention2d<double>;
  using rapt_test::attention_error;
  rapt_test::Draw draw(8);
  L layer(4, draw.values);
  const auto x = draw.normal<double, 4>({2, 4, 3, 3});
  const L zeros = rapt::zeros_like(layer);
  L gradient = zeros;
  L::Cache cache;
  layer.forward(x, cache);
  CHECK(attention_error([&] { layer.backward_tangent(x, {}, cache, &gradient); }) ==
        "SelfAttention2d::backward_tangent: output of forward_tangent has shape (0, 0), expected (18, 4)");
  layer.forward_tangent(x, cache);
  layer.channels = 8;
  const std::string fits = ": x has shape (2, 4, 3, 3), expected (*, 8, *, *)";
  CHECK(attention_error([&] { layer.backward(x, cache, &gradient); }) == "SelfAttention2d::backward" + fits);
  CHECK(attention_error([&] { layer.forward_tangent(x, cache); }) ==
        "SelfAttention2d::forward_tangent" + fits);
  CHECK(attention_error([&] { layer.backward_tangent(x, x, cache, &gradient); }) ==
        "SelfAttention2d::backward_tangent" + fits);
  layer.channels = 4;
  gradient.gamma.resize({0});
  CHECK(attention_error([&] { layer.backward(x, cache, &gradient); }) ==
        "SelfAttention2d::backward: d_gamma has shape (0), expected (1)");
  CHECK(attention_error([&] { layer.backward_tangent(x, x, cache, &gradient); }) ==
        "SelfAttention2d::backward_tangent: d_gamma has shape (0), expected (1)");
  CHECK(gradient.out_proj.weight(0, 0) == 0);
  gradient = zeros;
  CHECK(layer.backward(x, cache, &gradient).shape() == x.shape());
  // A tangent is one of the last forward.
  layer.forward(x, cache);
  CHECK(attention_error([&] { layer.backward_tangent(x, {}, cache, &gradient); }) ==
        "SelfAttention2d::backward_tangent: output of forward_tangent has shape (0, 0), expected (18, 4)");
  layer.out_proj = rapt::Linear<double>(2, 3, draw.values, rapt::Bias::no);
  CHECK(attention_error([&] { layer.forward(x, cache); }) ==
        "SelfAttention2d::forward: output of out_proj has shape (2, 9, 3), expected (2, 9, 4)");
}
