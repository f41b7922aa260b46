#pragma once
/// \file  Which rows of a row table a gradient has written to.

#include <rapt/core/shape.hpp>

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <span>
#include <vector>

namespace rapt {

/// Set of row numbers in the order of their first touch; what makes sparse gradients sparse.
///
/// A layer whose gradient touches few rows (Embedding, EmbeddingBag) carries one as its member `touched`.
/// Only the gradient's list is ever filled: `backward` marks, `set_zero(gradient, Rows::touched)` and lazy
/// optimisers read.
class TouchedRows {
 public:
  /// Adds `row` of a table of `limit` rows, unless it is there already; 0 <= row < limit is the caller's to
  /// check. Allocates the first time only.
  void mark(Index row, Index limit) {
    assert(0 <= row && row < limit);
    const auto n = static_cast<std::size_t>(limit);
    // A copy takes over the marks but not the room.
    if (seen_.size() < n || rows_.capacity() < n) {
      seen_.resize(std::max(n, seen_.size()), 0);
      rows_.reserve(n);
    }
    char& seen = seen_[static_cast<std::size_t>(row)];
    if (seen != 0) return;
    seen = 1;
    rows_.push_back(row);
  }
  std::span<const Index> rows() const { return rows_; }
  void clear() {
    for (const Index row : rows_) seen_[static_cast<std::size_t>(row)] = 0;
    rows_.clear();
  }

 private:
  std::vector<Index> rows_;
  std::vector<char> seen_;
};

/// Which rows of row tables a function visits: all of them, or only those that the gradient has touched.
enum class Rows { all, touched };

}  // namespace rapt
