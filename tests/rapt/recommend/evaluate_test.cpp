#include <rapt/recommend/evaluate.hpp>

#include <rapt/core/random.hpp>
#include <rapt/recommend/top_pop.hpp>

#include "support/catch.hpp"
#include "support/recommend.hpp"

#include <vector>

namespace {

// Gives every profile the scores of the user who has it, as the golden table lists them.
class TableScorer final : public rapt::Scorer {
 public:
  TableScorer(const rapt::Interactions& seen, rapt::Tensor<double, 2> table)
      : seen_(seen), table_(std::move(table)) {}
  rapt::Index items() const override { return table_.extent(1); }

 private:
  void write_scores(const rapt::ItemRows& profiles, rapt::TensorView<float, 2> scores) const override {
    for (rapt::Index row = 0; row < profiles.size(); ++row) {
      for (rapt::Index u = 0; u < seen_.users(); ++u) {
        if (!std::ranges::equal(profiles[row], seen_.items_of(u))) continue;
        for (rapt::Index j = 0; j < items(); ++j) scores(row, j) = static_cast<float>(table_(u, j));
      }
    }
  }
  const rapt::Interactions& seen_;
  rapt::Tensor<double, 2> table_;
};

}  // namespace

TEST_CASE("evaluate gives every user the golden figures with ties by lower id",
          "[recommend][evaluate][golden]") {
  const auto seen = rapt_test::golden_interactions("seen"), test = rapt_test::golden_interactions("test");
  const TableScorer scorer(seen, rapt_test::recommend_golden().tensor<double, 2>("scores"));

  const auto evaluation = rapt::evaluate(scorer, seen, test, {{1, 5, 20}, rapt::Ties::lower_id});

  CHECK(evaluation.skipped == 1);
  REQUIRE(evaluation.users.size() == 11);
  for (const rapt::Index n : {1, 5, 20}) {
    const auto expected = rapt_test::recommend_golden().tensor<double, 2>("figures." + std::to_string(n));
    rapt::Index column = 0;
    for (const auto& [name, value] : rapt::RankingMetrics::all()) {
      const auto got = evaluation.per_user(value, n);
      double mean = 0;
      for (rapt::Index k = 0; k < 11; ++k) {
        INFO(name << "@" << n << " of user " << evaluation.users[static_cast<std::size_t>(k)]);
        CHECK_THAT(got[static_cast<std::size_t>(k)], Catch::Matchers::WithinAbs(expected(k, column), 1e-12));
        mean += expected(k, column) / 11;
      }
      CHECK_THAT(evaluation.mean(n).*value, Catch::Matchers::WithinAbs(mean, 1e-12));
      ++column;
    }
  }
}

TEST_CASE("evaluate keeps the lists where asked", "[recommend][evaluate]") {
  const auto seen = rapt_test::golden_interactions("seen"), test = rapt_test::golden_interactions("test");
  const auto scorer = rapt::TopPop::fit(seen);
  CHECK(rapt::evaluate(scorer, seen, test).lists.empty());
  const auto evaluation = rapt::evaluate(scorer, seen, test, {{2, 3}, rapt::Ties::lower_id, true});
  REQUIRE(evaluation.lists.size() == evaluation.users.size());
  for (std::size_t k = 0; k < evaluation.lists.size(); ++k) {
    std::vector<rapt::ScoredItem> best;
    const auto counts = scorer.counts();
    rapt::top_n({counts.begin(), counts.end()}, seen.items_of(evaluation.users[k]), 3, best);
    REQUIRE(evaluation.lists[k].size() == best.size());
    for (std::size_t i = 0; i < best.size(); ++i) CHECK(evaluation.lists[k][i] == best[i].item);
  }
}

TEST_CASE("evaluate gives the same bits at any number of threads", "[recommend][evaluate]") {
  std::vector<rapt::Interaction> seen_pairs, test_pairs;
  rapt::RandomStream stream(3);
  for (rapt::Index u = 0; u < 300; ++u) {
    for (int k = 0; k < 6; ++k) seen_pairs.push_back({u, uniform_index(stream, 80)});
    test_pairs.push_back({u, uniform_index(stream, 80)});
  }
  const rapt::Interactions seen(300, 80, seen_pairs), test(300, 80, test_pairs);
  const auto scorer = rapt::TopPop::fit(seen);
  const auto one = rapt::evaluate(scorer, seen, test);
  rapt::set_parallel_threshold(0);
  for (const rapt::Index threads : {2, 3}) {
    rapt::set_threads(threads);
    const auto several = rapt::evaluate(scorer, seen, test);
    CHECK(several.per_user(&rapt::RankingMetrics::ndcg, 20) == one.per_user(&rapt::RankingMetrics::ndcg, 20));
    CHECK(several.mean(5).map == one.mean(5).map);
  }
  rapt::set_threads(1);
  rapt::set_parallel_threshold(100'000);
}

TEST_CASE("evaluate says what does not fit", "[recommend][evaluate]") {
  const auto seen = rapt_test::golden_interactions("seen"), test = rapt_test::golden_interactions("test");
  const auto scorer = rapt::TopPop::fit(seen);
  using Catch::Matchers::Message;
  CHECK_THROWS_MATCHES(rapt::evaluate(scorer, seen, rapt::Interactions(12, 16, {})), std::invalid_argument,
                       Message("evaluate: the scorer knows 15 items, seen has 12 users and 15 items, test 12 "
                               "and 16"));
  CHECK_THROWS_MATCHES(rapt::evaluate(scorer, rapt::Interactions(11, 15, {}), test), std::invalid_argument,
                       Message("evaluate: the scorer knows 15 items, seen has 11 users and 15 items, test 12 "
                               "and 15"));
  CHECK_THROWS_MATCHES(rapt::evaluate(scorer, seen, test, {{5, 0}}), std::invalid_argument,
                       Message("evaluate: cutoff 0, expected at least 1"));
  CHECK_THROWS_MATCHES(rapt::evaluate(scorer, seen, test, {std::vector<rapt::Index>{}}),
                       std::invalid_argument, Message("evaluate: no cutoff, expected at least one"));
  CHECK_THROWS_MATCHES(rapt::evaluate(scorer, seen, test).mean(7), std::invalid_argument,
                       Message("Evaluation: no figures for n = 7"));
  const auto nobody = rapt::evaluate(scorer, seen, rapt::Interactions(12, 15, {}));
  CHECK(nobody.users.empty());
  CHECK(nobody.skipped == 12);
  CHECK(nobody.mean(5).ndcg == 0);
}

TEST_CASE("paired_difference compares two recommenders user by user", "[recommend][evaluate]") {
  rapt::Evaluation a, b;
  a.cutoffs = b.cutoffs = {5};
  a.users = b.users = {0, 1, 2};
  a.values = {{{0.5}, {0.75}, {1.0}}};
  b.values = {{{0.25}, {0.75}, {0.5}}};
  const auto d = rapt::paired_difference(a, b, &rapt::RankingMetrics::precision, 5);
  CHECK_THAT(d.mean, Catch::Matchers::WithinAbs(0.25, 1e-15));
  CHECK_THAT(d.standard_error, Catch::Matchers::WithinAbs(0.25 / std::sqrt(3.0), 1e-15));
  CHECK_THAT(d.z(), Catch::Matchers::WithinAbs(std::sqrt(3.0), 1e-12));
  b.users = {0, 1, 3};
  CHECK_THROWS_MATCHES(rapt::paired_difference(a, b, &rapt::RankingMetrics::precision, 5),
                       std::invalid_argument,
                       Catch::Matchers::Message("paired_difference: the two are not over the same users"));
}
