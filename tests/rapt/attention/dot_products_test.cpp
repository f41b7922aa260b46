#include <rapt/attention/dot_products.hpp>
#include <rapt/attention/multihead_attention.hpp>
#include <rapt/attention/scaled_dot_product_attention.hpp>

#include "rapt/attention/attention_data.hpp"
#include "support/allocation_counter.hpp"
#include "support/catch.hpp"

#include <cmath>
#include <string>

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace {

using rapt::Index;

// Random layer, masks and dropout: seeds that differ in them all.
template <class T>
struct DotProductsCase {
  rapt::ScaledDotProductAttention<T> layer;
  rapt_test::AttentionData<T> data;
  bool training = false;

  explicit DotProductsCase(std::uint64_t seed) {
    rapt_test::Draw draw(seed);
    const Index key_heads = draw.pick(std::array<Index, 3>{1, 1, 2});
    const Index heads = key_heads * draw.pick(std::array<Index, 3>{1, 2, 3});
    const Index width = draw.size(), value_width = draw.size();
    training = draw.small() > 3;
    layer = rapt::ScaledDotProductAttention<T>(0.3, heads, key_heads);
    data = {draw, heads * width, key_heads * width, key_heads * value_width, heads};
    if (seed % 3 == 0) lengthen(draw);
  }

  // Longer than a tile of the kernel: the masks of AttentionData, drawn anew.
  void lengthen(rapt_test::Draw& draw) {
    const Index queries = 60 + draw.size(), keys = 125 + draw.size();
    data.query = draw.normal<T, 3>({2, queries, data.query.extent(2)});
    data.key = draw.normal<T, 3>({2, keys, data.key.extent(2)});
    data.value = draw.normal<T, 3>({2, keys, data.value.extent(2)});
    if (data.key_padding_mask.extent(1) != 0) data.key_padding_mask = draw.mask<2>({2, keys}, 0.3);
    if (data.key_padding_mask.extent(1) == 0) data.key_padding_mask = {};
    data.attn_mask =
        data.attn_mask.size() != 0 ? draw.mask<2>({queries, keys}, 0.3) : rapt::Tensor<bool, 2>{};
    data.bias = data.bias.size() != 0 ? draw.normal<T, 2>({queries, keys}) : rapt::Tensor<T, 2>{};
  }
};

template <class T>
struct DotProductsPass {
  rapt::Tensor<T, 3> y, d_query, d_key, d_value;
  bool streamed = false;

  DotProductsPass(const DotProductsCase<T>& c, rapt::NeedWeights need_weights) {
    typename rapt::ScaledDotProductAttention<T>::Cache cache;
    if (c.training) start_training(cache, rapt::RandomStream(5));
    y.copy_from(c.layer.forward(c.data.input(need_weights), cache));
    streamed = cache.streamed;
    rapt::Tensor<T, 3> dy(y.shape());
    rapt::RandomStream stream(6);
    fill_normal(dy.view(), 0, 1, stream);
    const auto dx = c.layer.backward(dy, cache, nullptr);
    d_query.copy_from(dx.query);
    d_key.copy_from(dx.key);
    d_value.copy_from(dx.value);
  }
};

template <class T>
void check_streamed_against_materialized(double tolerance) {
  using rapt::testing::largest_difference;
  for (std::uint64_t seed = 0; seed < 150; ++seed) {
    INFO("seed " << seed);
    const DotProductsCase<T> c(seed);
    const DotProductsPass<T> is(c, rapt::NeedWeights::none), expected(c, rapt::NeedWeights::per_head);
    CHECK(is.streamed);
    CHECK(!expected.streamed);
    CHECK(largest_difference(is.y, expected.y) < tolerance);
    CHECK(largest_difference(is.d_query, expected.d_query) < tolerance);
    CHECK(largest_difference(is.d_key, expected.d_key) < tolerance);
    CHECK(largest_difference(is.d_value, expected.d_value) < tolerance);
  }
}

#ifdef __GLIBC__
// Bytes of the heap in use.
double dot_products_bytes() {
  const auto info = ::mallinfo2();
  return static_cast<double>(info.uordblks) + static_cast<double>(info.hblkhd);
}

// Bytes that a layer's cache and the library keep after a forward and a backward of (1, L, width).
template <class L>
double dot_products_memory(const L& layer, Index length, Index width) {
  rapt_test::Draw draw(1);
  const auto x = draw.normal<float, 3>({1, length, width}), dy = draw.normal<float, 3>({1, length, width});
  const double before = dot_products_bytes();
  typename L::Cache cache;
  layer.forward({x, x, x}, cache);
  layer.backward(dy, cache, nullptr);
  return dot_products_bytes() - before;
}
#endif

}  // namespace

TEST_CASE("Streamed attention agrees with attention that keeps its weights in float", "[attention][core]") {
  check_streamed_against_materialized<float>(2e-5);
}

TEST_CASE("Streamed attention agrees with attention that keeps its weights in double", "[attention][core]") {
  check_streamed_against_materialized<double>(1e-11);
}

TEST_CASE("Attention by dot products streams unless the weights are asked for", "[attention][core]") {
  rapt_test::Draw draw(3);
  const auto q = draw.normal<double, 3>({2, 5, 4}), k = draw.normal<double, 3>({2, 7, 4});
  const auto dy = draw.normal<double, 3>({2, 5, 4});
  rapt::AttentionInput<double> x{.query = q, .key = k, .value = k};
  rapt::AttentionCache<double> cache;
  rapt::detail::dot_attention<double>(x, 2, 0.5, {}, cache);
  rapt::detail::dot_attention_backward<double>(dy, x, 2, 0.5, cache);
  CHECK(cache.probabilities.size() == 0);
  CHECK(cache.dropped.size() == 0);
  CHECK(cache.d_scores.size() == 0);
  CHECK(cache.normaliser.shape() == rapt::Shape<4>{2, 2, 2, 5});
  CHECK(cache.weights_per_head().absent());
  const auto streamed = rapt_test::numbers(cache.d_key);

  // one cache may change between the two
  x.need_weights = rapt::NeedWeights::per_head;
  rapt::detail::dot_attention<double>(x, 2, 0.5, {}, cache);
  CHECK(cache.weights_per_head().shape() == rapt::Shape<4>{2, 2, 5, 7});
  rapt::detail::dot_attention_backward<double>(dy, x, 2, 0.5, cache);
  const auto kept = rapt_test::numbers(cache.d_key);
  x.need_weights = rapt::NeedWeights::none;
  rapt::detail::dot_attention<double>(x, 2, 0.5, {}, cache);
  CHECK(cache.weights_per_head().absent());
  rapt::detail::dot_attention_backward<double>(dy, x, 2, 0.5, cache);
  CHECK(rapt_test::numbers(cache.d_key) == streamed);
  for (std::size_t n = 0; n < kept.size(); ++n) CHECK(kept[n] == Catch::Approx(streamed[n]).margin(1e-14));
}

TEST_CASE("What streaming keeps is the largest score and the log of the sum beside it", "[attention][core]") {
  // scores 0 and log 3, and a query that sees nothing
  const rapt::Tensor<double, 3> q({1, 2, 1}, {1, 5}), k({1, 2, 1}, {0, std::log(3.0)}), v({1, 2, 1}, {8, 4});
  const rapt::Tensor<bool, 2> mask({2, 2}, {false, false, true, true});
  rapt::AttentionCache<double> cache;
  rapt::detail::dot_attention<double>({.query = q, .key = k, .value = v, .attn_mask = mask}, 1, 1.0, {},
                                      cache);
  CHECK(cache.normaliser(0, 0, 0, 0) == Catch::Approx(std::log2(3.0)));
  CHECK(cache.normaliser(1, 0, 0, 0) == Catch::Approx(std::log2(4.0 / 3)));
  CHECK(cache.normaliser(0, 0, 0, 1) == -std::numeric_limits<double>::infinity());
  CHECK(cache.context(0, 0, 0) == Catch::Approx(5));
  CHECK(cache.context(0, 1, 0) == 0);
}

TEST_CASE("The scale of attention is one over the root of a head's width", "[attention][core]") {
  CHECK(rapt::detail::attention_scale<double>(4) == 0.5);
  CHECK(rapt::detail::attention_scale<float>(0) == 1);
}

TEST_CASE("Memory of attention grows with the length and not with its square", "[attention][core]") {
#ifdef __GLIBC__
  if (!rapt_test::can_count_allocations()) RAPT_SKIP("memory cannot be counted here");
  rapt_test::Draw draw(2);
  const Index width = 16, length = 2048;
  const rapt::ScaledDotProductAttention<float> plain;
  const rapt::MultiheadAttention<float> projected(width, 1, draw.values);
  const auto check = [&](const auto& layer) {
    dot_products_memory(layer, 2 * length, width);  // what a thread keeps for its kernels
    const double once = dot_products_memory(layer, length, width);
    const double twice = dot_products_memory(layer, 2 * length, width);
    INFO(once << " and " << twice << " bytes");
    CHECK(once > 0);
    CHECK(twice <= 2.1 * once);
    CHECK(twice <
          64.0 * 2 * length * width);  // a matrix of the weights would take 4 L^2 bytes, 16 times that
  };
  check(plain);
  check(projected);
#else
  RAPT_SKIP("memory cannot be counted here");
#endif
}
