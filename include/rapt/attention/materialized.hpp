#pragma once
/// \file  The core of all attention layers: scores -> masked softmax -> mix, with the weights in memory.

#include <rapt/attention/attention_input.hpp>
#include <rapt/core/layer.hpp>
#include <rapt/core/number_text.hpp>
#include <rapt/core/parallel.hpp>
#include <rapt/core/random.hpp>
#include <rapt/core/training.hpp>
#include <rapt/kernels/attention_problem.hpp>
#include <rapt/kernels/gemm.hpp>
#include <rapt/ops/softmax.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace rapt {

namespace detail {

/// Dropout on the weights in one forward: probability 0 outside training.
struct AttentionDropout {
  double probability = 0;
  RandomStream stream;
};

}  // namespace detail

/// What every attention layer keeps between forward and backward.
///
/// Attention by dot products keeps no weights unless they are asked for: of the tensors (B, H, Lq, Lk) it
/// then has none.
template <std::floating_point T>
struct AttentionCache {
  AttentionInput<T> x;                   // borrowed
  Tensor<T, 4> probabilities;            // (B, H, Lq, Lk), softmax over the keys
  Tensor<T, 4> dropped;                  // the same after dropout; empty without
  Tensor<T, 4> d_scores;                 // (B, H, Lq, Lk)
  Tensor<T, 4> normaliser;               // (2, B, H, Lq): what a streamed pass keeps instead
  std::vector<T> partial;                // scratch of its backward, see attention_backward
  Tensor<T, 3> averaged;                 // (B, Lq, Lk), only on request
  Tensor<T, 3> context;                  // (B, Lq, H * Dv), heads side by side
  Tensor<T, 3> d_query, d_key, d_value;  // of what enters the scores and the mix
  T kept = 1;                            // what dropout multiplies the others by
  detail::AttentionDropout dropout;      // of the last forward
  bool streamed = false;                 // whether the last forward kept normaliser instead of weights
  NeedWeights kept_weights = NeedWeights::none;
  ForwardStamp stamp;

  /// Weights of the last forward, (B, Lq, Lk), averaged over the heads; absent unless `averaged` was asked
  /// for. They are those before dropout.
  TensorView<const T, 3> weights() const {
    return kept_weights == NeedWeights::averaged ? averaged.view() : TensorView<const T, 3>{};
  }
  /// Weights of the last forward, (B, H, Lq, Lk); absent unless `per_head` was asked for.
  TensorView<const T, 4> weights_per_head() const {
    return kept_weights == NeedWeights::per_head ? probabilities.view() : TensorView<const T, 4>{};
  }
};

namespace detail {

/// Throws unless 0 <= p < 1.
inline void check_attention_dropout(std::string_view where, double p) {
  if (p >= 0 && p < 1) return;
  throw std::invalid_argument(std::string(where) + ": dropout " + number_text(p) + " is not in [0, 1)");
}

/// Every forward in training draws a stream of its own, from which each head's follows by number: the same
/// numbers at any thread count.
inline AttentionDropout draw_attention_dropout(double probability, Training& training) {
  if (!training.on || probability == 0) return {};
  const auto id = training.stream.next64();
  return {probability, training.stream.substream(id)};
}

/// Heads of the queries, and of keys and values: neighbours among the first share one of the second.
struct HeadCounts {
  Index query = 1, key = 1;

  HeadCounts(Index heads) : query(heads), key(heads) {}  // NOLINT: as many of both is the rule
  HeadCounts(Index query_heads, Index key_heads) : query(query_heads), key(key_heads) {}

  Index group() const { return query / key; }
};

/// Throws unless the second divides the first; 0 stands for as many.
inline HeadCounts head_counts(std::string_view where, Index heads, Index key_value_heads) {
  if (key_value_heads == 0) key_value_heads = heads;
  if (heads < 1 || key_value_heads < 1 || heads % key_value_heads != 0) {
    throw std::invalid_argument(std::string(where) + ": heads " + std::to_string(heads) +
                                " is not a multiple of key_value_heads " + std::to_string(key_value_heads));
  }
  return {heads, key_value_heads};
}

/// Width of one of the heads that lie side by side in rows of this shape.
inline Index head_width(std::string_view where, std::string_view what, const Shape<3>& shape, Index heads) {
  if (shape[2] % heads == 0) return shape[2] / heads;
  throw ShapeError(std::string(where) + ": " + std::string(what) + " has shape " + to_string(shape) +
                   ", expected (*, *, a multiple of " + std::to_string(heads) + ")");
}

/// First element of head h in sample b of a tensor (B, L, H * D): its rows lie `extent(2)` apart.
template <class T>
T* head_of(TensorView<T, 3> all, Index heads, Index b, Index h) {
  if (all.size() == 0) return all.data();  // null, on which arithmetic is undefined
  return all[b].data() + h * (all.extent(2) / heads);
}

template <class T>
bool all_finite(const T* data, Index rows, Index columns, Index stride) {
  using Map = Eigen::Map<const RowMatrix<T>, 0, Eigen::OuterStride<>>;
  const Map map(data, rows, columns, Eigen::OuterStride<>(stride));
  return (map.array() * T(0)).sum() == T(0);  // 0 * NaN and 0 * infinity are NaN
}

/// C (m, n) = alpha op(A) (m, k) B (k, n), or C += that, where an element 0 of A takes nothing from B: what
/// is ignored stays harmless even if it is NaN.
template <std::floating_point T>
void mix(Index m, Index n, Index k, T alpha, GemmOperand<T> a, const T* b, Index b_stride, bool accumulate,
         T* c, Index c_stride) {
  if (all_finite(b, k, n, b_stride)) {
    return gemm<T>(m, n, k, alpha, a, {b, b_stride}, accumulate, c, c_stride);
  }
  for (Index i = 0; i < m; ++i) {
    if (!accumulate) std::fill_n(c + i * c_stride, n, T(0));
    for (Index p = 0; p < k; ++p) {
      const T weight = alpha * (a.transposed ? a.data[p * a.stride + i] : a.data[i * a.stride + p]);
      if (weight == 0) continue;
      for (Index j = 0; j < n; ++j) c[i * c_stride + j] += weight * b[p * b_stride + j];
    }
  }
}

/// Drops weights of one head, (queries, keys), and multiplies the others by `kept`. Weight (i, j) is decided
/// by attention_word, so that every kernel drops the same.
template <std::floating_point T>
void drop(const T* weights, T* dropped, Index queries, Index keys, double probability, T kept,
          const RandomStream& of_head) {
  const std::uint32_t threshold = attention_drop_threshold(probability);
  const Index blocks = (keys + 3) / 4;
  for (Index i = 0; i < queries; ++i) {
    for (Index block = 0; block < blocks; ++block) {
      // The four words of attention_word at once.
      const auto words = of_head.words(static_cast<std::uint64_t>(i * blocks + block));
      const Index from = i * keys + 4 * block, count = std::min<Index>(4, keys - 4 * block);
      for (Index j = 0; j < count; ++j) {
        const bool drops = words[static_cast<std::size_t>(j)] < threshold;
        dropped[from + j] = drops ? T(0) : kept * weights[from + j];
      }
    }
  }
}

template <std::floating_point T>
void keep_weights(NeedWeights need, AttentionCache<T>& cache) {
  cache.kept_weights = need;
  if (need != NeedWeights::averaged) return;
  const auto [batch, heads, queries, keys] = cache.probabilities.shape();
  auto averaged = cache.averaged.resize({batch, queries, keys});
  for (Index b = 0; b < batch; ++b) {
    auto mean = averaged[b].array();
    mean = T(0);
    for (Index h = 0; h < heads; ++h) mean += cache.probabilities[b][h].array();
    mean /= static_cast<T>(heads);
  }
}

/// `context_i = sum_j dropout(softmax_j(s_ij + bias_ij)) v_j` for every sample and head.
///
/// `score(b, h, s)` writes the scores s (Lq, Lk) of one head, in about `operations` steps.
template <std::floating_point T, class Score>
void attend(const AttentionInput<T>& x, HeadCounts heads, const AttentionDropout& dropout, Index operations,
            AttentionCache<T>& cache, Score&& score) {
  const Index batch = x.query.extent(0), queries = x.query.extent(1), keys = x.value.extent(1);
  const Index stride = x.value.extent(2), width = stride / heads.key;
  const bool drops = dropout.probability > 0;
  cache.probabilities.resize({batch, heads.query, queries, keys});
  cache.streamed = false;
  cache.kept = static_cast<T>(1 / (1 - dropout.probability));
  cache.dropped.resize(drops ? cache.probabilities.shape() : Shape<4>{});
  cache.context.resize({batch, queries, heads.query * width});
  parallel_for(batch * heads.query, operations + queries * keys * (2 * width + 20), [&](Index chunk) {
    const Index b = chunk / heads.query, h = chunk % heads.query;
    T* const weights = cache.probabilities.data() + chunk * queries * keys;
    score(b, h, weights);
    for (Index i = 0; i < queries; ++i) mask_scores(x, b, h, i, weights + i * keys);
    const TensorView<T, 2> p(weights, {queries, keys});
    softmax<T>(p, p);
    const T* mixed = weights;
    if (drops) {
      T* const dropped = cache.dropped.data() + chunk * queries * keys;
      drop(weights, dropped, queries, keys, dropout.probability, cache.kept,
           dropout.stream.substream(static_cast<std::uint64_t>(chunk)));
      mixed = dropped;
    }
    mix<T>(queries, width, keys, 1, {mixed, keys}, head_of(x.value, heads.key, b, h / heads.group()), stride,
           false, head_of(cache.context.view(), heads.query, b, h), heads.query * width);
  });
  keep_weights(x.need_weights, cache);
}

/// The matching backward: cache.d_value, and cache.d_scores of which `score_backward(b, h, ds)` is called
/// with each head's (Lq, Lk), one after the other for the heads that share a key head.
template <std::floating_point T, class ScoreBackward>
void attend_backward(TensorView<const T, 3> dy, const AttentionInput<T>& x, HeadCounts heads,
                     Index operations, AttentionCache<T>& cache, ScoreBackward&& score_backward) {
  const Index batch = x.query.extent(0), queries = x.query.extent(1), keys = x.value.extent(1);
  const Index stride = x.value.extent(2), width = stride / heads.key, dy_stride = heads.query * width;
  cache.d_scores.resize(cache.probabilities.shape());
  cache.d_value.resize(x.value.shape());
  const auto backward = [&](Index b, Index h) {
    const Index at = (b * heads.query + h) * queries * keys, key_head = h / heads.group();
    const T* const weights = cache.probabilities.data() + at;
    const T* const mixed = cache.dropped.size() == 0 ? weights : cache.dropped.data() + at;
    const T* const d_context = head_of(dy, heads.query, b, h);
    T* const ds = cache.d_scores.data() + at;
    // context = M V
    gemm<T>(keys, width, queries, 1, {mixed, keys, true}, {d_context, dy_stride}, h % heads.group() != 0,
            head_of(cache.d_value.view(), heads.key, b, key_head), stride);
    gemm<T>(queries, keys, width, 1, {d_context, dy_stride},
            {head_of(x.value, heads.key, b, key_head), stride, true}, false, ds, keys);
    const TensorView<T, 2> d(ds, {queries, keys});
    if (mixed != weights) {
      // m = kept p, or 0 where it was dropped
      for (Index i = 0; i < d.size(); ++i) ds[i] = mixed[i] == T(0) ? T(0) : cache.kept * ds[i];
    }
    // p = softmax(s)
    softmax_backward<T>(d, TensorView<const T, 2>(weights, {queries, keys}), d);
    score_backward(b, h, ds);
  };
  parallel_for(batch * heads.key, heads.group() * (operations + queries * keys * (4 * width + 10)),
               [&](Index chunk) {
                 const Index b = chunk / heads.key, from = chunk % heads.key * heads.group();
                 for (Index h = from; h < from + heads.group(); ++h) backward(b, h);
               });
}

/// dot_attention with the weights in memory: for those who ask for them, and what streaming is tested
/// against.
template <std::floating_point T>
void materialized_dot_attention(const AttentionInput<T>& x, HeadCounts heads, T scale,
                                const AttentionDropout& dropout, AttentionCache<T>& cache) {
  const Index queries = x.query.extent(1), keys = x.key.extent(1), width = x.query.extent(2) / heads.query;
  attend(x, heads, dropout, 2 * queries * keys * width, cache, [&](Index b, Index h, T* scores) {
    gemm<T>(queries, keys, width, scale, {head_of(x.query, heads.query, b, h), x.query.extent(2)},
            {head_of(x.key, heads.key, b, h / heads.group()), x.key.extent(2), true}, false, scores, keys);
  });
}

/// The matching backward: cache.d_query, cache.d_key, cache.d_value.
template <std::floating_point T>
void materialized_dot_attention_backward(TensorView<const T, 3> dy, const AttentionInput<T>& x,
                                         HeadCounts heads, T scale, AttentionCache<T>& cache) {
  const Index queries = x.query.extent(1), keys = x.key.extent(1), width = x.query.extent(2) / heads.query;
  const Index query_stride = x.query.extent(2), key_stride = x.key.extent(2);
  cache.d_query.resize(x.query.shape());
  cache.d_key.resize(x.key.shape());
  attend_backward(dy, x, heads, 4 * queries * keys * width, cache, [&](Index b, Index h, const T* ds) {
    const Index key_head = h / heads.group();
    // S = scale Q K^T
    mix<T>(queries, width, keys, scale, {ds, keys}, head_of(x.key, heads.key, b, key_head), key_stride, false,
           head_of(cache.d_query.view(), heads.query, b, h), query_stride);
    mix<T>(keys, width, queries, scale, {ds, keys, true}, head_of(x.query, heads.query, b, h), query_stride,
           h % heads.group() != 0, head_of(cache.d_key.view(), heads.key, b, key_head), key_stride);
  });
}

}  // namespace detail

}  // namespace rapt
