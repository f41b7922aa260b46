#include <rapt/recommend/top_pop.hpp>

#include <rapt/recommend/evaluate.hpp>

#include "support/catch.hpp"
#include "support/recommend.hpp"

using Catch::Matchers::WithinAbs;

TEST_CASE("TopPop counts the users of each item", "[recommend][top_pop][golden]") {
  const auto seen = rapt_test::golden_interactions("seen");
  const auto model = rapt::TopPop::fit(seen);
  const auto expected = rapt_test::recommend_golden().tensor<double, 1>("popularity");
  for (rapt::Index u = 0; u < seen.users(); ++u) {
    CHECK(rapt::testing::largest_difference(rapt::score_profile(model, seen.items_of(u)), expected) == 0);
  }
}

TEST_CASE("TopPop has its published figures on two data sets with the ties of the published evaluators",
          "[recommend][top_pop][data]") {
  struct Published {
    rapt::Index users, items;
    double p, r, mrr, ndcg;
  };
  bool measured = false;
  for (const auto& row :
       {Published{943, 1653, .1560, .1675, .4130, .2132}, Published{662, 1347, .0232, .1091, .0829, .0645}}) {
    const auto data = rapt_test::measuring_data(row.users, row.items);
    if (!data) continue;
    measured = true;
    const auto model = rapt::TopPop::fit(data->seen);
    const auto m = rapt::evaluate(model, data->seen, data->test, {{20}, rapt::Ties::partition}).mean(20);
    CHECK_THAT(m.precision, WithinAbs(row.p, 5e-5));
    CHECK_THAT(m.recall, WithinAbs(row.r, 5e-5));
    CHECK_THAT(m.mrr, WithinAbs(row.mrr, 5e-5));
    CHECK_THAT(m.ndcg, WithinAbs(row.ndcg, 5e-5));
  }
  if (!measured) RAPT_SKIP("RAPT_DATA_DIR names no folder with the measuring data");
}
