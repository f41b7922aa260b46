#pragma once
/// \file  How good a ranked list is.

#include <rapt/core/shape.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <string_view>

namespace rapt {

/// Figures of one ranked list, or their mean over users.
struct RankingMetrics {
  double precision = 0, recall = 0, mrr = 0, ndcg = 0, map = 0, hit_rate = 0;

  struct Named {
    std::string_view name;  // as in tables: `NDCG` gives `NDCG@20`
    double RankingMetrics::*value;
  };
  static constexpr std::array<Named, 6> all();
};

constexpr std::array<RankingMetrics::Named, 6> RankingMetrics::all() {
  return {{{"P", &RankingMetrics::precision},
           {"R", &RankingMetrics::recall},
           {"MRR", &RankingMetrics::mrr},
           {"NDCG", &RankingMetrics::ndcg},
           {"MAP", &RankingMetrics::map},
           {"HR", &RankingMetrics::hit_rate}}};
}

/// Figures of the first n of `list` (best first) against the test items T, with hits h_j = [list_j in T]:
///   precision  sum h_j / n                 recall    sum h_j / |T|
///   mrr        1 / rank of the first hit   hit_rate  1 where there is a hit
///   ndcg       sum_j h_j / log2(j + 1) over the same sum of min(|T|, n) leading hits
///   map        sum_j h_j (sum_{i <= j} h_i) / j, over min(|T|, n)
/// \param test  ascending. All figures are 0 where it is empty.
/// \note    a list shorter than n counts as n entries: precision always divides by n
/// \throws std::invalid_argument where n < 1
inline RankingMetrics ranking_metrics(std::span<const Index> list, std::span<const Index> test, Index n) {
  if (n < 1)
    throw std::invalid_argument("ranking_metrics: n is " + std::to_string(n) + ", expected at least 1");
  RankingMetrics m;
  if (test.empty()) return m;
  const Index shown = std::min(n, static_cast<Index>(list.size()));
  const Index best = std::min(n, static_cast<Index>(test.size()));
  double hits = 0, gain = 0, ideal = 0, precisions = 0;
  for (Index j = 1; j <= shown; ++j) {
    if (!std::binary_search(test.begin(), test.end(), list[static_cast<std::size_t>(j - 1)])) continue;
    const auto rank = static_cast<double>(j);
    hits += 1;
    if (hits == 1) m.mrr = 1 / rank;
    gain += 1 / std::log2(rank + 1);
    precisions += hits / rank;
  }
  for (Index j = 1; j <= best; ++j) ideal += 1 / std::log2(static_cast<double>(j) + 1);
  m.precision = hits / static_cast<double>(n);
  m.recall = hits / static_cast<double>(test.size());
  m.ndcg = gain / ideal;
  m.map = precisions / static_cast<double>(best);
  m.hit_rate = hits > 0 ? 1 : 0;
  return m;
}

}  // namespace rapt
