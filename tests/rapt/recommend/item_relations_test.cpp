#include <rapt/recommend/item_relations.hpp>

#include "support/catch.hpp"
#include "support/planted.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

TEST_CASE("ItemRelations gives popularity and the shrunk cosine worked out by hand",
          "[recommend][item_relations]") {
  // Item 0 has users 0 1 2, item 1 has users 0 1, item 2 has user 3, item 3 nobody.
  const std::vector<rapt::Interaction> pairs{{0, 0}, {0, 1}, {1, 0}, {1, 1}, {2, 0}, {3, 2}};
  const rapt::ItemRelations known(rapt::Interactions(4, 4, pairs));
  CHECK(std::vector<float>(known.popularity().begin(), known.popularity().end()) ==
        std::vector<float>{3, 2, 1, 0});
  const double expected = 2 / (std::sqrt(3.0 * 2.0) + 5);
  for (rapt::Index i = 0; i < 4; ++i) {
    for (rapt::Index j = 0; j < 4; ++j) {
      const bool both = (i == 0 && j == 1) || (i == 1 && j == 0);
      CHECK(known.cosine()(i, j) == Catch::Approx(both ? expected : 0));
    }
  }
}

TEST_CASE("ItemRelations gives the same bits at any number of threads", "[recommend][item_relations]") {
  const auto x = rapt_test::planted_interactions(60, 50, 5, 6, 7);
  const rapt::ItemRelations one(x);
  rapt::set_parallel_threshold(0);
  for (const rapt::Index threads : {2, 3}) {
    rapt::set_threads(threads);
    const rapt::ItemRelations many(x);
    CHECK(std::equal(one.cosine().begin(), one.cosine().end(), many.cosine().begin()));
  }
  rapt::set_threads(1);
  rapt::set_parallel_threshold(100'000);
}

TEST_CASE("ItemRelations refuses stored values of unlike sizes", "[recommend][item_relations][errors]") {
  CHECK_THROWS_WITH(rapt::ItemRelations(rapt::Tensor<float, 1>({3}), rapt::Tensor<float, 2>({3, 2})),
                    "ItemRelations: cosine has shape (3, 2), expected (3, 3)");
}
