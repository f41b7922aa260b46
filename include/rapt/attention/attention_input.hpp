#pragma once
/// \file  What attention layers read: queries, keys, values and every mask.

#include <rapt/core/tensor.hpp>

#include <algorithm>
#include <concepts>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>

namespace rapt {

/// Which attention weights the cache keeps for the caller: none, their mean over the heads, or each head's.
/// With none, attention by dot products never holds the weights, and its memory grows with the length only.
enum class NeedWeights { none, averaged, per_head };

/// Input of every attention layer; all masks may be combined. Masks mean what they mean in PyTorch: true is
/// *ignored*, numbers are added to the scores.
///
/// \shape   query (B, Lq, E), key (B, Lk, Ek), value (B, Lk, Ev)
/// \borrows every view until the matching backward
/// \note    Key j of a query i is ignored where any mask says so; a `bias` of -infinity ignores it too.
///          What a query ignores does not reach its output or any gradient, be it NaN. A query that sees no
///          key gets output 0 and gradient 0. `bias` and `alibi_slopes` are masks, not parameters: they get
///          no gradient.
template <std::floating_point T>
struct AttentionInput {
  static constexpr Index no_window = -1;

  TensorView<const T, 3> query{}, key{}, value{};
  TensorView<const bool, 2> key_padding_mask{};  // (B, Lk) or absent
  TensorView<const bool, 2> attn_mask{};         // (Lq, Lk) or absent
  TensorView<const T, 2> bias{};                 // (Lq, Lk) or absent: added to the scores
  TensorView<const T, 1> alibi_slopes{};         // (H) or absent: head h loses slope_h |i - j|
  bool causal = false;                           // ignores keys j > i
  Index window = no_window;                      // ignores keys with |i - j| > window
  NeedWeights need_weights = NeedWeights::none;
  static constexpr auto tensors =
      std::tuple{&AttentionInput::query, &AttentionInput::key, &AttentionInput::value};
};

namespace detail {

/// Throws unless all parts of the input fit each other, the widths given (`any` fits all) and the heads.
template <std::floating_point T>
void check_attention_input(std::string_view where, const AttentionInput<T>& x, Index query_width,
                           Index key_width, Index value_width, Index heads = 1) {
  expect_shape(where, "query", x.query.shape(), {any, any, query_width});
  const Index batch = x.query.extent(0), queries = x.query.extent(1), keys = x.key.extent(1);
  expect_shape(where, "key", x.key.shape(), {batch, any, key_width});
  expect_shape(where, "value", x.value.shape(), {batch, keys, value_width});
  if (!x.key_padding_mask.absent())
    expect_shape(where, "key_padding_mask", x.key_padding_mask.shape(), {batch, keys});
  if (!x.attn_mask.absent()) expect_shape(where, "attn_mask", x.attn_mask.shape(), {queries, keys});
  if (!x.bias.absent()) expect_shape(where, "bias", x.bias.shape(), {queries, keys});
  if (!x.alibi_slopes.absent()) expect_shape(where, "alibi_slopes", x.alibi_slopes.shape(), {heads});
  if (x.window < AttentionInput<T>::no_window) {
    throw std::invalid_argument(std::string(where) + ": window is " + std::to_string(x.window) +
                                ", expected a distance of at least 0 or no_window");
  }
}

/// Keys [from, to) that causal and window leave to one query.
struct KeyRange {
  Index from, to;
};
template <std::floating_point T>
KeyRange key_range(const AttentionInput<T>& x, Index query) {
  KeyRange range{0, x.value.extent(1)};
  if (x.causal) range.to = std::min(range.to, query + 1);
  if (x.window != AttentionInput<T>::no_window) {
    // Written so that a window as wide as the type does not overflow.
    if (query > x.window) range.from = std::min(query - x.window, range.to);
    if (range.to - query > x.window) range.to = query + x.window + 1;
  }
  return range;
}

/// Whether one of the masks given as tensors ignores key j of query i.
template <std::floating_point T>
bool ignored(const AttentionInput<T>& x, Index b, Index i, Index j) {
  return (!x.key_padding_mask.absent() && x.key_padding_mask(b, j)) ||
         (!x.attn_mask.absent() && x.attn_mask(i, j)) ||
         (!x.bias.absent() && x.bias(i, j) == -std::numeric_limits<T>::infinity());
}

/// Adds bias and ALiBi to the scores of one query of head h, and puts -infinity where the key is ignored.
template <std::floating_point T>
void mask_scores(const AttentionInput<T>& x, Index b, Index h, Index i, T* scores) {
  constexpr T never = -std::numeric_limits<T>::infinity();
  const auto [from, to] = key_range(x, i);
  std::fill(scores, scores + from, never);
  std::fill(scores + to, scores + x.value.extent(1), never);
  if (!x.alibi_slopes.absent()) {
    const T slope = x.alibi_slopes(h);
    for (Index j = from; j < to; ++j) scores[j] -= slope * static_cast<T>(i < j ? j - i : i - j);
  }
  if (x.key_padding_mask.absent() && x.attn_mask.absent() && x.bias.absent()) return;
  for (Index j = from; j < to; ++j) {
    if (ignored(x, b, i, j)) {
      scores[j] = never;
    } else if (!x.bias.absent()) {
      scores[j] += x.bias(i, j);
    }
  }
}

/// Whether any query of the sample sees key j.
template <std::floating_point T>
bool seen(const AttentionInput<T>& x, Index b, Index j) {
  const Index queries = x.query.extent(1);
  if (queries == 0 || (!x.key_padding_mask.absent() && x.key_padding_mask(b, j))) return false;
  const auto sees = [&](Index i) {
    const auto [from, to] = key_range(x, i);
    return from <= j && j < to && !ignored(x, b, i, j);
  };
  // No query is nearer: where it does not see the key, only a mask given as tensor can let another one.
  const Index nearest = std::min(j, queries - 1);
  if (sees(nearest)) return true;
  if (x.attn_mask.absent() && x.bias.absent()) return false;
  for (Index i = 0; i < queries; ++i) {
    if (sees(i)) return true;
  }
  return false;
}

/// Keys or values as they may enter a product with trained weights: a row that no query sees is 0 in a copy,
/// lest a NaN there reach the gradient of the weights as 0 * NaN. Where all are seen it is `rows` itself.
template <std::floating_point T>
TensorView<const T, 3> without_unseen(const AttentionInput<T>& x, TensorView<const T, 3> rows,
                                      Tensor<T, 3>& copy) {
  bool copied = false;
  for (Index b = 0; b < rows.extent(0); ++b) {
    for (Index j = 0; j < rows.extent(1); ++j) {
      if (seen(x, b, j)) continue;
      if (!copied) copy.copy_from(rows);
      copied = true;
      std::fill_n(copy.data() + (b * rows.extent(1) + j) * rows.extent(2), rows.extent(2), T(0));
    }
  }
  return copied ? TensorView<const T, 3>(copy) : rows;
}

}  // namespace detail

}  // namespace rapt
