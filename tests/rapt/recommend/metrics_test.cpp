#include <rapt/recommend/metrics.hpp>

#include "support/catch.hpp"

#include <cmath>
#include <vector>

using Catch::Approx;

TEST_CASE("ranking_metrics gives the figures worked out by hand", "[recommend][metrics]") {
  const std::vector<rapt::Index> list{4, 9, 2, 7, 1}, test{1, 3, 9};

  const auto m = rapt::ranking_metrics(list, test, 5);

  // Hits on ranks 2 and 5.
  CHECK(m.precision == Approx(2.0 / 5));
  CHECK(m.recall == Approx(2.0 / 3));
  CHECK(m.mrr == Approx(1.0 / 2));
  CHECK(m.ndcg == Approx((1 / std::log2(3) + 1 / std::log2(6)) / (1 + 1 / std::log2(3) + 0.5)));
  CHECK(m.map == Approx((1.0 / 2 + 2.0 / 5) / 3));
  CHECK(m.hit_rate == 1);
}

TEST_CASE("ranking_metrics sees the first n only and divides precision by n", "[recommend][metrics]") {
  const std::vector<rapt::Index> list{4, 9, 2}, test{9};
  CHECK(rapt::ranking_metrics(list, test, 1).hit_rate == 0);
  CHECK(rapt::ranking_metrics(list, test, 1).mrr == 0);
  CHECK(rapt::ranking_metrics(list, test, 20).precision == Approx(1.0 / 20));
  CHECK(rapt::ranking_metrics(list, test, 20).map == Approx(0.5));
}

TEST_CASE("ranking_metrics is 1 for the perfect list and 0 without test items", "[recommend][metrics]") {
  const std::vector<rapt::Index> list{1, 2, 3}, test{1, 2, 3};
  const auto perfect = rapt::ranking_metrics(list, test, 3), none = rapt::ranking_metrics(list, {}, 3);
  for (const auto& [name, value] : rapt::RankingMetrics::all()) {
    INFO(name);
    CHECK(perfect.*value == Approx(1));
    CHECK(none.*value == 0);
  }
  CHECK_THROWS_AS(rapt::ranking_metrics(list, test, 0), std::invalid_argument);
}
