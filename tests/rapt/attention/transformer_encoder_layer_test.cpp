#include <rapt/attention/alibi_slopes.hpp>
#include <rapt/attention/transformer_encoder_layer.hpp>

#include "rapt/attention/attention_data.hpp"
#include "support/catch.hpp"
#include "support/layer_properties.hpp"

#include <cmath>

namespace {

template <class T>
struct TransformerEncoderSample {
  explicit TransformerEncoderSample(rapt_test::Draw& draw) {
    const auto yes = [&] { return draw.pick(std::array<rapt::Index, 2>{0, 1}) == 1; };
    const rapt::Index heads = draw.pick(std::array<rapt::Index, 2>{1, 2});
    const rapt::Index width = heads * draw.pick(std::array<rapt::Index, 2>{2, 3});
    rapt::TransformerEncoderOptions options{.dropout = yes() ? 0.2 : 0.0, .norm_first = yes()};
    if (yes()) options.activation = rapt::EncoderActivation::gelu;
    if (yes()) options.key_value_heads = 1;
    options.rotary = width == 2 * heads && yes();
    layer = rapt::TransformerEncoderLayer<T>(width, heads, draw.small(), draw.values, options);
    const rapt::Index batch = draw.pick(std::array<rapt::Index, 2>{1, 2}),
                      length = draw.pick(std::array<rapt::Index, 3>{1, 2, 4});
    x = draw.normal<T, 3>({batch, length, width});
    if (yes()) key_padding_mask = draw.mask<2>({batch, length}, 0.3);
    if (yes()) attn_mask = draw.mask<2>({length, length}, 0.2);
    causal = yes();
    if (yes()) alibi_slopes = rapt::alibi_slopes<T>(heads);
  }
  rapt::TransformerEncoderLayer<T> layer;
  rapt::Tensor<T, 3> x;
  rapt::Tensor<bool, 2> key_padding_mask, attn_mask;
  rapt::Tensor<T, 1> alibi_slopes;
  bool causal = false;
  rapt::TransformerEncoderInput<T> input() const {
    return {.x = x,
            .key_padding_mask = key_padding_mask,
            .attn_mask = attn_mask,
            .alibi_slopes = alibi_slopes,
            .causal = causal};
  }
};

void check_encoder_golden(const std::string& name, rapt::EncoderActivation activation, bool norm_first) {
  const rapt::testing::Golden golden(RAPT_SOURCE_DIR "/tests/golden/" + name + ".txt");
  rapt::TransformerEncoderLayer<double> layer;
  layer.activation = activation;
  layer.norm_first = norm_first;
  layer.self_attn.heads = 2;
  golden.load(layer, "layer.");
  auto gradient = zeros_like(layer), expected = gradient;
  golden.load(expected, "gradient.");
  const auto x = golden.tensor<double, 3>("x"), dy = golden.tensor<double, 3>("dy");
  const auto padding = golden.tensor<bool, 2>("key_padding_mask");
  rapt::TransformerEncoderLayer<double>::Cache cache;

  const auto y = layer.forward({.x = x, .key_padding_mask = padding, .causal = true}, cache);
  const auto dx = layer.backward(dy, cache, &gradient);

  using rapt::testing::largest_difference;
  CHECK(largest_difference(y, golden.tensor<double, 3>("y")) < 1e-10);
  CHECK(largest_difference(dx.x, golden.tensor<double, 3>("dx")) < 1e-10);
  zip_parameters([](auto& g, auto& e) { CHECK(largest_difference(g, e) < 1e-10); }, gradient, expected);
}

}  // namespace

RAPT_TEST_LAYER("TransformerEncoderLayer", TransformerEncoderSample, "[attention][encoder]")

TEST_CASE("TransformerEncoderLayer gives the values worked out by hand", "[attention][encoder]") {
  // Attention that gives 0, so u = x or N_1(x) with x = (-3, 3); F(z) = (relu(2 z_0), relu(z_0 + z_1 + 1)).
  rapt::TransformerEncoderLayer<double> layer;
  layer.self_attn.in_proj_weight = rapt::Tensor<double, 2>({6, 2});
  layer.self_attn.in_proj_bias = rapt::Tensor<double, 1>({6});
  layer.self_attn.out_proj.weight = rapt::Tensor<double, 2>({2, 2});
  layer.self_attn.out_proj.bias = rapt::Tensor<double, 1>({2});
  layer.linear1.weight = rapt::Tensor<double, 2>({2, 2}, {2, 0, 1, 1});
  layer.linear1.bias = rapt::Tensor<double, 1>({2}, {0, 1});
  layer.linear2.weight = rapt::Tensor<double, 2>({2, 2}, {1, 0, 0, 1});
  layer.linear2.bias = rapt::Tensor<double, 1>({2});
  layer.norm1 = layer.norm2 = rapt::LayerNorm<double>(2, 0);
  const rapt::Tensor<double, 3> x({1, 1, 2}, {-3, 3});
  rapt::TransformerEncoderLayer<double>::Cache cache;

  // u = N(x) = (-1, 1), F(u) = (0, 1), y = N((-1, 2)) = (-1, 1)
  CHECK(rapt_test::numbers(layer.forward({.x = x}, cache)) == std::vector<double>{-1, 1});
  layer.norm_first = true;
  // u = x, F(N(u)) = (0, 1), y = (-3, 4)
  CHECK(rapt_test::numbers(layer.forward({.x = x}, cache)) == std::vector<double>{-3, 4});
}

TEST_CASE("TransformerEncoderLayer agrees with PyTorch with the norm behind",
          "[attention][encoder][golden]") {
  check_encoder_golden("transformer_encoder_layer_post", rapt::EncoderActivation::relu, false);
}

TEST_CASE("TransformerEncoderLayer agrees with PyTorch with the norm in front",
          "[attention][encoder][golden]") {
  check_encoder_golden("transformer_encoder_layer_pre", rapt::EncoderActivation::gelu, true);
}

TEST_CASE("TransformerEncoderLayer draws each dropout from a stream of its own", "[attention][encoder]") {
  rapt_test::Draw draw(1);
  const rapt::TransformerEncoderLayer<double> layer(8, 2, 8, draw.values, {.dropout = 0.5});
  const auto x = draw.normal<double, 3>({2, 6, 8});
  rapt::TransformerEncoderLayer<double>::Cache cache;
  const auto still = rapt_test::numbers(layer.forward({.x = x}, cache));
  CHECK(rapt_test::numbers(layer.forward({.x = x}, cache)) == still);
  start_training(cache, rapt::RandomStream(3));
  const auto first = rapt_test::numbers(layer.forward({.x = x}, cache));
  CHECK(first != still);
  CHECK(cache.self_attn.dropout.probability == 0.5);
  CHECK(rapt_test::numbers(cache.dropout.kept) != rapt_test::numbers(cache.dropout1.kept));
  CHECK(rapt_test::numbers(cache.dropout2.kept) != rapt_test::numbers(cache.dropout1.kept));
  start_training(cache, rapt::RandomStream(3));
  CHECK(rapt_test::numbers(layer.forward({.x = x}, cache)) == first);
}

TEST_CASE("Padding changes no other position of a TransformerEncoderLayer", "[attention][encoder][mask]") {
  rapt_test::Draw draw(2);
  const rapt::TransformerEncoderLayer<double> layer(4, 2, 5, draw.values);
  auto x = draw.normal<double, 3>({1, 4, 4});
  const rapt::Tensor<bool, 2> padding({1, 4}, {false, false, false, true});
  rapt::TransformerEncoderLayer<double>::Cache cache;
  const auto before = rapt_test::numbers(layer.forward({.x = x, .key_padding_mask = padding}, cache));
  x[0].matrix().row(3).setConstant(std::nan(""));
  const auto after = rapt_test::numbers(layer.forward({.x = x, .key_padding_mask = padding}, cache));
  for (std::size_t i = 0; i < 12; ++i) CHECK(after[i] == Catch::Approx(before[i]).epsilon(1e-12));
}

TEST_CASE("TransformerEncoderLayer has the parameters of PyTorch", "[attention][encoder]") {
  rapt::RandomStream stream(1);
  const rapt::Index e = 6, f = 10;
  rapt::TransformerEncoderLayer<float> layer(e, 2, f, stream);
  CHECK(parameter_count(layer) == 4 * e * e + 4 * e + 2 * e * f + f + e + 4 * e);
  std::vector<std::string> names;
  named_parameters(
      [&](std::string_view name, auto& p) {
        if (p.size() != 0) names.emplace_back(name);
      },
      layer);
  CHECK(names == std::vector<std::string>{"self_attn.in_proj_weight", "self_attn.in_proj_bias",
                                          "self_attn.out_proj.weight", "self_attn.out_proj.bias",
                                          "linear1.weight", "linear1.bias", "linear2.weight", "linear2.bias",
                                          "norm1.weight", "norm1.bias", "norm2.weight", "norm2.bias"});
}

TEST_CASE("TransformerEncoderLayer hands heads and positions and slopes to its attention",
          "[attention][encoder]") {
  rapt_test::Draw draw(3);
  const rapt::TransformerEncoderLayer<double> layer(
      8, 4, 5, draw.values,
      {.norm_first = true, .key_value_heads = 2, .rotary = true, .rotary_positions = {.base = 10}});
  CHECK(layer.self_attn.in_proj_weight.shape() == rapt::Shape<2>{16, 8});
  CHECK(layer.self_attn.rotary.base == 10);
  CHECK(layer.self_attn.rotary.rotary_width == 2);
  const auto x = draw.normal<double, 3>({2, 6, 8});
  const auto slopes = rapt::alibi_slopes<double>(4);
  rapt::TransformerEncoderLayer<double>::Cache with, without;
  CHECK(rapt::testing::largest_difference(layer.forward({.x = x, .alibi_slopes = slopes}, with),
                                          layer.forward({.x = x}, without)) > 1e-3);
}

TEST_CASE("TransformerEncoderLayer names what does not fit", "[attention][encoder][errors]") {
  using L = rapt::TransformerEncoderLayer<float>;
  rapt::RandomStream stream(1);
  const L layer(4, 2, 5, stream);
  const rapt::Tensor<float, 3> x({2, 3, 5}), good({2, 3, 4});
  const rapt::Tensor<bool, 2> mask({2, 4});
  L::Cache cache;
  CHECK(rapt_test::attention_error([&] { layer.forward({.x = x}, cache); }) ==
        "TransformerEncoderLayer::forward: x has shape (2, 3, 5), expected (*, *, 4)");
  CHECK(rapt_test::attention_error([&] { layer.forward({.x = good, .key_padding_mask = mask}, cache); }) ==
        "MultiheadAttention::forward: key_padding_mask has shape (2, 4), expected (2, 3)");
  layer.forward({.x = good}, cache);
  CHECK(rapt_test::attention_error([&] { layer.backward(x, cache, nullptr); }) ==
        "TransformerEncoderLayer::backward: dy has shape (2, 3, 5), expected (2, 3, 4)");
  CHECK(rapt_test::attention_error([&] { L(4, 3, 5, stream); }) ==
        "MultiheadAttention: width 4 is not a multiple of heads 3");
}
