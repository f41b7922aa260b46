#include <rapt/recommend/item_weights.hpp>

#include "support/catch.hpp"
#include "support/draw.hpp"

#include <algorithm>
#include <vector>

TEST_CASE("score_by_item_weights adds the rows of the profile's items", "[recommend][item_weights]") {
  const rapt::Tensor<float, 2> weights({3, 3}, {0, 1, 2, 10, 0, 20, 100, 200, 0});
  rapt::ItemRowsBuffer profiles;
  profiles.append(std::vector<rapt::Index>{0, 2});
  profiles.append({});
  profiles.append(std::vector<rapt::Index>{1});
  rapt::Tensor<float, 2> scores({3, 3});
  scores.fill(7);

  score_by_item_weights(weights, profiles.rows(), scores);

  CHECK(std::vector<float>(scores.begin(), scores.end()) ==
        std::vector<float>{100, 201, 2, 0, 0, 0, 10, 0, 20});
}

TEST_CASE("score_by_item_weights gives the same bits at any number of threads", "[recommend][item_weights]") {
  rapt_test::Draw draw(5);
  const auto weights = draw.normal<float, 2>({40, 40});
  rapt::ItemRowsBuffer profiles;
  for (rapt::Index row = 0; row < 50; ++row) {
    const auto ids = draw.indices<1>({row % 7}, 40);
    profiles.append({ids.begin(), ids.end()});
  }
  rapt::Tensor<float, 2> one({50, 40}), many({50, 40});
  score_by_item_weights(weights, profiles.rows(), one);
  rapt::set_parallel_threshold(0);
  for (const rapt::Index threads : {2, 3}) {
    rapt::set_threads(threads);
    score_by_item_weights(weights, profiles.rows(), many);
    CHECK(std::equal(one.begin(), one.end(), many.begin()));
  }
  rapt::set_threads(1);
  rapt::set_parallel_threshold(100'000);
}
