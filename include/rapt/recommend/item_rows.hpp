#pragma once
/// \file  Lists of item ids of varying length: the profiles that a recommender scores.

#include <rapt/core/checked.hpp>

#include <cassert>
#include <span>
#include <vector>

namespace rapt {

/// Borrowed rows of item ids in compressed form: row r is items[offsets[r]] ... items[offsets[r + 1] - 1].
/// \borrows both spans
struct ItemRows {
  std::span<const Index> offsets;  // one more than rows
  std::span<const Index> items;

  Index size() const { return offsets.empty() ? 0 : static_cast<Index>(offsets.size()) - 1; }
  std::span<const Index> operator[](Index row) const {
    assert(row >= 0 && row < size());
    const auto r = static_cast<std::size_t>(row);
    return items.subspan(static_cast<std::size_t>(offsets[r]),
                         static_cast<std::size_t>(offsets[r + 1] - offsets[r]));
  }
  /// Rows [from, to). O(1).
  ItemRows slice(Index from, Index to) const {
    assert(0 <= from && from <= to && to <= size());
    return {offsets.subspan(static_cast<std::size_t>(from), static_cast<std::size_t>(to - from) + 1), items};
  }
  /// Number of ids in all rows.
  Index count() const { return offsets.empty() ? 0 : offsets.back() - offsets.front(); }
};

/// Owner of such rows, filled one row at a time.
class ItemRowsBuffer {
 public:
  void clear() {
    offsets_.assign(1, 0);
    items_.clear();
  }
  void append(std::span<const Index> row) {
    items_.insert(items_.end(), row.begin(), row.end());
    offsets_.push_back(static_cast<Index>(items_.size()));
  }
  ItemRows rows() const { return {offsets_, items_}; }

 private:
  std::vector<Index> offsets_{0};
  std::vector<Index> items_;
};

}  // namespace rapt
