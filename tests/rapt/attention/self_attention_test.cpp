#include <rapt/attention/self_attention.hpp>

#include "rapt/attention/attention_data.hpp"
#include "support/catch.hpp"
#include "support/layer_properties.hpp"
#include "support/tangent_properties.hpp"

namespace {

template <class T>
struct SelfAttentionSample {
  explicit SelfAttentionSample(rapt_test::Draw& draw) {
    const rapt::Index heads = draw.pick(std::array<rapt::Index, 2>{1, 2}),
                      width = heads * draw.pick(std::array<rapt::Index, 2>{1, 3});
    layer =
        rapt::SelfAttention<T>(width, heads, draw.values,
                               {.dropout = 0.2, .key_value_heads = heads == 2 && draw.small() > 3 ? 1 : 0});
    layer.alibi = draw.small() > 3;
    layer.causal = draw.size() % 2 == 0;
    if (draw.size() % 2 == 0) layer.window = draw.small();
    x = draw.normal<T, 3>({draw.pick(std::array<rapt::Index, 2>{1, 2}),
                           draw.pick(std::array<rapt::Index, 5>{0, 1, 2, 4, 5}), width});
  }
  rapt::SelfAttention<T> layer;
  rapt::Tensor<T, 3> x;
  auto input() const { return x.view(); }
};

}  // namespace

RAPT_TEST_LAYER("SelfAttention", SelfAttentionSample, "[attention][self]")
RAPT_TEST_TANGENT("SelfAttention", SelfAttentionSample, "[attention][self]")

TEST_CASE("SelfAttention is MultiheadAttention of x to itself by hand at one position", "[attention][self]") {
  // One key: its weight is 1, so y = W_o (W_v x + b_v) + b_o = 3 * (2 * 5 + 1) + 4.
  rapt::SelfAttention<double> layer;
  layer.attention.in_proj_weight = rapt::Tensor<double, 2>({3, 1}, {7, -6, 2});
  layer.attention.in_proj_bias = rapt::Tensor<double, 1>({3}, {0, 0, 1});
  layer.attention.out_proj.weight = rapt::Tensor<double, 2>({1, 1}, {3});
  layer.attention.out_proj.bias = rapt::Tensor<double, 1>({1}, {4});
  const rapt::Tensor<double, 3> x({1, 1, 1}, {5}), dy({1, 1, 1}, {1});
  rapt::SelfAttention<double>::Cache cache;
  CHECK(layer.forward(x, cache)(0, 0, 0) == 37);
  CHECK(layer.backward(dy, cache, nullptr)(0, 0, 0) == Catch::Approx(6).epsilon(1e-12));
}

TEST_CASE("SelfAttention agrees with PyTorch", "[attention][self][golden]") {
  const rapt::testing::Golden golden(RAPT_SOURCE_DIR "/tests/golden/self_attention.txt");
  rapt::SelfAttention<double> layer;
  golden.load(layer, "layer.");
  layer.attention.heads = 2;
  layer.causal = true;
  auto gradient = zeros_like(layer), expected = gradient;
  golden.load(expected, "gradient.");
  const auto x = golden.tensor<double, 3>("x"), dy = golden.tensor<double, 3>("dy");
  rapt::SelfAttention<double>::Cache cache;
  using rapt::testing::largest_difference;
  CHECK(largest_difference(layer.forward(x, cache), golden.tensor<double, 3>("y")) < 1e-10);
  CHECK(largest_difference(layer.backward(dy, cache, &gradient), golden.tensor<double, 3>("dx")) < 1e-10);
  zip_parameters([](auto& g, auto& e) { CHECK(largest_difference(g, e) < 1e-10); }, gradient, expected);
}

TEST_CASE("SelfAttention passes slopes and shared heads on", "[attention][self]") {
  rapt_test::Draw draw(3);
  rapt::SelfAttention<double> layer(8, 4, draw.values, {.key_value_heads = 2, .rotary = true});
  layer.alibi = true;
  const auto x = draw.normal<double, 3>({2, 5, 8});
  const auto slopes = rapt::alibi_slopes<double>(4);
  rapt::SelfAttention<double>::Cache cache;
  rapt::MultiheadAttention<double>::Cache expected;
  CHECK(rapt::testing::largest_difference(
            layer.forward(x, cache),
            layer.attention.forward({.query = x, .key = x, .value = x, .alibi_slopes = slopes}, expected)) ==
        0);
  CHECK(layer.attention.in_proj_weight.shape() == rapt::Shape<2>{16, 8});
}

TEST_CASE("Causal SelfAttention does not let the future in be it NaN", "[attention][self][mask]") {
  rapt_test::Draw draw(1);
  rapt::SelfAttention<double> layer(4, 2, draw.values);
  layer.causal = true;
  auto x = draw.normal<double, 3>({1, 5, 4});
  rapt::SelfAttention<double>::Cache cache;
  const auto before = rapt_test::numbers(layer.forward(x, cache));
  x[0].matrix().row(4).setConstant(std::nan(""));
  const auto after = rapt_test::numbers(layer.forward(x, cache));
  for (std::size_t i = 0; i < 16; ++i) CHECK(after[i] == Catch::Approx(before[i]).epsilon(1e-12));
  CHECK(std::isnan(after[16]));
}

TEST_CASE("SelfAttention returns weights through its cache", "[attention][self]") {
  rapt_test::Draw draw(1);
  const rapt::SelfAttention<double> layer(4, 2, draw.values);
  const auto x = draw.normal<double, 3>({2, 5, 4});
  rapt::SelfAttention<double>::Cache cache;
  cache.need_weights = rapt::NeedWeights::per_head;
  layer.forward(x, cache);
  CHECK(cache.attention.weights_per_head().shape() == rapt::Shape<4>{2, 2, 5, 5});
}

TEST_CASE("SelfAttention has the parameters of MultiheadAttention by the same names", "[attention][self]") {
  rapt::RandomStream stream(1);
  rapt::SelfAttention<float> layer(6, 2, stream);
  CHECK(parameter_count(layer) == 4 * 36 + 4 * 6);
  std::vector<std::string> names;
  named_parameters(
      [&](std::string_view name, auto& p) {
        if (p.size() != 0) names.emplace_back(name);
      },
      layer);
  CHECK(names ==
        std::vector<std::string>{"in_proj_weight", "in_proj_bias", "out_proj.weight", "out_proj.bias"});
}

TEST_CASE("SelfAttention names what does not fit", "[attention][self][errors]") {
  using L = rapt::SelfAttention<float>;
  rapt::RandomStream stream(1);
  const L layer(4, 2, stream);
  const rapt::Tensor<float, 3> x({2, 3, 5}), good({2, 3, 4});
  L::Cache cache;
  CHECK(rapt_test::attention_error([&] { layer.forward(x, cache); }) ==
        "SelfAttention::forward: x has shape (2, 3, 5), expected (*, *, 4)");
  layer.forward(good, cache);
  CHECK(rapt_test::attention_error([&] { layer.backward(x, cache, nullptr); }) ==
        "SelfAttention::backward: dy has shape (2, 3, 5), expected (2, 3, 4)");
  CHECK(rapt_test::attention_error([&] { L(4, 2, stream, {.key_width = 3}); }) ==
        "SelfAttention: key_width 3 and value_width 4 are not the width 4");
}
