#include <rapt/recommend/user_knn.hpp>

#include "support/catch.hpp"
#include "support/recommend.hpp"

#include <algorithm>
#include <vector>

TEST_CASE("UserKnn scores as the golden similarities do for every weighting",
          "[recommend][user_knn][golden]") {
  const auto seen = rapt_test::golden_interactions("seen");
  using rapt_test::baseline_difference;
  using W = rapt::ItemWeighting;
  CHECK(baseline_difference(rapt::UserKnn::fit(seen, {3, 1.5, 0.5, W::none}), "user_knn.none") < 1e-6);
  CHECK(baseline_difference(rapt::UserKnn::fit(seen, {5, 0, 0.7, W::tf_idf}), "user_knn.tf_idf") < 1e-6);
  CHECK(baseline_difference(rapt::UserKnn::fit(seen, {4, 10, 0.2, W::bm25}), "user_knn.bm25") < 1e-6);
}

TEST_CASE("UserKnn recommends to a profile that nobody has", "[recommend][user_knn]") {
  const std::vector<rapt::Interaction> pairs{{0, 0}, {0, 1}, {1, 1}, {1, 2}};
  const auto model = rapt::UserKnn::fit(rapt::Interactions(2, 4, pairs), {1, 0, 0.5});
  const auto scores = rapt::score_profile(model, std::vector<rapt::Index>{0});
  CHECK(scores(1) == Catch::Approx(1 / std::sqrt(2.0)).epsilon(1e-5));  // of user 0 alone
  CHECK(scores(2) == 0);
}

TEST_CASE("UserKnn gives the same bits at any number of threads", "[recommend][user_knn][threads]") {
  const auto seen = rapt_test::golden_interactions("seen");
  const auto model = rapt::UserKnn::fit(seen, {4, 1, 0.5});
  rapt::Tensor<float, 2> one({12, 15}), three({12, 15});
  model.score(seen.by_user(), one);
  rapt::set_parallel_threshold(0);
  rapt::set_threads(3);
  model.score(seen.by_user(), three);
  rapt::set_threads(1);
  rapt::set_parallel_threshold(100'000);
  CHECK(std::equal(one.begin(), one.end(), three.begin()));
}

TEST_CASE("UserKnn names settings that are out of range", "[recommend][user_knn][errors]") {
  const auto seen = rapt_test::golden_interactions("seen");
  CHECK_THROWS_MATCHES(rapt::UserKnn::fit(seen, {0, -1, 2}), std::invalid_argument,
                       Catch::Matchers::Message(
                           "UserKnn::fit: k is 0, shrink -1, asymmetry 2; expected k >= 1, shrink >= 0 and "
                           "an asymmetry from 0 to 1"));
}
