#pragma once
/// \file  The best items of a row of scores, ties at the end of the list as published studies leave them.

#include <rapt/recommend/top_n.hpp>

#include <utility>

namespace rapt {

namespace detail {

/// Moves the n best to the front by Hoare's quickselect with the median of three as pivot (Hoare 1961;
/// Sedgewick 1978). False where it made no headway in 2 log2(size) rounds.
inline bool quickselect_best(std::vector<ScoredItem>& v, Index n) {
  const auto at = [&v](Index k) -> ScoredItem& { return v[static_cast<std::size_t>(k)]; };
  const auto before = [&at](Index a, Index b) { return at(a).score > at(b).score; };
  Index low = 0, high = static_cast<Index>(v.size()) - 1;
  const Index last = n - 1;
  int rounds = 0;
  for (auto size = v.size(); size > 1; size /= 2) rounds += 2;
  while (low + 1 < high) {
    if (rounds-- == 0) return false;
    // The median goes to low; the other two stand as sentinels at low + 1 and high.
    const Index middle = low + (high - low) / 2;
    if (before(high, middle)) std::swap(at(high), at(middle));
    if (before(high, low)) std::swap(at(high), at(low));
    if (before(low, middle)) std::swap(at(low), at(middle));
    std::swap(at(middle), at(low + 1));
    Index left = low + 1, right = high;
    for (;;) {
      do ++left;
      while (before(left, low));
      do --right;
      while (before(low, right));
      if (right < left) break;
      std::swap(at(left), at(right));
    }
    std::swap(at(low), at(right));
    if (right >= last) high = right - 1;
    if (right <= last) low = left;
  }
  if (high == low + 1 && before(high, low)) std::swap(at(high), at(low));
  return true;
}

}  // namespace detail

/// As top_n, but which of several equal scores enter the list at its end is left to a quickselect, as in the
/// common studies, whose evaluators call NumPy's argpartition: popularity has many ties, and its published
/// figures cannot be had with ties by id. Within the list equal scores stand by lower id. Deterministic in
/// the scores. \param best  receives the list; its capacity is reused
inline void top_n_by_partition(std::span<const float> scores, std::span<const Index> excluded, Index n,
                               std::vector<ScoredItem>& best) {
  constexpr float barred = -std::numeric_limits<float>::infinity();
  best.clear();
  for (std::size_t item = 0; item < scores.size(); ++item) {
    best.push_back({static_cast<Index>(item), scores[item] > barred ? scores[item] : barred});
  }
  for (const Index item : excluded) best[static_cast<std::size_t>(item)].score = barred;
  // Lists of three or fewer have no room for a median of three.
  if (n <= 3 || (n < static_cast<Index>(best.size()) && !detail::quickselect_best(best, n))) {
    return top_n(scores, excluded, n, best);
  }
  best.resize(std::min(best.size(), static_cast<std::size_t>(n)));
  std::erase_if(best, [](const ScoredItem& scored) { return scored.score == barred; });
  std::sort(best.begin(), best.end(), [](const ScoredItem& a, const ScoredItem& b) {
    return a.score != b.score ? a.score > b.score : a.item < b.item;
  });
}

}  // namespace rapt
