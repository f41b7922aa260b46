#pragma once
/// \file  Choosing settings on several holdouts.

#include <rapt/recommend/evaluate.hpp>
#include <rapt/recommend/split.hpp>

#include <concepts>
#include <functional>
#include <memory>
#include <vector>

namespace rapt {

/// `count` ways to hold out a part: the given one, then random draws of `fraction` of every user's pairs of
/// both.
///
/// One draw alone picks a penalty badly; the mean of three does not.
/// \throws std::invalid_argument where count < 1
inline std::vector<Split> make_holdouts(const Interactions& train, const Interactions& valid, Index count = 3,
                                        double fraction = 0.2, std::uint64_t seed = 1) {
  if (count < 1) throw std::invalid_argument("make_holdouts: count is " + std::to_string(count));
  std::vector<Split> holdouts(1);
  holdouts[0].train = train;
  holdouts[0].held_out = valid;
  const Interactions all = merge(train, valid);
  for (Index k = 1; k < count; ++k) {
    holdouts.push_back(split_random(all, fraction, seed + static_cast<std::uint64_t>(k)));
  }
  return holdouts;
}

/// What grid_search found.
struct GridSearchResult {
  std::size_t best = 0;        // place in the grid; the first among equals
  std::vector<double> scores;  // mean NDCG@n over the holdouts, one a place of the grid
};

/// Fits every setting of the grid on every holdout and takes the best mean NDCG@n of what was held out.
/// \param fit       (settings, train) -> std::unique_ptr<Scorer>
/// \param progress  called after each place of the grid with its number and score
/// \throws  std::invalid_argument where grid or holdouts are empty
template <class Settings, class Fit>
requires std::convertible_to<std::invoke_result_t<Fit&, const Settings&, const Interactions&>,
                             std::unique_ptr<Scorer>>
    GridSearchResult grid_search(std::span<const Settings> grid, std::span<const Split> holdouts, Fit&& fit,
                                 Index n = 20,
                                 const std::function<void(std::size_t, double)>& progress = {}) {
  if (grid.empty() || holdouts.empty())
    throw std::invalid_argument("grid_search: the grid or the holdouts are empty");
  GridSearchResult result;
  for (std::size_t place = 0; place < grid.size(); ++place) {
    double sum = 0;
    for (const Split& holdout : holdouts) {
      const std::unique_ptr<Scorer> scorer = fit(grid[place], holdout.train);
      sum += evaluate(*scorer, holdout.train, holdout.held_out, {{n}, Ties::lower_id}).mean(n).ndcg;
    }
    result.scores.push_back(sum / static_cast<double>(holdouts.size()));
    if (result.scores[place] > result.scores[result.best]) result.best = place;
    if (progress) progress(place, result.scores[place]);
  }
  return result;
}

}  // namespace rapt
