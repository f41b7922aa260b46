#pragma once
/// \file  Measuring a recommender on held-out interactions: every unseen item is a candidate.

#include <rapt/core/parallel.hpp>
#include <rapt/recommend/interactions.hpp>
#include <rapt/recommend/metrics.hpp>
#include <rapt/recommend/scorer.hpp>
#include <rapt/recommend/top_n.hpp>
#include <rapt/recommend/top_n_by_partition.hpp>

#include <vector>

namespace rapt {

/// Which of several equal scores enter a ranked list at its end.
enum class Ties {
  lower_id,  // the lower item id
  partition  // as top_n_by_partition: for figures that stand beside published ones
};

/// How evaluate measures.
struct EvaluateOptions {
  std::vector<Index> cutoffs = {5, 20};  // list lengths n
  Ties ties = Ties::lower_id;
  bool keep_lists = false;  // also the lists themselves, for beyond_accuracy
};

/// Figures of every evaluated user, kept apart so that two recommenders can be compared user by user.
struct Evaluation {
  std::vector<Index> cutoffs;                       // list lengths n
  std::vector<Index> users;                         // those with at least one test item, ascending
  Index skipped = 0;                                // users without one
  std::vector<std::vector<RankingMetrics>> values;  // [cutoff][place in users]
  std::vector<std::vector<Index>> lists;            // parallel to users, where they were kept

  /// Values of one figure, parallel to `users`. \throws std::invalid_argument where n was not evaluated
  std::vector<double> per_user(double RankingMetrics::*metric, Index n) const {
    std::vector<double> column;
    for (const auto& m : at(n)) column.push_back(m.*metric);
    return column;
  }
  /// Mean over the evaluated users, 0 where there are none.
  /// \throws std::invalid_argument where n was not evaluated
  RankingMetrics mean(Index n) const {
    RankingMetrics sum;
    const auto& all = at(n);
    if (all.empty()) return sum;
    for (const auto& [name, value] : RankingMetrics::all()) {
      for (const auto& m : all) sum.*value += m.*value;
      sum.*value /= static_cast<double>(all.size());
    }
    return sum;
  }

 private:
  const std::vector<RankingMetrics>& at(Index n) const {
    const auto place = std::find(cutoffs.begin(), cutoffs.end(), n) - cutoffs.begin();
    if (place == static_cast<std::ptrdiff_t>(cutoffs.size())) {
      throw std::invalid_argument("Evaluation: no figures for n = " + std::to_string(n));
    }
    return values[static_cast<std::size_t>(place)];
  }
};

namespace detail {

/// Fills the figures of users [from, to) of the evaluation.
inline void evaluate_chunk(const Scorer& scorer, const Interactions& seen, const Interactions& test,
                           Index from, Index to, Ties ties, Evaluation& evaluation) {
  ItemRowsBuffer profiles;
  const auto user_at = [&](Index k) { return evaluation.users[static_cast<std::size_t>(k)]; };
  for (Index k = from; k < to; ++k) profiles.append(seen.items_of(user_at(k)));
  Tensor<float, 2> scores({to - from, scorer.items()});
  scorer.score(profiles.rows(), scores);
  const Index longest = *std::max_element(evaluation.cutoffs.begin(), evaluation.cutoffs.end());
  std::vector<ScoredItem> best;
  std::vector<Index> list;
  for (Index k = from; k < to; ++k) {
    const auto row = scores[k - from];
    const auto rank = ties == Ties::lower_id ? top_n : top_n_by_partition;
    rank({row.begin(), row.end()}, seen.items_of(user_at(k)), longest, best);
    list.clear();
    for (const auto& scored : best) list.push_back(scored.item);
    for (std::size_t c = 0; c < evaluation.cutoffs.size(); ++c) {
      evaluation.values[c][static_cast<std::size_t>(k)] =
          ranking_metrics(list, test.items_of(user_at(k)), evaluation.cutoffs[c]);
    }
    if (!evaluation.lists.empty()) evaluation.lists[static_cast<std::size_t>(k)] = list;
  }
}

}  // namespace detail

/// Ranks for each user with a test item all items that are not in `seen`, profiles being the rows of `seen`.
///
/// Averages are over users with at least one test item; a test item that is also in `seen` can only be
/// missed. The same bits at any number of threads.
/// \cost   users x items scores, 64 users at a time
/// \throws std::invalid_argument where the three disagree about users or items, where there is no
///         cutoff, or where one is below 1
inline Evaluation evaluate(const Scorer& scorer, const Interactions& seen, const Interactions& test,
                           EvaluateOptions options = {}) {
  if (seen.users() != test.users() || seen.items() != test.items() || scorer.items() != seen.items()) {
    throw std::invalid_argument("evaluate: the scorer knows " + std::to_string(scorer.items()) +
                                " items, seen has " + std::to_string(seen.users()) + " users and " +
                                std::to_string(seen.items()) + " items, test " +
                                std::to_string(test.users()) + " and " + std::to_string(test.items()));
  }
  if (options.cutoffs.empty()) throw std::invalid_argument("evaluate: no cutoff, expected at least one");
  for (const Index n : options.cutoffs) {
    if (n < 1) throw std::invalid_argument("evaluate: cutoff " + std::to_string(n) + ", expected at least 1");
  }
  Evaluation evaluation;
  evaluation.cutoffs = std::move(options.cutoffs);
  for (Index user = 0; user < test.users(); ++user) {
    if (test.items_of(user).empty())
      ++evaluation.skipped;
    else
      evaluation.users.push_back(user);
  }
  evaluation.values.assign(evaluation.cutoffs.size(), std::vector<RankingMetrics>(evaluation.users.size()));
  if (options.keep_lists) evaluation.lists.resize(evaluation.users.size());
  parallel_for_range(static_cast<Index>(evaluation.users.size()), 64, 16 * scorer.items(),
                     [&](Index from, Index to) {
                       detail::evaluate_chunk(scorer, seen, test, from, to, options.ties, evaluation);
                     });
  return evaluation;
}

/// How much better `a` is than `b`, user by user.
struct PairedDifference {
  double mean = 0;            // of a - b
  double standard_error = 0;  // of that mean
  /// Mean over standard error: about normal for some hundred users; beyond +-1.96 is significant at 5 %.
  double z() const { return standard_error > 0 ? mean / standard_error : 0; }
};

/// \throws std::invalid_argument where the two are not over the same users
inline PairedDifference paired_difference(const Evaluation& a, const Evaluation& b,
                                          double RankingMetrics::*metric, Index n) {
  if (a.users != b.users)
    throw std::invalid_argument("paired_difference: the two are not over the same users");
  const auto x = a.per_user(metric, n), y = b.per_user(metric, n);
  const auto count = static_cast<double>(x.size());
  PairedDifference result;
  if (x.empty()) return result;
  for (std::size_t k = 0; k < x.size(); ++k) result.mean += (x[k] - y[k]) / count;
  double squares = 0;
  for (std::size_t k = 0; k < x.size(); ++k) squares += std::pow(x[k] - y[k] - result.mean, 2);
  if (x.size() > 1) result.standard_error = std::sqrt(squares / (count - 1) / count);
  return result;
}

}  // namespace rapt
