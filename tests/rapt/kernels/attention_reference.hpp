#pragma once
// Problems for the attention kernels and their solution in long double.

#include <rapt/core/random.hpp>
#include <rapt/kernels/attention.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <numbers>
#include <vector>

namespace rapt_test {

using rapt::Index;

struct AttentionShape {
  Index batch = 1, heads = 1, key_heads = 1, queries = 1, keys = 1, width = 1, value_width = 1;
};

template <class T>
struct AttentionResults {
  std::vector<T> y, normaliser, d_query, d_key, d_value;
  bool operator==(const AttentionResults&) const = default;
  /// The normaliser's two numbers of each query as the one that mathematics knows.
  std::vector<T> log_sum_exp() const {
    const std::size_t half = normaliser.size() / 2;
    std::vector<T> all(half);
    for (std::size_t i = 0; i < half; ++i)
      all[i] = (normaliser[i] + normaliser[half + i]) * std::numbers::ln2_v<T>;
    return all;
  }
};

/// Operands with gaps between their rows, and masks as asked.
template <class T>
struct KernelAttentionData {
  AttentionShape s;
  Index gap = 0;
  std::vector<T> query, key, value, dy, bias, slopes;
  std::unique_ptr<bool[]> padding, mask;
  Index before = -1, after = -1;
  double dropout = 0;

  explicit KernelAttentionData(AttentionShape shape, Index row_gap = 0, std::uint64_t seed = 1)
      : s(shape), gap(row_gap), random(seed) {
    query = rows(s.queries, s.heads * s.width);
    key = rows(s.keys, s.key_heads * s.width);
    value = rows(s.keys, s.key_heads * s.value_width);
    dy = rows(s.queries, s.heads * s.value_width);
  }
  std::vector<T> rows(Index length, Index width) {
    std::vector<T> all(static_cast<std::size_t>(s.batch * length * (width + gap)));
    for (T& x : all) x = rapt::normal<T>(random);
    return all;
  }
  KernelAttentionData copy() const {
    KernelAttentionData other(s, gap);
    other.query = query;
    other.key = key;
    other.value = value;
    other.dy = dy;
    other.bias = bias;
    other.slopes = slopes;
    other.before = before;
    other.after = after;
    other.dropout = dropout;
    if (padding != nullptr) {
      other.pad(0);
      std::copy_n(padding.get(), s.batch * s.keys, other.padding.get());
    }
    if (mask != nullptr) {
      other.ignore(0);
      std::copy_n(mask.get(), s.queries * s.keys, other.mask.get());
    }
    return other;
  }
  bool chance(double p) { return rapt::uniform<double>(random) < p; }
  void pad(double share) {
    padding = std::make_unique<bool[]>(static_cast<std::size_t>(s.batch * s.keys));
    for (Index j = 0; j < s.batch * s.keys; ++j) padding[static_cast<std::size_t>(j)] = chance(share);
  }
  void ignore(double share) {
    mask = std::make_unique<bool[]>(static_cast<std::size_t>(s.queries * s.keys));
    for (Index n = 0; n < s.queries * s.keys; ++n) mask[static_cast<std::size_t>(n)] = chance(share);
  }
  void add_bias(double never) {
    bias.resize(static_cast<std::size_t>(s.queries * s.keys));
    for (T& x : bias) x = chance(never) ? -std::numeric_limits<T>::infinity() : rapt::normal<T>(random);
  }
  void add_slopes() {
    slopes.resize(static_cast<std::size_t>(s.heads));
    for (std::size_t h = 0; h < slopes.size(); ++h) slopes[h] = T(0.0625) / static_cast<T>(1 << h);
  }

  rapt::AttentionHeads<const T> heads(const std::vector<T>& from, Index length, Index width) const {
    return {from.data(), length * (width + gap), width + gap};
  }
  rapt::AttentionHeads<T> heads(std::vector<T>& to, Index length, Index width) const {
    to.assign(static_cast<std::size_t>(s.batch * length * (width + gap)), T(99));
    return {to.data(), length * (width + gap), width + gap};
  }
  rapt::AttentionProblem<T> problem() const {
    rapt::AttentionProblem<T> p;
    p.batch = s.batch;
    p.heads = s.heads;
    p.key_heads = s.key_heads;
    p.queries = s.queries;
    p.keys = s.keys;
    p.width = s.width;
    p.value_width = s.value_width;
    p.scale = T(1) / std::sqrt(static_cast<T>(std::max<Index>(s.width, 1)));
    p.query = heads(query, s.queries, s.heads * s.width);
    p.key = heads(key, s.keys, s.key_heads * s.width);
    p.value = heads(value, s.keys, s.key_heads * s.value_width);
    p.key_padding_mask = padding.get();
    p.attn_mask = mask.get();
    p.bias = bias.empty() ? nullptr : bias.data();
    p.alibi_slopes = slopes.empty() ? nullptr : slopes.data();
    p.before = before;
    p.after = after;
    p.dropout = dropout;
    p.stream = rapt::RandomStream(17);
    return p;
  }
  AttentionResults<T> run() const {
    AttentionResults<T> r;
    const auto p = problem();
    const Index row = s.heads * s.value_width;
    const auto y = heads(r.y, s.queries, row);
    r.normaliser.assign(static_cast<std::size_t>(2 * s.batch * s.heads * s.queries), T(99));
    rapt::attention_forward<T>(p, y, r.normaliser.data());
    const auto d_query = heads(r.d_query, s.queries, s.heads * s.width);
    const auto d_key = heads(r.d_key, s.keys, s.key_heads * s.width);
    const auto d_value = heads(r.d_value, s.keys, s.key_heads * s.value_width);
    std::vector<T> partial;
    rapt::attention_backward<T>(p, {y.data, y.batch, y.row}, r.normaliser.data(), heads(dy, s.queries, row),
                                d_query, d_key, d_value, partial);
    return r;
  }

 private:
  rapt::RandomStream random;
};

/// The definition, score by score; the gaps between rows hold 99 as `run` leaves them.
template <class T>
class AttentionReference {
 public:
  explicit AttentionReference(const KernelAttentionData<T>& data)
      : p_(data.problem()), dy_(data.heads(data.dy, p_.queries, p_.heads * p_.value_width)) {
    y_ = data.heads(r.y, p_.queries, p_.heads * p_.value_width);
    d_query_ = data.heads(r.d_query, p_.queries, p_.heads * p_.width);
    d_key_ = data.heads(r.d_key, p_.keys, p_.key_heads * p_.width);
    d_value_ = data.heads(r.d_value, p_.keys, p_.key_heads * p_.value_width);
    d_key.assign(r.d_key.size(), 0);
    d_value.assign(r.d_value.size(), 0);
    for (Index b = 0; b < p_.batch; ++b) {
      for (Index h = 0; h < p_.heads; ++h) {
        for (Index i = 0; i < p_.queries; ++i) row(b, h, i);
      }
    }
    finish(d_key_, d_key, p_.width);
    finish(d_value_, d_value, p_.value_width);
    r.normaliser.insert(r.normaliser.end(), log_sums_.begin(), log_sums_.end());
  }
  AttentionResults<T> r;

 private:
  std::vector<T> log_sums_;
  bool sees(Index b, Index i, Index j) const {
    if (p_.after >= 0 && j > i + p_.after) return false;
    if (p_.before >= 0 && j < i - p_.before) return false;
    if (p_.key_padding_mask != nullptr && p_.key_padding_mask[b * p_.keys + j]) return false;
    if (p_.attn_mask != nullptr && p_.attn_mask[i * p_.keys + j]) return false;
    return p_.bias == nullptr || p_.bias[i * p_.keys + j] != -std::numeric_limits<T>::infinity();
  }
  void row(Index b, Index h, Index i) {
    const Index kh = h / (p_.heads / p_.key_heads);
    const T* const q = p_.query.head(b, h, p_.width) + i * p_.query.row;
    const T* const dy = dy_.head(b, h, p_.value_width) + i * dy_.row;
    const auto stream = p_.stream.substream(static_cast<std::uint64_t>(b * p_.heads + h));
    std::vector<long double> weight(static_cast<std::size_t>(p_.keys)), factor(weight);
    std::vector<Index> seen;
    long double top = -std::numeric_limits<long double>::infinity(), sum = 0;
    for (Index j = 0; j < p_.keys; ++j) {
      if (!sees(b, i, j)) continue;
      seen.push_back(j);
      const auto at = static_cast<std::size_t>(j);
      long double score = 0;
      for (Index d = 0; d < p_.width; ++d)
        score += static_cast<long double>(q[d]) * (p_.key.head(b, kh, p_.width) + j * p_.key.row)[d];
      score *= p_.scale;
      if (p_.bias != nullptr) score += p_.bias[i * p_.keys + j];
      if (p_.alibi_slopes != nullptr) score -= static_cast<long double>(p_.alibi_slopes[h]) * std::abs(i - j);
      weight[at] = score;
      top = std::max(top, score);
      const bool drops =
          rapt::attention_word(stream, p_.keys, i, j) < rapt::attention_drop_threshold(p_.dropout);
      factor[at] = p_.dropout > 0 && drops ? 0 : 1 / (1 - static_cast<long double>(p_.dropout));
    }
    for (const Index j : seen) {
      long double& w = weight[static_cast<std::size_t>(j)];
      w = std::exp(w - top);
      sum += w;
    }
    r.normaliser.push_back(static_cast<T>(top * std::numbers::log2e_v<long double>));
    log_sums_.push_back(static_cast<T>(std::log2(sum)));
    std::vector<long double> y(static_cast<std::size_t>(p_.value_width)),
        d_query(static_cast<std::size_t>(p_.width)), d_weight(weight.size());
    long double mean = 0;
    for (const Index j : seen) {
      const auto at = static_cast<std::size_t>(j);
      weight[at] /= sum;
      const T* const v = p_.value.head(b, kh, p_.value_width) + j * p_.value.row;
      for (Index d = 0; d < p_.value_width; ++d) {
        const auto e = static_cast<std::size_t>(d);
        y[e] += weight[at] * factor[at] * v[d];
        d_weight[at] += factor[at] * dy[d] * v[d];
        d_value[static_cast<std::size_t>((d_value_.head(b, kh, p_.value_width) - d_value_.data) +
                                         j * d_value_.row + d)] += weight[at] * factor[at] * dy[d];
      }
      mean += weight[at] * d_weight[at];
    }
    for (const Index j : seen) {
      const auto at = static_cast<std::size_t>(j);
      const long double ds = p_.scale * weight[at] * (d_weight[at] - mean);
      for (Index d = 0; d < p_.width; ++d) {
        d_query[static_cast<std::size_t>(d)] += ds * (p_.key.head(b, kh, p_.width) + j * p_.key.row)[d];
        d_key[static_cast<std::size_t>((d_key_.head(b, kh, p_.width) - d_key_.data) + j * d_key_.row + d)] +=
            ds * q[d];
      }
    }
    for (Index d = 0; d < p_.value_width; ++d)
      (y_.head(b, h, p_.value_width) + i * y_.row)[d] = static_cast<T>(y[static_cast<std::size_t>(d)]);
    for (Index d = 0; d < p_.width; ++d)
      (d_query_.head(b, h, p_.width) + i * d_query_.row)[d] =
          static_cast<T>(d_query[static_cast<std::size_t>(d)]);
  }
  void finish(rapt::AttentionHeads<T> to, const std::vector<long double>& from, Index width) {
    for (Index b = 0; b < p_.batch; ++b) {
      for (Index j = 0; j < p_.keys; ++j) {
        const Index at = b * to.batch + j * to.row;
        for (Index d = 0; d < p_.key_heads * width; ++d)
          to.data[at + d] = static_cast<T>(from[static_cast<std::size_t>(at + d)]);
      }
    }
  }
  rapt::AttentionProblem<T> p_;
  rapt::AttentionHeads<const T> dy_;
  rapt::AttentionHeads<T> y_, d_query_, d_key_, d_value_;
  std::vector<long double> d_key, d_value;
};

/// Largest difference; two infinities of one sign agree, NaN and anything else do not.
template <class T>
double largest_difference(const std::vector<T>& a, const std::vector<T>& b) {
  if (a.size() != b.size()) return std::numeric_limits<double>::infinity();
  double worst = 0;
  for (std::size_t n = 0; n < a.size(); ++n) {
    if (a[n] == b[n]) continue;
    const double difference = std::abs(static_cast<double>(a[n]) - static_cast<double>(b[n]));
    if (!(difference <= 1e300)) return std::numeric_limits<double>::infinity();
    worst = std::max(worst, difference);
  }
  return worst;
}

}  // namespace rapt_test
