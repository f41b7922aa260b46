#include <rapt/recommend/fold_lists.hpp>

#include "support/catch.hpp"
#include "support/planted.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

namespace {

rapt::Proposer fold_lists_proposer(const rapt::Interactions& train) {
  return {std::make_shared<const rapt::LinearPath>(rapt::LinearPath::fit(train, {.lambda = 5})), {}, 0};
}

}  // namespace

TEST_CASE("split_fold parts the interactions: every pair lies in one fold", "[recommend][fold_lists]") {
  const auto x = rapt_test::planted_interactions(50, 20, 4, 6, 1);
  std::vector<int> held(static_cast<std::size_t>(x.size()), 0);
  const auto pairs = x.pairs();
  for (rapt::Index fold = 0; fold < 3; ++fold) {
    const auto split = rapt::split_fold(x, 3, fold, rapt::RandomStream(9));
    CHECK(split.train.size() + split.held_out.size() == x.size());
    CHECK(std::abs(static_cast<double>(3 * split.held_out.size() - x.size())) <
          0.5 * static_cast<double>(x.size()));
    for (std::size_t k = 0; k < pairs.size(); ++k) {
      const bool in_fold = split.held_out.contains(pairs[k].user, pairs[k].item);
      CHECK(in_fold != split.train.contains(pairs[k].user, pairs[k].item));
      held[k] += in_fold ? 1 : 0;
    }
  }
  CHECK(held == std::vector<int>(held.size(), 1));
  CHECK_THROWS_AS(rapt::split_fold(x, 0, 0, rapt::RandomStream(9)), std::invalid_argument);
}

TEST_CASE("make_fold_lists proposes unseen items only and knows the positives from the fold alone",
          "[recommend][fold_lists]") {
  const auto x = rapt_test::planted_interactions(150, 30, 5, 8, 2);
  const auto split = rapt::split_fold(x, 4, 1, rapt::RandomStream(3));
  const rapt::Index length = 7;

  const auto fold = make_fold_lists(split, fold_lists_proposer(split.train), length, true);

  // The same lists in the plainest way: every user with both parts, best unseen items, if one is in the fold.
  rapt::Index list = 0;
  rapt::ProposedScores scores;
  const auto proposer = fold_lists_proposer(split.train);
  proposer.score(split.train.by_user(), scores);
  for (rapt::Index user = 0; user < x.users(); ++user) {
    const auto profile = split.train.items_of(user), held = split.held_out.items_of(user);
    if (profile.empty() || held.empty()) continue;
    std::vector<rapt::ScoredItem> best;
    rapt::top_n({scores.blended[user].begin(), scores.blended[user].end()}, profile, length, best);
    if (std::none_of(best.begin(), best.end(),
                     [&](const auto& b) { return split.held_out.contains(user, b.item); }))
      continue;
    REQUIRE(list < fold.lists.size());
    CHECK(fold.held_out[static_cast<std::size_t>(list)] == static_cast<rapt::Index>(held.size()));
    const auto candidates = fold.lists[list];
    REQUIRE(candidates.size() == best.size());
    for (std::size_t k = 0; k < best.size(); ++k) {
      const auto n = static_cast<std::size_t>(fold.lists.offsets[static_cast<std::size_t>(list)]) + k;
      CHECK(candidates[k] == best[k].item);
      CHECK_FALSE(split.train.contains(user, candidates[k]));
      CHECK((fold.lists.positive[n] != 0) == split.held_out.contains(user, candidates[k]));
    }
    ++list;
  }
  CHECK(list == fold.lists.size());
  CHECK(list > 20);
  CHECK(fold.lists.width == rapt::CandidateLists::fixed_features + 1);
}

TEST_CASE("make_fold_lists gives the same numbers at any number of threads and none for an empty fold",
          "[recommend][fold_lists]") {
  const auto x = rapt_test::planted_interactions(200, 30, 5, 8, 2);
  const auto split = rapt::split_fold(x, 4, 1, rapt::RandomStream(3));
  const auto proposer = fold_lists_proposer(split.train);
  const auto one = make_fold_lists(split, proposer, 6, true);
  rapt::set_parallel_threshold(0);
  for (const rapt::Index threads : {2, 3}) {
    rapt::set_threads(threads);
    const auto many = make_fold_lists(split, proposer, 6, true);
    CHECK(many.lists.items == one.lists.items);
    CHECK(many.lists.features == one.lists.features);
    CHECK(many.lists.evidence == one.lists.evidence);
    CHECK(many.held_out == one.held_out);
  }
  rapt::set_threads(1);
  rapt::set_parallel_threshold(100'000);
  const auto none = rapt::split_fold(x, 4, 4, rapt::RandomStream(3));  // there is no fold 4
  CHECK(make_fold_lists(none, proposer, 6, true).lists.size() == 0);
}
