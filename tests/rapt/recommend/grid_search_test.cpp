#include <rapt/recommend/grid_search.hpp>

#include <rapt/recommend/ease.hpp>

#include "support/catch.hpp"
#include "support/recommend.hpp"

#include <memory>
#include <vector>

TEST_CASE("make_holdouts gives the valid part and then random draws of both parts",
          "[recommend][grid_search]") {
  const auto train = rapt_test::golden_interactions("seen"), valid = rapt_test::golden_interactions("test");
  const auto holdouts = rapt::make_holdouts(train, valid, 3, 0.2, 1);
  REQUIRE(holdouts.size() == 3);
  CHECK(holdouts[0].held_out.pairs() == valid.pairs());
  for (const auto& holdout : holdouts) CHECK(holdout.train.size() + holdout.held_out.size() == 74);
  CHECK(holdouts[1].held_out.pairs() != holdouts[2].held_out.pairs());
  CHECK_THROWS_MATCHES(rapt::make_holdouts(train, valid, 0), std::invalid_argument,
                       Catch::Matchers::Message("make_holdouts: count is 0, expected at least 1"));
}

TEST_CASE("grid_search takes the setting with the best mean NDCG over the holdouts",
          "[recommend][grid_search]") {
  const auto train = rapt_test::golden_interactions("seen"), valid = rapt_test::golden_interactions("test");
  const auto holdouts = rapt::make_holdouts(train, valid);
  const std::vector<rapt::EaseSettings> grid{{0.5}, {3}, {20}, {3}};

  const auto result = rapt::grid_search<rapt::EaseSettings>(
      grid, holdouts,
      [](const rapt::EaseSettings& s, const rapt::Interactions& x) -> std::unique_ptr<rapt::Scorer> {
        return std::make_unique<rapt::Ease>(rapt::Ease::fit(x, s));
      },
      5);

  REQUIRE(result.scores.size() == 4);
  for (std::size_t place = 0; place < grid.size(); ++place) {
    double mean = 0;
    for (const auto& holdout : holdouts) {
      const auto model = rapt::Ease::fit(holdout.train, grid[place]);
      mean += rapt::evaluate(model, holdout.train, holdout.held_out, {{5}}).mean(5).ndcg / 3;
    }
    CHECK_THAT(result.scores[place], Catch::Matchers::WithinAbs(mean, 1e-12));
    CHECK(result.scores[place] <= result.scores[result.best]);
  }
  CHECK(result.best != 3);  // the first among equals

  const auto never = [](const rapt::EaseSettings&, const rapt::Interactions&) {
    return std::unique_ptr<rapt::Scorer>();
  };
  using Catch::Matchers::Message;
  CHECK_THROWS_MATCHES(rapt::grid_search<rapt::EaseSettings>({}, holdouts, never), std::invalid_argument,
                       Message("grid_search: the grid is empty"));
  CHECK_THROWS_MATCHES(rapt::grid_search<rapt::EaseSettings>(grid, {}, never), std::invalid_argument,
                       Message("mean_ndcg: there are no holdouts"));
}
