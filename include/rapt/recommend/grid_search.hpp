#pragma once
/// \file  Choosing settings on several holdouts.

#include <rapt/recommend/evaluate.hpp>
#include <rapt/recommend/split.hpp>

#include <concepts>
#include <memory>
#include <span>
#include <vector>

namespace rapt {

/// `count` ways to hold out a part: the given one, then random draws of `fraction` of every user's pairs of
/// both.
///
/// One draw alone picks a penalty badly; the mean of three does not.
/// \throws std::invalid_argument where count < 1
inline std::vector<Split> make_holdouts(const Interactions& train, const Interactions& valid, Index count = 3,
                                        double fraction = 0.2, std::uint64_t seed = 1) {
  if (count < 1) {
    throw std::invalid_argument("make_holdouts: count is " + std::to_string(count) + ", expected at least 1");
  }
  std::vector<Split> holdouts(1);
  holdouts[0].train = train;
  holdouts[0].held_out = valid;
  const Interactions all = merge(train, valid);
  for (Index k = 1; k < count; ++k) {
    holdouts.push_back(split_random(all, fraction, seed + static_cast<std::uint64_t>(k)));
  }
  return holdouts;
}

/// Mean NDCG@n of what the holdouts hold out.
/// \param fit  (train, place among the holdouts) -> std::unique_ptr<Scorer>
/// \throws std::invalid_argument where there is no holdout
template <class Fit>
requires std::convertible_to<std::invoke_result_t<Fit&, const Interactions&, std::size_t>,
                             std::unique_ptr<Scorer>>
double mean_ndcg(std::span<const Split> holdouts, Index n, Fit&& fit) {
  if (holdouts.empty()) throw std::invalid_argument("mean_ndcg: there are no holdouts");
  double sum = 0;
  for (std::size_t place = 0; place < holdouts.size(); ++place) {
    const Split& holdout = holdouts[place];
    const std::unique_ptr<Scorer> scorer = fit(holdout.train, place);
    sum += evaluate(*scorer, holdout.train, holdout.held_out, {{n}, Ties::lower_id}).mean(n).ndcg;
  }
  return sum / static_cast<double>(holdouts.size());
}

/// What grid_search found.
struct GridSearchResult {
  std::size_t best = 0;        // place in the grid; the first among equals
  std::vector<double> scores;  // mean NDCG@n over the holdouts, one a place of the grid
};

/// Fits every setting of the grid on every holdout and takes the best mean NDCG@n of what was held out.
/// \param fit  (settings, train) -> std::unique_ptr<Scorer>
/// \throws std::invalid_argument where grid or holdouts are empty
template <class Settings, class Fit>
GridSearchResult grid_search(std::span<const Settings> grid, std::span<const Split> holdouts, Fit&& fit,
                             Index n = 20) {
  if (grid.empty()) throw std::invalid_argument("grid_search: the grid is empty");
  GridSearchResult result;
  for (const Settings& settings : grid) {
    result.scores.push_back(
        mean_ndcg(holdouts, n, [&](const Interactions& train, std::size_t) { return fit(settings, train); }));
    if (result.scores.back() > result.scores[result.best]) result.best = result.scores.size() - 1;
  }
  return result;
}

}  // namespace rapt
