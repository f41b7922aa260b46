#pragma once
/// \file  Nearest neighbours among items.

#include <rapt/core/number_text.hpp>
#include <rapt/core/parallel.hpp>
#include <rapt/recommend/co_occurrence.hpp>
#include <rapt/recommend/neighbour_scorer.hpp>

#include <algorithm>
#include <cmath>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace rapt {

/// What an interaction counts before similarities are taken; U users, n_i users of item i, n_u items of user
/// u.
enum class ItemWeighting {
  none,    // 1
  tf_idf,  // log((1 + U) / (1 + n_i))
  bm25     // the same times 2.2 / (1.2 (0.25 + 0.75 n_u / mean n) + 1), after Robertson and Zaragoza 2009
};

/// Settings of ItemKnn.
struct ItemKnnSettings {
  Index k = 100;           // neighbours kept for each item
  double shrink = 10;      // added to the denominator: distrusts similarities of rare items
  double asymmetry = 0.5;  // 0.5 is the cosine; more divides rather by the norm of the profile's item
  ItemWeighting weighting = ItemWeighting::none;
  bool operator==(const ItemKnnSettings&) const = default;
};

/// Scores item j by the sum of S_ij over the profile's items i among the k nearest of j, with
/// S_ij = y_i . y_j / (|y_i|^(2a) |y_j|^(2(1-a)) + shrink), y_i the weighted column of item i and a the
/// asymmetry (Sarwar et al. 2001; asymmetric form of Aiolli 2013; shrinkage of Bell and Koren 2007).
class ItemKnn final : public NeighbourScorer {
 public:
  /// \cost    the sum over users of their squared number of items; memory I k
  /// \throws  std::invalid_argument where a setting is out of range
  static ItemKnn fit(const Interactions& train, const ItemKnnSettings& settings = {});
  /// From stored neighbours: those that profile item i adds to are entries offsets[i] ... offsets[i + 1] - 1.
  /// \throws std::invalid_argument, std::out_of_range where they make no sense
  ItemKnn(std::vector<Index> offsets, std::vector<Neighbour> neighbours)
      : NeighbourScorer("ItemKnn", std::move(offsets), std::move(neighbours)) {}

 private:
  explicit ItemKnn(const std::vector<std::vector<Neighbour>>& nearest)
      : NeighbourScorer("ItemKnn", nearest) {}
};

namespace detail {

/// Factors of an interaction's weight y_ui = user_u item_i; only the square of the first is needed.
struct KnnWeights {
  std::vector<double> user_squared;  // empty for 1
  std::vector<double> item;
};

inline KnnWeights knn_weights(const Interactions& x, ItemWeighting weighting) {
  KnnWeights weights;
  weights.item.assign(static_cast<std::size_t>(x.items()), 1.0);
  if (weighting == ItemWeighting::none) return weights;
  const auto users = static_cast<double>(x.users());
  for (Index i = 0; i < x.items(); ++i) {
    weights.item[static_cast<std::size_t>(i)] =
        std::log((1 + users) / (1 + static_cast<double>(x.users_of(i).size())));
  }
  if (weighting == ItemWeighting::tf_idf) return weights;
  constexpr double k1 = 1.2, b = 0.75;
  const double mean = std::max(static_cast<double>(x.size()) / std::max(users, 1.0), 1e-9);
  for (Index u = 0; u < x.users(); ++u) {
    const double length = 1 - b + b * static_cast<double>(x.items_of(u).size()) / mean;
    weights.user_squared.push_back(std::pow((k1 + 1) / (k1 * length + 1), 2));
  }
  return weights;
}

/// The k largest similarities to item j, by item; `row` is row j of the co-occurrences.
inline void nearest_items(const ItemKnnSettings& settings, const std::vector<double>& item_weights,
                          const std::vector<double>& squared_norms, Index j, std::span<const double> row,
                          std::vector<Neighbour>& nearest) {
  const auto at = static_cast<std::size_t>(j);
  nearest.clear();
  // The small numbers keep items without a user, or with weight 0, from dividing by 0.
  const double norm_j = std::pow(squared_norms[at] + 1e-12, 1 - settings.asymmetry);
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (i == at || row[i] == 0) continue;
    const double norm_i = std::pow(squared_norms[i] + 1e-12, settings.asymmetry);
    const double dot = row[i] * item_weights[i] * item_weights[at];
    const auto similarity = static_cast<float>(dot / (norm_i * norm_j + settings.shrink + 1e-6));
    if (similarity > 0) nearest.push_back({static_cast<Index>(i), similarity});
  }
  keep_best(nearest, settings.k);
}

}  // namespace detail

inline ItemKnn ItemKnn::fit(const Interactions& train, const ItemKnnSettings& settings) {
  if (settings.k < 1 || !(settings.shrink >= 0) || !(settings.asymmetry >= 0 && settings.asymmetry <= 1)) {
    throw std::invalid_argument("ItemKnn::fit: k is " + std::to_string(settings.k) + ", shrink " +
                                detail::number_text(settings.shrink) + ", asymmetry " +
                                detail::number_text(settings.asymmetry) +
                                "; expected k >= 1, shrink >= 0 and an asymmetry from 0 to 1");
  }
  const Index n = train.items();
  const auto weights = detail::knn_weights(train, settings.weighting);
  std::vector<double> squared_norms(static_cast<std::size_t>(n));
  for (Index i = 0; i < n; ++i) {
    double sum = 0;
    for (const Index u : train.users_of(i)) {
      sum += weights.user_squared.empty() ? 1.0 : weights.user_squared[static_cast<std::size_t>(u)];
    }
    squared_norms[static_cast<std::size_t>(i)] = sum * std::pow(weights.item[static_cast<std::size_t>(i)], 2);
  }
  std::vector<std::vector<Neighbour>> nearest(static_cast<std::size_t>(n));
  parallel_for_range(n, 16, co_occurrence_cost(train) + 40 * n, [&](Index from, Index to) {
    std::vector<double> row(static_cast<std::size_t>(n));
    for (Index j = from; j < to; ++j) {
      co_occurrence_row(train, weights.user_squared, j, row);
      detail::nearest_items(settings, weights.item, squared_norms, j, row,
                            nearest[static_cast<std::size_t>(j)]);
    }
  });
  return ItemKnn(nearest);
}

}  // namespace rapt
