#pragma once
/// \file  What an attention kernel is given: pointers, strides, masks.

#include <rapt/core/random.hpp>
#include <rapt/core/shape.hpp>

#include <cstdint>

namespace rapt {

/// Heads side by side in rows, read in place: element (b, l, h, d) lies at
/// `data[b * batch + l * row + h * width + d]`, width being that of one head.
template <class T>
struct AttentionHeads {
  T* data = nullptr;
  Index batch = 0, row = 0;  // elements from one sample, and from one position, to the next

  T* head(Index b, Index h, Index width) const {
    return data == nullptr ? data : data + b * batch + h * width;
  }
};

/// One call of attention by dot products, for all samples and heads:
/// `y_i = sum_j dropout(softmax_j(scale q_i . k_j + bias_ij - slope_h |i - j|)) v_j`.
///
/// Query head h reads key and value head `h / (heads / key_heads)`. Key j of query i takes no part where one
/// of the masks says so, and is then never read into a result, be it NaN.
template <class T>
struct AttentionProblem {
  Index batch = 0, heads = 1, key_heads = 1;  // key_heads divides heads
  Index queries = 0, keys = 0;
  Index width = 0, value_width = 0;  // of one head
  T scale = 1;
  AttentionHeads<const T> query, key, value;
  const bool* key_padding_mask = nullptr;  // (batch, keys), true is ignored; or null
  const bool* attn_mask = nullptr;         // (queries, keys), true is ignored; or null
  const T* bias = nullptr;                 // (queries, keys), added to the scores, -infinity ignores; or null
  const T* alibi_slopes = nullptr;         // (heads); or null
  Index before = -1, after = -1;           // ignores keys j < i - before and j > i + after; -1: none for that
  double dropout = 0;                      // probability that a weight is dropped
  RandomStream stream;                     // of the dropout: see attention_word
};

/// The random word that decides on weight (i, j) of one head: the weight is dropped where the word is less
/// than dropout * 2^32. A function of head and position alone, so that any kernel draws the same in any
/// order.
///
/// Word `j % 4` of block `i * ceil(keys / 4) + j / 4` of the head's stream, which is
/// `stream.substream(b * heads + h)`.
inline std::uint32_t attention_word(const RandomStream& of_head, Index keys, Index i, Index j) {
  const auto block = static_cast<std::uint64_t>(i * ((keys + 3) / 4) + j / 4);
  return of_head.words(block)[static_cast<std::size_t>(j % 4)];
}

/// Words below it drop their weight.
inline std::uint32_t attention_drop_threshold(double dropout) {
  const double words = dropout * 0x1p32;
  return words >= 4294967295.0 ? 0xffffffffu : static_cast<std::uint32_t>(words);
}

}  // namespace rapt
