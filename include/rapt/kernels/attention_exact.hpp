#pragma once
/// \file  Attention number by number, for heads that hold NaN or infinity where masks may ignore them.

#include <rapt/kernels/attention_mask.hpp>
#include <rapt/kernels/attention_problem.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace rapt::detail {

/// One head as the functions below read it: rows of one sample, and what may be read of them.
template <class T>
struct ExactHead {
  const AttentionProblem<T>& p;
  Index b, h;
  const T *query, *key, *value;
  RandomStream stream;
  std::uint32_t drop_threshold;
  T kept;

  ExactHead(const AttentionProblem<T>& problem, Index sample, Index head)
      : p(problem), b(sample), h(head), query(p.query.head(b, h, p.width)) {
    const Index key_head = h / (p.heads / p.key_heads);
    key = p.key.head(b, key_head, p.width);
    value = p.value.head(b, key_head, p.value_width);
    stream = p.stream.substream(static_cast<std::uint64_t>(b * p.heads + h));
    drop_threshold = attention_drop_threshold(p.dropout);
    kept = static_cast<T>(1 / (1 - p.dropout));
  }

  /// Calls use(j, score) for each key that query i sees in [from, to); scores are in units of log(2).
  template <class Use>
  void for_each_score(Index i, Index from, Index to, Use&& use) const {
    const auto range = keys_of_query(p, i);
    for (Index j = std::max(range.from, from); j < std::min(range.to, to); ++j) {
      if (ignored_key(p, b, i, j)) continue;
      const T score = p.scale * dot(query + i * p.query.row, key + j * p.key.row, p.width);
      use(j, in_units_of_log_2(score + added_to_score(p, h, i, j)));
    }
  }
  /// A finite score stays finite.
  static T in_units_of_log_2(T score) {
    constexpr T least = std::numeric_limits<T>::lowest() / 2;
    const T x = score * std::numbers::log2e_v<T>;
    return x < least && score >= std::numeric_limits<T>::lowest() ? least : x;
  }
  /// What dropout multiplies weight (i, j) by.
  T factor(Index i, Index j) const {
    if (p.dropout == 0) return T(1);
    return attention_word(stream, p.keys, i, j) < drop_threshold ? T(0) : kept;
  }
  static T dot(const T* a, const T* b, Index n) {
    T sum = 0;
    for (Index d = 0; d < n; ++d) sum += a[d] * b[d];
    return sum;
  }
  static void add(T factor, const T* from, Index n, T* to) {
    for (Index d = 0; d < n; ++d) to[d] += factor * from[d];
  }
};

/// y and normaliser of queries [query, query + queries) of one head.
template <class T>
void exact_forward(const AttentionProblem<T>& p, Index b, Index h, Index query, Index queries,
                   AttentionHeads<T> y, T* normaliser) {
  const ExactHead<T> head(p, b, h);
  for (Index i = query; i < query + queries; ++i) {
    T* const out = y.head(b, h, p.value_width) + i * y.row;
    std::fill_n(out, p.value_width, T(0));
    T top = -std::numeric_limits<T>::infinity(), sum = 0;
    head.for_each_score(i, 0, p.keys, [&](Index, T score) { top = score > top ? score : top; });
    const T base = top == -std::numeric_limits<T>::infinity() ? T(0) : top;
    head.for_each_score(i, 0, p.keys, [&](Index j, T score) {
      const T weight = std::exp2(score - base), mixed = weight * head.factor(i, j);
      sum += weight;
      if (mixed != T(0)) head.add(mixed, head.value + j * p.value.row, p.value_width, out);
    });
    if (sum != T(0)) {
      for (Index d = 0; d < p.value_width; ++d) out[d] /= sum;
    }
    T* const kept = normaliser + (b * p.heads + h) * p.queries + i;
    *kept = top;
    kept[p.batch * p.heads * p.queries] = std::log2(sum);
  }
}

/// Gradients of keys and values [from, to) of one key head, and what these keys add to those of the queries;
/// all three overwrite.
template <class T>
void exact_backward(const AttentionProblem<T>& p, Index b, Index key_head, Index from, Index to,
                    AttentionHeads<const T> y, const T* normaliser, AttentionHeads<const T> dy,
                    AttentionHeads<T> d_query, AttentionHeads<T> d_key, AttentionHeads<T> d_value) {
  T* const dk = d_key.head(b, key_head, p.width);
  T* const dv = d_value.head(b, key_head, p.value_width);
  for (Index j = from; j < to; ++j) {
    std::fill_n(dk + j * d_key.row, p.width, T(0));
    std::fill_n(dv + j * d_value.row, p.value_width, T(0));
  }
  const Index group = p.heads / p.key_heads;
  for (Index h = key_head * group; h < (key_head + 1) * group; ++h) {
    const ExactHead<T> head(p, b, h);
    for (Index i = 0; i < p.queries; ++i) {
      T* const dq = d_query.head(b, h, p.width) + i * d_query.row;
      std::fill_n(dq, p.width, T(0));
      const T* const kept = normaliser + (b * p.heads + h) * p.queries + i;
      const T top = *kept, log_sum = kept[p.batch * p.heads * p.queries];
      if (top == -std::numeric_limits<T>::infinity()) continue;
      const T* const dout = dy.head(b, h, p.value_width) + i * dy.row;
      const T mean = head.dot(dout, y.head(b, h, p.value_width) + i * y.row, p.value_width);
      head.for_each_score(i, from, to, [&](Index j, T score) {
        const T weight = std::exp2((score - top) - log_sum), factor = head.factor(i, j);
        if (weight == T(0)) return;
        T d_weight = 0;
        if (factor != T(0)) {
          head.add(weight * factor, dout, p.value_width, dv + j * d_value.row);
          d_weight = factor * head.dot(dout, head.value + j * p.value.row, p.value_width);
        }
        const T d_score = p.scale * weight * (d_weight - mean);
        if (d_score == T(0)) return;
        head.add(d_score, head.key + j * p.key.row, p.width, dq);
        head.add(d_score, head.query + i * p.query.row, p.width, dk + j * d_key.row);
      });
    }
  }
}

}  // namespace rapt::detail
