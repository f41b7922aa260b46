#pragma once
/// \file  Random walks of three steps over the graph of users and items.

#include <rapt/core/number_text.hpp>
#include <rapt/recommend/co_occurrence.hpp>
#include <rapt/recommend/neighbour_scorer.hpp>

#include <cmath>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace rapt {

/// Settings of Rp3Beta; beta 0 is P3alpha.
struct Rp3BetaSettings {
  Index k = 100;           // targets kept for each item, then sources for each
  double alpha = 1;        // power of each transition probability
  double beta = 0.6;       // how strongly popular targets are held back
  bool normalize = false;  // targets of each item brought to sum 1
  bool operator==(const Rp3BetaSettings&) const = default;
};

/// Scores item j by the sum over the profile's items i of the chance of the walk item, user, item,
/// `S_ij = sum over users u of both of (1 / n_i)^alpha (1 / n_u)^alpha / n_j^beta`, n the numbers of
/// interactions (Cooper et al. 2014, P3alpha; Paudel et al. 2016, doi:10.1145/2955101, eq. 2).
class Rp3Beta final : public NeighbourScorer {
 public:
  /// \cost    the sum over users of their squared number of items; memory I k
  /// \throws  std::invalid_argument where a setting is out of range
  static Rp3Beta fit(const Interactions& train, const Rp3BetaSettings& settings = {});
  /// From stored neighbours: those that profile item i adds to are entries offsets[i] ... offsets[i + 1] - 1.
  /// \throws std::invalid_argument, std::out_of_range where they make no sense
  Rp3Beta(std::vector<Index> offsets, std::vector<Neighbour> neighbours)
      : NeighbourScorer("Rp3Beta", std::move(offsets), std::move(neighbours)) {}

 private:
  explicit Rp3Beta(const std::vector<std::vector<Neighbour>>& sources)
      : NeighbourScorer("Rp3Beta", sources) {}
};

namespace detail {

/// The targets of item i from its row of weighted co-occurrences, the k best of them.
inline std::vector<Neighbour> walk_targets(const Rp3BetaSettings& settings, const Interactions& train,
                                           Index i, std::span<const double> row,
                                           std::span<const double> held_back) {
  std::vector<Neighbour> targets;
  const double first = std::pow(static_cast<double>(train.users_of(i).size()), -settings.alpha);
  for (Index j = 0; j < train.items(); ++j) {
    const auto at = static_cast<std::size_t>(j);
    if (j != i && row[at] > 0) targets.push_back({j, static_cast<float>(first * row[at] * held_back[at])});
  }
  keep_best(targets, settings.k);
  if (!settings.normalize) return targets;
  double sum = 0;
  for (const auto& t : targets) sum += static_cast<double>(t.similarity);
  for (auto& t : targets) t.similarity = static_cast<float>(static_cast<double>(t.similarity) / sum);
  return targets;
}

}  // namespace detail

inline Rp3Beta Rp3Beta::fit(const Interactions& train, const Rp3BetaSettings& settings) {
  if (settings.k < 1 || !(settings.alpha >= 0 && std::isfinite(settings.alpha)) ||
      !(settings.beta >= 0 && std::isfinite(settings.beta))) {
    throw std::invalid_argument("Rp3Beta::fit: k is " + std::to_string(settings.k) + ", alpha " +
                                detail::number_text(settings.alpha) + ", beta " +
                                detail::number_text(settings.beta) +
                                "; expected k >= 1 and alpha and beta of at least 0");
  }
  const Index n = train.items();
  std::vector<double> by_user(static_cast<std::size_t>(train.users()), 0.0);
  for (Index u = 0; u < train.users(); ++u) {
    const auto count = static_cast<double>(train.items_of(u).size());
    if (count > 0) by_user[static_cast<std::size_t>(u)] = std::pow(count, -settings.alpha);
  }
  std::vector<double> held_back(static_cast<std::size_t>(n), 0.0);
  for (Index j = 0; j < n; ++j) {
    const auto count = static_cast<double>(train.users_of(j).size());
    if (count > 0) held_back[static_cast<std::size_t>(j)] = std::pow(count, -settings.beta);
  }
  std::vector<std::vector<Neighbour>> targets(static_cast<std::size_t>(n)),
      sources(static_cast<std::size_t>(n));
  parallel_for_range(n, 16, co_occurrence_cost(train) + 10 * n, [&](Index from, Index to) {
    std::vector<double> row(static_cast<std::size_t>(n));
    for (Index i = from; i < to; ++i) {
      if (train.users_of(i).empty()) continue;
      co_occurrence_row(train, by_user, i, row);
      targets[static_cast<std::size_t>(i)] = detail::walk_targets(settings, train, i, row, held_back);
    }
  });
  for (Index i = 0; i < n; ++i) {
    for (const auto& [j, weight] : targets[static_cast<std::size_t>(i)])
      sources[static_cast<std::size_t>(j)].push_back({i, weight});
  }
  for (auto& list : sources) detail::keep_best(list, settings.k);
  return Rp3Beta(sources);
}

}  // namespace rapt
