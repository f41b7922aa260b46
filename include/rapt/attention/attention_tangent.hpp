#pragma once
/// \file  The tangent of attention by dot products, with the weights in memory.

#include <rapt/attention/materialized.hpp>

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <string_view>

namespace rapt {

/// What the tangent of attention by dot products keeps between forward_tangent and backward_tangent; empty
/// until used. Other than a streamed pass it holds the weights, 5 tensors (B, H, Lq, Lk), or 6 with dropout.
template <std::floating_point T>
struct AttentionTangent {
  TensorView<const T, 3> query, key, value;  // the direction, borrowed; an absent one stands for zeros
  Tensor<T, 4> probabilities, dropped;       // P, and M = P after dropout (empty without)
  Tensor<T, 4> score_tangents;               // S' less its mean under P, 0 where a key is ignored
  Tensor<T, 4> weights;                      // M'
  Tensor<T, 4> d_scores_tangent, d_scores;   // gradients by S' and by S
  Tensor<T, 3> context;                      // Y'
  Tensor<T, 3> d_tangent_query, d_tangent_key, d_tangent_value;
  Tensor<T, 3> d_query, d_key, d_value;
  T kept = 1;  // what dropout multiplies the others by
};

namespace detail {

/// Throws unless each part of a direction is absent, which stands for zeros, or has the shape of the input's.
template <std::floating_point T>
void check_attention_direction(std::string_view where, const AttentionInput<T>& dx,
                               const AttentionInput<T>& x) {
  if (!dx.query.absent()) expect_shape(where, "query", dx.query.shape(), x.query.shape());
  if (!dx.key.absent()) expect_shape(where, "key", dx.key.shape(), x.key.shape());
  if (!dx.value.absent()) expect_shape(where, "value", dx.value.shape(), x.value.shape());
}

/// Sums of products written to one C (m, n): the first one is stored, the others are added.
template <std::floating_point T>
struct SumOfProducts {
  Index m, n;
  T* c;
  Index stride;
  bool first = true;

  /// C += alpha op(A) op(B).
  void add(Index k, T alpha, GemmOperand<T> a, GemmOperand<T> b) {
    gemm<T>(m, n, k, alpha, a, b, !first, c, stride);
    first = false;
  }
  /// The same as mix has it: an element 0 of A takes nothing from B.
  void mix_in(Index k, T alpha, GemmOperand<T> a, const T* b, Index b_stride) {
    mix<T>(m, n, k, alpha, a, b, b_stride, !first, c, stride);
    first = false;
  }
  /// Zeros where nothing was added.
  void finish() {
    for (Index i = 0; first && i < m; ++i) std::fill_n(c + i * stride, n, T(0));
  }
};

/// One head of one sample: where its parts lie.
template <std::floating_point T>
struct TangentHead {
  const AttentionInput<T>& x;
  HeadCounts heads;
  Index b, h;

  Index queries() const { return x.query.extent(1); }
  Index keys() const { return x.key.extent(1); }
  Index width() const { return x.query.extent(2) / heads.query; }
  Index value_width() const { return x.value.extent(2) / heads.key; }
  Index query_stride() const { return x.query.extent(2); }
  Index key_stride() const { return x.key.extent(2); }
  Index value_stride() const { return x.value.extent(2); }
  Index context_stride() const { return heads.query * value_width(); }
  bool first_of_group() const { return h % heads.group() == 0; }

  /// Of a tensor with one head a query head, or one a key head.
  template <class U>
  U* by_query(TensorView<U, 3> all) const {
    return head_of(all, heads.query, b, h);
  }
  template <class U>
  U* by_key(TensorView<U, 3> all) const {
    return head_of(all, heads.key, b, h / heads.group());
  }
  T* weights(Tensor<T, 4>& all) const { return all.data() + (b * heads.query + h) * queries() * keys(); }
};

/// P of one head, and M where weights are dropped.
template <std::floating_point T>
void tangent_weights(const TangentHead<T>& at, T scale, const AttentionDropout& dropout,
                     AttentionTangent<T>& t) {
  const Index queries = at.queries(), keys = at.keys();
  T* const p = at.weights(t.probabilities);
  gemm<T>(queries, keys, at.width(), scale, {at.by_query(at.x.query), at.query_stride()},
          {at.by_key(at.x.key), at.key_stride(), true}, false, p, keys);
  for (Index i = 0; i < queries; ++i) mask_scores(at.x, at.b, at.h, i, p + i * keys);
  const TensorView<T, 2> rows(p, {queries, keys});
  softmax<T>(rows, rows);
  if (dropout.probability > 0) {
    drop(p, at.weights(t.dropped), queries, keys, dropout.probability, t.kept,
         dropout.stream.substream(static_cast<std::uint64_t>(at.b * at.heads.query + at.h)));
  }
}

/// Y' of one head.
template <std::floating_point T>
void tangent_of_head(const TangentHead<T>& at, T scale, AttentionTangent<T>& t) {
  const Index queries = at.queries(), keys = at.keys(), width = at.width();
  const T* const p = at.weights(t.probabilities);
  const T* const m = t.dropped.size() == 0 ? p : at.weights(t.dropped);
  T* const s = at.weights(t.score_tangents);
  T* const dm = at.weights(t.weights);
  // S = scale Q K^T:  S' = scale (Q' K^T + Q K'^T)
  SumOfProducts<T> scores{queries, keys, s, keys};
  if (!t.query.absent())
    scores.add(width, scale, {at.by_query(t.query), at.query_stride()},
               {at.by_key(at.x.key), at.key_stride(), true});
  if (!t.key.absent())
    scores.add(width, scale, {at.by_query(at.x.query), at.query_stride()},
               {at.by_key(t.key), at.key_stride(), true});
  scores.finish();
  for (Index i = 0; i < queries; ++i) {
    // P = softmax(S):  P' = P (S' - <P, S'>); where P is 0 the key may be ignored and its S' anything
    const T* const pi = p + i * keys;
    T* const si = s + i * keys;
    T mean = 0;
    for (Index j = 0; j < keys; ++j) mean += pi[j] == T(0) ? T(0) : pi[j] * si[j];
    for (Index j = 0; j < keys; ++j) {
      si[j] = pi[j] == T(0) ? T(0) : si[j] - mean;
      // M is P times a constant
      dm[i * keys + j] = m[i * keys + j] * si[j];
    }
  }
  // Y = M V:  Y' = M' V + M V'
  SumOfProducts<T> y{queries, at.value_width(), at.by_query(t.context.view()), at.context_stride()};
  y.mix_in(keys, 1, {dm, keys}, at.by_key(at.x.value), at.value_stride());
  if (!t.value.absent()) y.mix_in(keys, 1, {m, keys}, at.by_key(t.value), at.value_stride());
}

/// `y'` of `y = attention(query, key, value)` in the direction t.query, t.key, t.value, with the masks of x
/// and the draws of the forward: t.context.
template <std::floating_point T>
void dot_attention_tangent(const AttentionInput<T>& x, HeadCounts heads, T scale,
                           const AttentionDropout& dropout, AttentionTangent<T>& t) {
  const Index batch = x.query.extent(0), queries = x.query.extent(1), keys = x.key.extent(1);
  const Index width = x.query.extent(2) / heads.query, value_width = x.value.extent(2) / heads.key;
  const Shape<4> weights{batch, heads.query, queries, keys};
  t.probabilities.resize(weights);
  t.dropped.resize(dropout.probability > 0 ? weights : Shape<4>{});
  t.score_tangents.resize(weights);
  t.weights.resize(weights);
  t.context.resize({batch, queries, heads.query * value_width});
  t.kept = static_cast<T>(1 / (1 - dropout.probability));
  parallel_for(batch * heads.query, queries * keys * (6 * width + 4 * value_width + 30), [&](Index chunk) {
    const TangentHead<T> at{x, heads, chunk / heads.query, chunk % heads.query};
    tangent_weights(at, scale, dropout, t);
    tangent_of_head(at, scale, t);
  });
}

/// Gradients of one head by S' (G, in d_scores_tangent) and by S (in d_scores), and by V' and V.
template <std::floating_point T>
void tangent_backward_to_scores(const TangentHead<T>& at, TensorView<const T, 3> d_dy,
                                TensorView<const T, 3> dy, AttentionTangent<T>& t) {
  const Index queries = at.queries(), keys = at.keys(), width = at.value_width();
  const Index stride = at.value_stride(), dy_stride = at.context_stride();
  const T* const p = at.weights(t.probabilities);
  const T* const m = t.dropped.size() == 0 ? p : at.weights(t.dropped);
  const T* const dm = at.weights(t.weights);
  T* const g = at.weights(t.d_scores_tangent);
  T* const ds = at.weights(t.d_scores);
  SumOfProducts<T> d_value{keys, width, at.by_key(t.d_value.view()), stride, at.first_of_group()};
  SumOfProducts<T> d_weights{queries, keys, ds, keys};
  if (!d_dy.absent()) {
    const T* const a = at.by_query(d_dy);
    // Y' = M' V + M V'
    SumOfProducts<T> d_tangent{keys, width, at.by_key(t.d_tangent_value.view()), stride, at.first_of_group()};
    d_tangent.add(queries, 1, {m, keys, true}, {a, dy_stride});
    d_value.add(queries, 1, {dm, keys, true}, {a, dy_stride});
    gemm<T>(queries, keys, width, 1, {a, dy_stride}, {at.by_key(at.x.value), stride, true}, false, g, keys);
    if (!t.value.absent()) d_weights.add(width, 1, {a, dy_stride}, {at.by_key(t.value), stride, true});
  }
  if (!dy.absent()) {
    const T* const a = at.by_query(dy);
    // Y = M V
    d_value.add(queries, 1, {m, keys, true}, {a, dy_stride});
    d_weights.add(width, 1, {a, dy_stride}, {at.by_key(at.x.value), stride, true});
  }
  d_weights.finish();
  const TensorView<const T, 2> weights(p, {queries, keys});
  const auto through_softmax = [&](T* d) {
    // M = kept P, or 0 where it was dropped;  P = softmax(S), and likewise P' = P (S' - <P, S'>) in S'
    for (Index i = 0; m != p && i < queries * keys; ++i) d[i] = m[i] == T(0) ? T(0) : t.kept * d[i];
    softmax_backward<T>(TensorView<const T, 2>(d, {queries, keys}), weights,
                        TensorView<T, 2>(d, {queries, keys}));
  };
  through_softmax(ds);
  if (d_dy.absent()) return;
  through_softmax(g);
  // P' = P (S' - <P, S'>) in P, and P = softmax(S): with s = S' - <P, S'>, dS += s G - P <s, G>
  const T* const s = at.weights(t.score_tangents);
  for (Index row = 0; row < queries * keys; row += keys) {
    T sum = 0;
    for (Index i = row; i < row + keys; ++i) sum += s[i] * g[i];
    for (Index i = row; i < row + keys; ++i) ds[i] += s[i] * g[i] - p[i] * sum;
  }
}

/// Gradients of one head by Q', K', Q and K, from those by S' and S.
template <std::floating_point T>
void tangent_backward_from_scores(const TangentHead<T>& at, T scale, bool by_tangent,
                                  AttentionTangent<T>& t) {
  const Index queries = at.queries(), keys = at.keys(), width = at.width();
  const Index q_stride = at.query_stride(), k_stride = at.key_stride();
  const T* const g = at.weights(t.d_scores_tangent);
  const T* const ds = at.weights(t.d_scores);
  const T *const query = at.by_query(at.x.query), *const key = at.by_key(at.x.key);
  // S = scale Q K^T
  SumOfProducts<T> d_query{queries, width, at.by_query(t.d_query.view()), q_stride};
  SumOfProducts<T> d_key{keys, width, at.by_key(t.d_key.view()), k_stride, at.first_of_group()};
  d_query.mix_in(keys, scale, {ds, keys}, key, k_stride);
  d_key.mix_in(queries, scale, {ds, keys, true}, query, q_stride);
  if (!by_tangent) return;
  // S' = scale (Q' K^T + Q K'^T)
  SumOfProducts<T> by_query{queries, width, at.by_query(t.d_tangent_query.view()), q_stride};
  SumOfProducts<T> by_key{keys, width, at.by_key(t.d_tangent_key.view()), k_stride, at.first_of_group()};
  by_query.mix_in(keys, scale, {g, keys}, key, k_stride);
  by_key.mix_in(queries, scale, {g, keys, true}, query, q_stride);
  if (!t.key.absent()) d_query.mix_in(keys, scale, {g, keys}, at.by_key(t.key), k_stride);
  if (!t.query.absent()) d_key.mix_in(queries, scale, {g, keys, true}, at.by_query(t.query), q_stride);
}

/// The gradients of `S = <d_dy, y'> + <dy, y>` by the direction (t.d_tangent_query, ...) and by the input
/// (t.d_query, ...); an absent adjoint stands for zeros, and with d_dy absent the former are not written.
template <std::floating_point T>
void dot_attention_tangent_backward(TensorView<const T, 3> d_dy, TensorView<const T, 3> dy,
                                    const AttentionInput<T>& x, HeadCounts heads, T scale,
                                    AttentionTangent<T>& t) {
  const bool by_tangent = !d_dy.absent();
  const Index batch = x.query.extent(0), queries = x.query.extent(1), keys = x.key.extent(1);
  const Index width = x.query.extent(2) / heads.query, value_width = x.value.extent(2) / heads.key;
  t.d_scores_tangent.resize(t.probabilities.shape());
  t.d_scores.resize(t.probabilities.shape());
  t.d_query.resize(x.query.shape());
  t.d_key.resize(x.key.shape());
  t.d_value.resize(x.value.shape());
  t.d_tangent_query.resize(x.query.shape());
  t.d_tangent_key.resize(x.key.shape());
  t.d_tangent_value.resize(x.value.shape());
  parallel_for(batch * heads.key, heads.group() * queries * keys * (12 * width + 12 * value_width + 30),
               [&](Index chunk) {
                 const Index from = chunk % heads.key * heads.group();
                 for (Index h = from; h < from + heads.group(); ++h) {
                   const TangentHead<T> at{x, heads, chunk / heads.key, h};
                   tangent_backward_to_scores(at, d_dy, dy, t);
                   tangent_backward_from_scores(at, scale, by_tangent, t);
                 }
               });
}

}  // namespace detail

}  // namespace rapt
