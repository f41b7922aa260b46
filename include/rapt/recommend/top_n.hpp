#pragma once
/// \file  The best items of a row of scores.

#include <rapt/core/shape.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <vector>

namespace rapt {

/// An item and its score.
struct ScoredItem {
  Index item = 0;
  float score = 0;
  bool operator==(const ScoredItem&) const = default;
};

/// The n best items by score, best first, equal scores by lower id; none of `excluded`, and none whose score
/// is NaN or minus infinity, so the list may be shorter than n.
/// \param excluded  ascending item ids (what the user has already)
/// \param best      receives the list; its capacity is reused
/// \cost  one pass over the scores and n log n for what enters the list
inline void top_n(std::span<const float> scores, std::span<const Index> excluded, Index n,
                  std::vector<ScoredItem>& best) {
  const auto better = [](const ScoredItem& a, const ScoredItem& b) {
    return a.score != b.score ? a.score > b.score : a.item < b.item;
  };
  best.clear();
  if (n <= 0) return;
  auto barred = excluded.begin();
  const auto count = static_cast<Index>(scores.size());
  for (Index item = 0; item < count; ++item) {
    while (barred != excluded.end() && *barred < item) ++barred;
    if (barred != excluded.end() && *barred == item) continue;
    const float score = scores[static_cast<std::size_t>(item)];
    // The negated comparison also keeps NaN out of the heap, whose order it would break.
    if (!(score > -std::numeric_limits<float>::infinity())) continue;
    const ScoredItem candidate{item, score};
    if (static_cast<Index>(best.size()) < n) {
      best.push_back(candidate);
      std::push_heap(best.begin(), best.end(), better);  // the worst on top
    } else if (better(candidate, best.front())) {
      std::pop_heap(best.begin(), best.end(), better);
      best.back() = candidate;
      std::push_heap(best.begin(), best.end(), better);
    }
  }
  std::sort_heap(best.begin(), best.end(), better);
}

}  // namespace rapt
