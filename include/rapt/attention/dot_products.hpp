#pragma once
/// \file  Attention by dot products: streamed, unless the caller asks for the weights.

#include <rapt/attention/materialized.hpp>
#include <rapt/kernels/attention.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>

namespace rapt::detail {

/// Heads side by side in the rows of a tensor, as a kernel reads them.
template <class T>
AttentionHeads<T> heads_of(TensorView<T, 3> all) {
  return {all.data(), all.extent(1) * all.extent(2), all.extent(2)};
}

/// The same input as a kernel is given it.
template <std::floating_point T>
AttentionProblem<T> attention_problem(const AttentionInput<T>& x, HeadCounts heads, T scale,
                                      const AttentionDropout& dropout) {
  return {.batch = x.query.extent(0),
          .heads = heads.query,
          .key_heads = heads.key,
          .queries = x.query.extent(1),
          .keys = x.key.extent(1),
          .width = x.query.extent(2) / heads.query,
          .value_width = x.value.extent(2) / heads.key,
          .scale = scale,
          .query = heads_of(x.query),
          .key = heads_of(x.key),
          .value = heads_of(x.value),
          .key_padding_mask = x.key_padding_mask.data(),
          .attn_mask = x.attn_mask.data(),
          .bias = x.bias.data(),
          .alibi_slopes = x.alibi_slopes.data(),
          .before = x.window,
          .after = x.causal ? 0 : x.window,
          .dropout = dropout.probability,
          .stream = dropout.stream};
}
static_assert(AttentionInput<float>::no_window == AttentionProblem<float>{}.before);

/// Attention by dot products, `softmax(scale Q_h K_h^T + bias) V_h` with the heads read in place. The weights
/// are in memory only where x.need_weights asks for them.
/// \shape x.query (B, Lq, H * D), x.key (B, Lk, G * D), x.value (B, Lk, G * Dv) with G key heads ->
///        cache.context (B, Lq, H * Dv)
template <std::floating_point T>
void dot_attention(const AttentionInput<T>& x, HeadCounts heads, T scale, const AttentionDropout& dropout,
                   AttentionCache<T>& cache) {
  cache.dropout = dropout;
  if (x.need_weights != NeedWeights::none) return materialized_dot_attention(x, heads, scale, dropout, cache);
  cache.streamed = true;
  cache.kept_weights = NeedWeights::none;
  const auto p = attention_problem(x, heads, scale, dropout);
  cache.normaliser.resize({2, p.batch, p.heads, p.queries});
  const auto y = cache.context.resize({p.batch, p.queries, p.heads * p.value_width});
  attention_forward(p, heads_of(y), cache.normaliser.data());
}

/// The matching backward: cache.d_query, cache.d_key, cache.d_value.
template <std::floating_point T>
void dot_attention_backward(TensorView<const T, 3> dy, const AttentionInput<T>& x, HeadCounts heads, T scale,
                            AttentionCache<T>& cache) {
  if (!cache.streamed) return materialized_dot_attention_backward(dy, x, heads, scale, cache);
  const auto d_query = cache.d_query.resize(x.query.shape()), d_key = cache.d_key.resize(x.key.shape());
  const auto d_value = cache.d_value.resize(x.value.shape());
  attention_backward(attention_problem(x, heads, scale, cache.dropout), heads_of<const T>(cache.context),
                     cache.normaliser.data(), heads_of(dy), heads_of(d_query), heads_of(d_key),
                     heads_of(d_value), cache.partial);
}

/// 1 / sqrt(D), and 1 for heads of width 0.
template <std::floating_point T>
T attention_scale(Index head_width) {
  return T(1) / std::sqrt(static_cast<T>(std::max<Index>(head_width, 1)));
}

}  // namespace rapt::detail
