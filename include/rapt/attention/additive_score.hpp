#pragma once
/// \file  The score v . tanh(A q + C k), which additive and concat attention share.

#include <rapt/attention/materialized.hpp>
#include <rapt/attention/projection.hpp>

#include <algorithm>
#include <concepts>

namespace rapt {

/// What additive and concat attention keep between forward and backward.
template <std::floating_point T>
struct AdditiveCache : AttentionCache<T> {
  Tensor<T, 3> seen_key;                            // (B, Lk, Ek), used where a key is seen by no query
  Tensor<T, 3> projected_query, projected_key;      // (B, Lq, A), (B, Lk, A)
  Tensor<T, 3> d_projected_query, d_projected_key;  // the same
  Tensor<T, 2> d_score;                             // (B, A), one row a sample
};

namespace detail {

/// The parameters of the score, or their gradients: `score . tanh(query q + key k)`.
template <class T>
struct AdditiveWeights {
  T *query, *key, *score;  // (A, E), (A, Ek), (A)
  Index query_stride, key_stride, width;
};

template <std::floating_point T>
using VectorMap = Eigen::Map<Eigen::Array<T, 1, Eigen::Dynamic>>;
template <std::floating_point T>
using ConstVectorMap = Eigen::Map<const Eigen::Array<T, 1, Eigen::Dynamic>>;

/// Scores of one sample: s_ij = v . tanh(p_i + r_j).
template <std::floating_point T>
void additive_scores(Index queries, Index keys, Index width, const T* query, const T* key, const T* v,
                     T* scores) {
  const ConstVectorMap<T> weight(v, width);
  for (Index i = 0; i < queries; ++i) {
    const ConstVectorMap<T> p(query + i * width, width);
    for (Index j = 0; j < keys; ++j) {
      const ConstVectorMap<T> r(key + j * width, width);
      scores[i * keys + j] = width == 0 ? T(0) : (weight * (p + r).tanh()).sum();
    }
  }
}

/// Their gradients; the tanh is computed again, since keeping it would take (Lq, Lk, A) numbers a sample.
template <std::floating_point T>
void additive_scores_backward(Index queries, Index keys, Index width, const T* query, const T* key,
                              const T* v, const T* d_scores, T* d_query, T* d_key, T* d_v, T* scratch) {
  const ConstVectorMap<T> weight(v, width);
  VectorMap<T> dv(d_v, width), t(scratch, width);
  std::fill_n(d_query, queries * width, T(0));
  std::fill_n(d_key, keys * width, T(0));
  dv = T(0);
  for (Index i = 0; i < queries; ++i) {
    const ConstVectorMap<T> p(query + i * width, width);
    VectorMap<T> dp(d_query + i * width, width);
    for (Index j = 0; j < keys; ++j) {
      const T ds = d_scores[i * keys + j];
      if (ds == 0) continue;  // an ignored key, be it NaN
      const ConstVectorMap<T> r(key + j * width, width);
      VectorMap<T> dr(d_key + j * width, width);
      t = (p + r).tanh();
      // s = v . t
      dv += ds * t;
      // t = tanh(p + r)
      t = ds * weight * (1 - t * t);
      dp += t;
      dr += t;
    }
  }
}

/// Attention with the additive score; x has been checked.
template <std::floating_point T>
void additive_attention(const AttentionInput<T>& x, const AdditiveWeights<const T>& weights,
                        AdditiveCache<T>& cache) {
  const Index batch = x.query.extent(0), queries = x.query.extent(1), keys = x.key.extent(1);
  const Index width = weights.width;
  cache.x = x;
  cache.x.key = without_unseen(x, x.key, cache.seen_key);
  project<T>(x.query, {weights.query, weights.query_stride},
             cache.projected_query.resize({batch, queries, width}));
  project<T>(cache.x.key, {weights.key, weights.key_stride},
             cache.projected_key.resize({batch, keys, width}));
  attend(x, 1, {}, 12 * queries * keys * width, cache, [&](Index b, Index, T* scores) {
    additive_scores<T>(queries, keys, width, cache.projected_query.data() + b * queries * width,
                       cache.projected_key.data() + b * keys * width, weights.score, scores);
  });
}

/// The matching backward; a gradient of null pointers is a frozen one.
template <std::floating_point T>
AttentionInput<T> additive_attention_backward(TensorView<const T, 3> dy,
                                              const AdditiveWeights<const T>& weights,
                                              const AdditiveWeights<T>& gradient,
                                              InputGradient input_gradient, AdditiveCache<T>& cache) {
  const Index batch = cache.x.query.extent(0), queries = cache.x.query.extent(1);
  const Index keys = cache.x.key.extent(1), width = weights.width;
  const auto dp = cache.d_projected_query.resize(cache.projected_query.shape());
  const auto dr = cache.d_projected_key.resize(cache.projected_key.shape());
  // one row of d_score for each sample, and one behind them as scratch of each
  const auto d_score = cache.d_score.resize({2 * batch, width});
  attend_backward(dy, cache.x, 1, 20 * queries * keys * width, cache, [&](Index b, Index, const T* ds) {
    const Index q = b * queries * width, k = b * keys * width;
    additive_scores_backward<T>(queries, keys, width, cache.projected_query.data() + q,
                                cache.projected_key.data() + k, weights.score, ds, dp.data() + q,
                                dr.data() + k, d_score[b].data(), d_score[batch + b].data());
  });
  if (gradient.score != nullptr) {
    for (Index b = 0; b < batch; ++b) VectorMap<T>(gradient.score, width) += d_score[b].array();
  }
  const bool wanted = input_gradient == InputGradient::compute;
  TensorView<T, 3> dx_query, dx_key;
  if (wanted) dx_query = cache.d_query.resize(cache.x.query.shape());
  if (wanted) dx_key = cache.d_key.resize(cache.x.key.shape());
  project_backward<T>(dp, cache.x.query, {weights.query, weights.query_stride}, {gradient.query}, dx_query);
  project_backward<T>(dr, cache.x.key, {weights.key, weights.key_stride}, {gradient.key}, dx_key);
  if (!wanted) return {};
  return {.query = dx_query, .key = dx_key, .value = cache.d_value};
}

}  // namespace detail

}  // namespace rapt
