#pragma once
/// \file  Which keys a query of an attention kernel ignores.

#include <rapt/kernels/attention_problem.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

namespace rapt::detail {

/// Queries [query, query + queries) and keys [key, key + keys) of one head.
struct AttentionTile {
  Index query, queries, key, keys;
};

/// How much of a tile is ignored.
enum class TileMask { none, some, all };

/// Keys [from, to) that `before` and `after` leave to query i.
struct KeysOfQuery {
  Index from, to;
};
template <class T>
KeysOfQuery keys_of_query(const AttentionProblem<T>& p, Index i) {
  // Written so that a window as wide as the type does not overflow.
  const Index from = p.before >= 0 && i > p.before ? i - p.before : 0;
  const Index to = p.after >= 0 && p.keys - i > p.after ? i + p.after + 1 : p.keys;
  return {std::min(from, p.keys), std::max<Index>(to, 0)};
}

/// What `before` and `after` ignore of a tile that is not empty.
template <class T>
TileMask window_mask(const AttentionProblem<T>& p, const AttentionTile& t) {
  const Index last_query = t.query + t.queries - 1, last_key = t.key + t.keys - 1;
  if (p.after >= 0 && t.key - last_query > p.after) return TileMask::all;
  if (p.before >= 0 && t.query - last_key > p.before) return TileMask::all;
  if (p.after >= 0 && last_key - t.query > p.after) return TileMask::some;
  if (p.before >= 0 && last_query - t.key > p.before) return TileMask::some;
  return TileMask::none;
}

/// What the padding of sample b ignores of a tile.
template <class T>
TileMask padding_mask(const AttentionProblem<T>& p, Index b, const AttentionTile& t) {
  if (p.key_padding_mask == nullptr) return TileMask::none;
  const bool* const padded = p.key_padding_mask + b * p.keys + t.key;
  const Index count = std::count(padded, padded + t.keys, true);
  return count == 0 ? TileMask::none : count == t.keys ? TileMask::all : TileMask::some;
}

/// What attn_mask ignores of a tile.
template <class T>
TileMask given_mask(const AttentionProblem<T>& p, const AttentionTile& t) {
  if (p.attn_mask == nullptr) return TileMask::none;
  // Eight at a time: this is read for every head.
  std::uint64_t any = 0, all = 0x0101010101010101u;
  for (Index i = 0; i < t.queries; ++i) {
    const bool* const row = p.attn_mask + (t.query + i) * p.keys + t.key;
    Index j = 0;
    for (; j + 8 <= t.keys; j += 8) {
      std::uint64_t eight;
      std::memcpy(&eight, row + j, 8);
      any |= eight;
      all &= eight;
    }
    for (; j < t.keys; ++j) {
      any |= row[j] ? 1u : 0u;
      if (!row[j]) all = 0;
    }
  }
  return any == 0 ? TileMask::none : all == 0x0101010101010101u ? TileMask::all : TileMask::some;
}

/// Whether any key may be ignored by a query: then NaN must be told apart from NaN that nobody reads.
template <class T>
bool may_ignore(const AttentionProblem<T>& p) {
  return p.key_padding_mask != nullptr || p.attn_mask != nullptr || p.bias != nullptr || p.before >= 0 ||
         p.after >= 0;
}

/// Whether one of the masks ignores key j of query i, which `before` and `after` leave to it.
template <class T>
bool ignored_key(const AttentionProblem<T>& p, Index b, Index i, Index j) {
  return (p.key_padding_mask != nullptr && p.key_padding_mask[b * p.keys + j]) ||
         (p.attn_mask != nullptr && p.attn_mask[i * p.keys + j]) ||
         (p.bias != nullptr && p.bias[i * p.keys + j] == -std::numeric_limits<T>::infinity());
}

/// What is added to the score of key j of query i in head h.
template <class T>
T added_to_score(const AttentionProblem<T>& p, Index h, Index i, Index j) {
  const T bias = p.bias == nullptr ? T(0) : p.bias[i * p.keys + j];
  if (p.alibi_slopes == nullptr) return bias;
  return bias - p.alibi_slopes[h] * static_cast<T>(std::abs(i - j));
}

}  // namespace rapt::detail
