#pragma once
/// \file  Nearest neighbours among items.

#include <rapt/core/number_text.hpp>
#include <rapt/core/parallel.hpp>
#include <rapt/recommend/co_occurrence.hpp>
#include <rapt/recommend/scorer.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

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
class ItemKnn final : public Scorer {
 public:
  struct Neighbour {
    Index item;
    float similarity;
  };

  /// \cost    the sum over users of their squared number of items; memory I k
  /// \throws  std::invalid_argument where a setting is out of range
  static ItemKnn fit(const Interactions& train, const ItemKnnSettings& settings = {});
  /// From stored neighbours: those that profile item i adds to are entries offsets[i] ... offsets[i + 1] - 1.
  /// \throws std::invalid_argument, std::out_of_range where they make no sense
  ItemKnn(std::vector<Index> offsets, std::vector<Neighbour> neighbours);

  Index items() const override { return static_cast<Index>(offsets_.size()) - 1; }
  const std::vector<Index>& offsets() const { return offsets_; }
  const std::vector<Neighbour>& neighbours() const { return neighbours_; }

 private:
  void write_scores(const ItemRows& profiles, TensorView<float, 2> scores) const override {
    const Index per_item = static_cast<Index>(neighbours_.size()) / items() + 1;
    const Index per_row = items() + per_item * (profiles.count() / profiles.size() + 1);
    parallel_for_range(profiles.size(), 16, per_row, [&](Index from, Index to) {
      for (Index row = from; row < to; ++row) {
        const auto sum = scores[row];
        std::fill(sum.begin(), sum.end(), 0.0f);
        for (const Index item : profiles[row]) {
          const auto i = static_cast<std::size_t>(item);
          for (Index k = offsets_[i]; k < offsets_[i + 1]; ++k) {
            const Neighbour& n = neighbours_[static_cast<std::size_t>(k)];
            sum(n.item) += n.similarity;
          }
        }
      }
    });
  }

  std::vector<Index> offsets_{0};
  std::vector<Neighbour> neighbours_;
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
                          std::vector<ItemKnn::Neighbour>& nearest) {
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
  if (static_cast<Index>(nearest.size()) > settings.k) {
    const auto better = [](const ItemKnn::Neighbour& a, const ItemKnn::Neighbour& b) {
      return a.similarity != b.similarity ? a.similarity > b.similarity : a.item < b.item;
    };
    std::nth_element(nearest.begin(), nearest.begin() + settings.k, nearest.end(), better);
    nearest.resize(static_cast<std::size_t>(settings.k));
  }
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
  // From "the neighbours of j" to "what item i adds to": scoring then walks the profile's items only.
  std::vector<Index> offsets(static_cast<std::size_t>(n) + 1, 0);
  for (const auto& list : nearest) {
    for (const auto& entry : list) ++offsets[static_cast<std::size_t>(entry.item) + 1];
  }
  std::partial_sum(offsets.begin(), offsets.end(), offsets.begin());
  std::vector<Neighbour> entries(static_cast<std::size_t>(offsets.back()));
  auto next = offsets;
  for (Index j = 0; j < n; ++j) {
    for (const auto& [i, similarity] : nearest[static_cast<std::size_t>(j)]) {
      entries[static_cast<std::size_t>(next[static_cast<std::size_t>(i)]++)] = {j, similarity};
    }
  }
  return {std::move(offsets), std::move(entries)};
}

inline ItemKnn::ItemKnn(std::vector<Index> offsets, std::vector<Neighbour> neighbours)
    : offsets_(std::move(offsets)), neighbours_(std::move(neighbours)) {
  if (offsets_.empty() || offsets_.front() != 0 || !std::is_sorted(offsets_.begin(), offsets_.end()) ||
      offsets_.back() != static_cast<Index>(neighbours_.size())) {
    throw std::invalid_argument("ItemKnn: the offsets do not ascend from 0 to the number of neighbours, " +
                                std::to_string(neighbours_.size()));
  }
  for (const auto& n : neighbours_) expect_id("ItemKnn", "neighbour", n.item, items());
}

}  // namespace rapt
