#include <rapt/recommend/ease.hpp>

#include <rapt/recommend/evaluate.hpp>

#include "support/catch.hpp"
#include "support/recommend.hpp"

#include <limits>

TEST_CASE("Ease scores as the golden closed form does", "[recommend][ease][golden]") {
  const auto seen = rapt_test::golden_interactions("seen");
  const auto model = rapt::Ease::fit(seen, {2.5});
  const auto expected = rapt_test::recommend_golden().tensor<double, 2>("ease.2.5");
  rapt::Tensor<float, 2> scores({12, 15});
  model.score(seen.by_user(), scores);
  CHECK(rapt::testing::largest_difference(scores, expected) < 1e-6);
  for (rapt::Index i = 0; i < 15; ++i) CHECK(model.weights()(i, i) == 0);
}

TEST_CASE("Ease gives the same bits at any number of threads", "[recommend][ease]") {
  const auto seen = rapt_test::golden_interactions("seen");
  const auto one = rapt::Ease::fit(seen);
  rapt::set_parallel_threshold(0);
  rapt::set_threads(2);
  const auto two = rapt::Ease::fit(seen);
  rapt::set_threads(1);
  rapt::set_parallel_threshold(100'000);
  CHECK(std::equal(one.weights().begin(), one.weights().end(), two.weights().begin()));
}

TEST_CASE("Ease trains on one user with one item and on items that nobody has", "[recommend][ease]") {
  const std::vector<rapt::Interaction> one{{0, 0}};
  const auto model = rapt::Ease::fit(rapt::Interactions(1, 3, one));
  const std::vector<rapt::Index> profile{0, 2};
  for (const float score : rapt::score_profile(model, profile)) CHECK(score == 0);
}

TEST_CASE("Ease refuses penalties and weights that make no sense", "[recommend][ease]") {
  const auto seen = rapt_test::golden_interactions("seen");
  for (const double lambda : {0.0, -1.0, std::numeric_limits<double>::infinity(), std::nan("")}) {
    CHECK_THROWS_AS(rapt::Ease::fit(seen, {lambda}), std::invalid_argument);
  }
  using Catch::Matchers::Message;
  CHECK_THROWS_MATCHES(rapt::Ease::fit(seen, {-0.5}), std::invalid_argument,
                       Message("Ease::fit: lambda is -0.5, expected a positive number"));
  CHECK_THROWS_MATCHES(rapt::Ease::fit(rapt::Interactions(1, rapt::Ease::max_items + 1, {})),
                       std::length_error,
                       Message("Ease::fit: 30001 items need 10800 MB, the limit is 30000 items; drop rare "
                               "items or take ItemKnn"));
  CHECK_THROWS_MATCHES(rapt::Ease(rapt::Tensor<float, 2>({2, 3})), rapt::ShapeError,
                       Message("Ease: weights has shape (2, 3), expected (3, 3)"));
}

TEST_CASE("Ease with a penalty of 450 has its known figure on dense ratings", "[recommend][ease][data]") {
  const auto data = rapt_test::measuring_data(943, 1653);
  if (!data) RAPT_SKIP("RAPT_DATA_DIR names no folder with the measuring data");
  const auto model = rapt::Ease::fit(data->seen, {450});
  const double ndcg = rapt::evaluate(model, data->seen, data->test).mean(20).ndcg;
  CHECK_THAT(ndcg, Catch::Matchers::WithinAbs(.4368, .0005));
}
