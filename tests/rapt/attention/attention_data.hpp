#pragma once
// What the tests of the attention layers share: inputs with random masks, inputs from golden files, and the
// text of an error.

#include <rapt/attention/attention_input.hpp>
#include <rapt/core/layer.hpp>
#include <rapt/testing/golden.hpp>

#include "support/catch.hpp"
#include "support/draw.hpp"

#include <array>
#include <limits>
#include <string>
#include <vector>

namespace rapt_test {

template <class T>
struct AttentionData {
  rapt::Tensor<T, 3> query, key, value;
  rapt::Tensor<bool, 2> key_padding_mask, attn_mask;
  rapt::Tensor<T, 2> bias;
  rapt::Tensor<T, 1> alibi_slopes;
  bool causal = false;
  Index window = rapt::AttentionInput<T>::no_window;

  AttentionData() = default;
  /// Random numbers, and by the seed any combination of masks.
  AttentionData(Draw& draw, Index query_width, Index key_width, Index value_width, Index heads = 1) {
    const std::array<Index, 7> lengths{0, 1, 2, 3, 5, 7, 9};  // quadratic work: shorter than Draw::size
    const Index batch = draw.pick(std::array<Index, 4>{0, 1, 2, 2}), queries = draw.pick(lengths),
                keys = draw.pick(lengths);
    query = draw.normal<T, 3>({batch, queries, query_width});
    key = draw.normal<T, 3>({batch, keys, key_width});
    value = draw.normal<T, 3>({batch, keys, value_width});
    const auto yes = [&] { return draw.pick(std::array<Index, 2>{0, 1}) == 1; };
    if (yes()) key_padding_mask = draw.mask<2>({batch, keys}, 0.3);
    if (yes()) attn_mask = draw.mask<2>({queries, keys}, 0.2);
    if (yes()) {
      // From the stream of ids, which gives float and double the same numbers.
      bias.resize({queries, keys});
      for (T& number : bias) {
        const Index quarter = uniform_index(draw.ids, 9);
        number = quarter == 8 ? -std::numeric_limits<T>::infinity() : static_cast<T>(quarter - 4) / 4;
      }
    }
    if (yes()) {
      alibi_slopes.resize({heads});
      for (T& slope : alibi_slopes) slope = static_cast<T>(uniform_index(draw.ids, 5)) / 4;
    }
    causal = yes();
    if (yes()) window = draw.small();
  }
  /// The input of a golden file.
  explicit AttentionData(const rapt::testing::Golden& golden)
      : query(golden.tensor<T, 3>("query")),
        key(golden.tensor<T, 3>("key")),
        value(golden.tensor<T, 3>("value")),
        causal(golden.tensor<T, 1>("causal")(0) != 0),
        window(static_cast<Index>(golden.tensor<T, 1>("window")(0))) {
    if (golden.has("key_padding_mask")) key_padding_mask = golden.tensor<bool, 2>("key_padding_mask");
    if (golden.has("attn_mask")) attn_mask = golden.tensor<bool, 2>("attn_mask");
    if (golden.has("bias")) bias = golden.tensor<T, 2>("bias");
  }

  rapt::AttentionInput<T> input(rapt::NeedWeights need_weights = rapt::NeedWeights::none) const {
    return {query, key, value, key_padding_mask, attn_mask, bias, alibi_slopes, causal, window, need_weights};
  }
};

/// Forward and backward of a layer against the numbers of its golden file.
template <class L>
void check_attention_golden(const std::string& name, L layer,
                            rapt::NeedWeights need_weights = rapt::NeedWeights::averaged,
                            const rapt::Tensor<double, 1>& alibi_slopes = {}) {
  const rapt::testing::Golden golden(RAPT_SOURCE_DIR "/tests/golden/" + name + ".txt");
  golden.load(layer, "layer.");
  L gradient = zeros_like(layer), expected = gradient;
  golden.load(expected, "gradient.");
  AttentionData<double> data(golden);
  data.alibi_slopes = alibi_slopes;
  const auto dy = golden.tensor<double, 3>("dy");
  typename L::Cache cache;

  const auto y = layer.forward(data.input(need_weights), cache);
  const auto dx = layer.backward(dy, cache, &gradient);

  using rapt::testing::largest_difference;
  CHECK(largest_difference(y, golden.tensor<double, 3>("y")) < 1e-10);
  CHECK(largest_difference(dx.query, golden.tensor<double, 3>("dquery")) < 1e-10);
  CHECK(largest_difference(dx.key, golden.tensor<double, 3>("dkey")) < 1e-10);
  CHECK(largest_difference(dx.value, golden.tensor<double, 3>("dvalue")) < 1e-10);
  if (need_weights == rapt::NeedWeights::averaged)
    CHECK(largest_difference(cache.weights(), golden.tensor<double, 3>("weights")) < 1e-10);
  else
    CHECK(largest_difference(cache.weights_per_head(), golden.tensor<double, 4>("weights")) < 1e-10);
  zip_parameters([](auto& g, auto& e) { CHECK(largest_difference(g, e) < 1e-10); }, gradient, expected);

  // The same where nobody asks for the weights, which need not be in memory then.
  set_zero(gradient);
  CHECK(largest_difference(layer.forward(data.input(), cache), golden.tensor<double, 3>("y")) < 1e-10);
  const auto again = layer.backward(dy, cache, &gradient);
  CHECK(largest_difference(again.query, golden.tensor<double, 3>("dquery")) < 1e-10);
  CHECK(largest_difference(again.key, golden.tensor<double, 3>("dkey")) < 1e-10);
  CHECK(largest_difference(again.value, golden.tensor<double, 3>("dvalue")) < 1e-10);
  CHECK(cache.weights().absent());
  CHECK(cache.weights_per_head().absent());
  zip_parameters([](auto& g, auto& e) { CHECK(largest_difference(g, e) < 1e-10); }, gradient, expected);
}

/// what() of the std::invalid_argument that f throws.
template <class F>
std::string attention_error(F&& f) {
  try {
    f();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "no error";
}

template <class View>
std::vector<double> numbers(const View& view) {
  return std::vector<double>(view.begin(), view.end());
}

}  // namespace rapt_test
