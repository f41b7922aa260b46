#include <rapt/recommend/pure_svd.hpp>

#include "support/catch.hpp"
#include "support/recommend.hpp"

#include <algorithm>

TEST_CASE("PureSvd gives the scores of a dense singular value decomposition",
          "[recommend][pure_svd][golden]") {
  const auto seen = rapt_test::golden_interactions("seen");
  CHECK(rapt_test::baseline_difference(rapt::PureSvd::fit(seen, {4, 50}), "pure_svd") < 1e-5);
}

TEST_CASE("PureSvd with all factors gives profiles back", "[recommend][pure_svd]") {
  const auto seen = rapt_test::golden_interactions("seen");
  const auto model = rapt::PureSvd::fit(seen, {15, 3});
  rapt::Tensor<float, 2> scores({12, 15});
  model.score(seen.by_user(), scores);
  for (rapt::Index u = 0; u < 12; ++u) {
    for (rapt::Index i = 0; i < 15; ++i) {
      INFO("user " << u << " item " << i);
      CHECK(scores(u, i) == Catch::Approx(seen.contains(u, i) ? 1 : 0).margin(1e-5));
    }
  }
}

TEST_CASE("PureSvd gives the same bits at any number of threads", "[recommend][pure_svd][threads]") {
  const auto seen = rapt_test::golden_interactions("seen");
  const auto one = rapt::PureSvd::fit(seen, {4, 5});
  rapt::set_parallel_threshold(0);
  rapt::set_threads(3);
  const auto three = rapt::PureSvd::fit(seen, {4, 5});
  rapt::set_threads(1);
  rapt::set_parallel_threshold(100'000);
  CHECK(std::equal(one.vectors().begin(), one.vectors().end(), three.vectors().begin()));
}

TEST_CASE("PureSvd names settings that are out of range", "[recommend][pure_svd][errors]") {
  const auto seen = rapt_test::golden_interactions("seen");
  CHECK_THROWS_MATCHES(
      rapt::PureSvd::fit(seen, {16, 20}), std::invalid_argument,
      Catch::Matchers::Message("PureSvd::fit: 16 factors of 15 items and 20 iterations, expected "
                               "1 to as many factors as items and at least 1 iteration"));
  CHECK_THROWS_AS(rapt::PureSvd::fit(seen, {0, 20}), std::invalid_argument);
  CHECK_THROWS_AS(rapt::PureSvd::fit(seen, {4, 0}), std::invalid_argument);
}
