#include <rapt/recommend/item_knn.hpp>

#include "support/catch.hpp"
#include "support/recommend.hpp"

#include <vector>

TEST_CASE("ItemKnn scores as the golden similarities do for every weighting",
          "[recommend][item_knn][golden]") {
  struct Case {
    const char* name;
    rapt::ItemKnnSettings settings;
  };
  const auto seen = rapt_test::golden_interactions("seen");
  for (const auto& [name, settings] : {Case{"knn.none", {4, 1.5, 0.5, rapt::ItemWeighting::none}},
                                       Case{"knn.tf_idf", {3, 0.0, 0.7, rapt::ItemWeighting::tf_idf}},
                                       Case{"knn.bm25", {5, 10.0, 0.2, rapt::ItemWeighting::bm25}}}) {
    const auto model = rapt::ItemKnn::fit(seen, settings);
    rapt::Tensor<float, 2> scores({12, 15});
    model.score(seen.by_user(), scores);
    INFO(name);
    CHECK(rapt::testing::largest_difference(scores, rapt_test::recommend_golden().tensor<double, 2>(name)) <
          1e-6);
  }
}

TEST_CASE("ItemKnn gives the same bits at any number of threads", "[recommend][item_knn]") {
  const auto seen = rapt_test::golden_interactions("seen");
  const auto one = rapt::ItemKnn::fit(seen);
  rapt::set_parallel_threshold(0);
  rapt::set_threads(3);
  const auto three = rapt::ItemKnn::fit(seen);
  rapt::set_threads(1);
  rapt::set_parallel_threshold(100'000);
  REQUIRE(one.offsets() == three.offsets());
  for (std::size_t k = 0; k < one.neighbours().size(); ++k) {
    CHECK(one.neighbours()[k].item == three.neighbours()[k].item);
    CHECK(one.neighbours()[k].similarity == three.neighbours()[k].similarity);
  }
}

TEST_CASE("ItemKnn trains on a single pair and gives zeros", "[recommend][item_knn]") {
  const std::vector<rapt::Interaction> one{{0, 0}};
  const auto weighting =
      GENERATE(rapt::ItemWeighting::none, rapt::ItemWeighting::tf_idf, rapt::ItemWeighting::bm25);
  const auto model = rapt::ItemKnn::fit(rapt::Interactions(1, 2, one), {10, 0, 0.5, weighting});
  for (const float score : rapt::score_profile(model, std::vector<rapt::Index>{0})) CHECK(score == 0);
}

TEST_CASE("ItemKnn refuses settings and stored neighbours that make no sense", "[recommend][item_knn]") {
  const auto seen = rapt_test::golden_interactions("seen");
  using Settings = rapt::ItemKnnSettings;
  for (const auto& s :
       {Settings{0, 1, 0.5}, Settings{5, -1, 0.5}, Settings{5, 1, 1.5}, Settings{5, 1, -0.1}}) {
    CHECK_THROWS_AS(rapt::ItemKnn::fit(seen, s), std::invalid_argument);
  }
  CHECK_THROWS_MATCHES(
      rapt::ItemKnn::fit(seen, {5, -1, 0.5}), std::invalid_argument,
      Catch::Matchers::Message("ItemKnn::fit: k is 5, shrink -1, asymmetry 0.5; expected k >= 1, shrink >= 0 "
                               "and an asymmetry from 0 to 1"));
  using Neighbours = std::vector<rapt::Neighbour>;
  CHECK_THROWS_AS(rapt::ItemKnn({}, {}), std::invalid_argument);
  CHECK_THROWS_MATCHES(
      rapt::ItemKnn({0, 2}, Neighbours{{0, 1.0f}}), std::invalid_argument,
      Catch::Matchers::Message("ItemKnn: the offsets do not ascend from 0 to the number of neighbours, 1"));
  CHECK_THROWS_MATCHES(rapt::ItemKnn({0, 1}, Neighbours{{1, 1.0f}}), std::out_of_range,
                       Catch::Matchers::Message("ItemKnn: neighbour 1 is not in [0, 1)"));
  CHECK_NOTHROW(rapt::ItemKnn({0, 1, 1}, Neighbours{{1, 1.0f}}));
}
