#include <rapt/recommend/interactions.hpp>

#include "support/catch.hpp"

#include <vector>

namespace {

std::vector<rapt::Index> ids_of(std::span<const rapt::Index> ids) { return {ids.begin(), ids.end()}; }

rapt::Interactions three_by_four() {
  const std::vector<rapt::Interaction> pairs{
      {2, 3, 5, 30}, {0, 1, 4, 10}, {2, 0, 3, 20}, {0, 1, 2, 40}, {0, 0, 1, 50}};
  return {3, 4, pairs, {true, true}};
}

}  // namespace

TEST_CASE("Interactions hold the pairs by user and by item in ascending order", "[recommend][interactions]") {
  const auto x = three_by_four();
  CHECK(x.users() == 3);
  CHECK(x.items() == 4);
  CHECK(x.size() == 4);
  CHECK(ids_of(x.items_of(0)) == std::vector<rapt::Index>{0, 1});
  CHECK(x.items_of(1).empty());
  CHECK(ids_of(x.items_of(2)) == std::vector<rapt::Index>{0, 3});
  CHECK(ids_of(x.users_of(0)) == std::vector<rapt::Index>{0, 2});
  CHECK(ids_of(x.users_of(1)) == std::vector<rapt::Index>{0});
  CHECK(x.users_of(2).empty());
  CHECK(x.contains(2, 3));
  CHECK_FALSE(x.contains(1, 3));
}

TEST_CASE("Interactions keep the last of a repeated pair and count the others as merged",
          "[recommend][interactions]") {
  const auto x = three_by_four();
  CHECK(x.merged() == 1);
  CHECK(x.ratings_of(0)[1] == 2);
  CHECK(x.times_of(0)[1] == 40);
  const std::vector<rapt::Interaction> expected{{2, 3, 5, 30}, {2, 0, 3, 20}, {0, 1, 2, 40}, {0, 0, 1, 50}};
  CHECK(x.pairs() == expected);
}

TEST_CASE("Interactions without ratings and times store none", "[recommend][interactions]") {
  const std::vector<rapt::Interaction> pairs{{0, 0, 5, 9}};
  const rapt::Interactions x(1, 1, pairs);
  CHECK(x.ratings_of(0).empty());
  CHECK(x.times_of(0).empty());
  CHECK(x.pairs()[0].rating == 1);
}

TEST_CASE("Interactions refuse ids beyond the shape and negative shapes", "[recommend][interactions]") {
  const std::vector<rapt::Interaction> user{{3, 0}}, item{{0, 4}}, negative{{0, -1}};
  using Catch::Matchers::Message;
  CHECK_THROWS_MATCHES(rapt::Interactions(3, 4, user), std::out_of_range,
                       Message("Interactions: user 3 is not in [0, 3)"));
  CHECK_THROWS_MATCHES(rapt::Interactions(3, 4, item), std::out_of_range,
                       Message("Interactions: item 4 is not in [0, 4)"));
  CHECK_THROWS_MATCHES(rapt::Interactions(3, 4, negative), std::out_of_range,
                       Message("Interactions: item -1 is not in [0, 4)"));
  CHECK_THROWS_MATCHES(rapt::Interactions(-1, 4, {}), std::invalid_argument,
                       Message("Interactions: -1 users and 4 items, expected none below 0"));
}

TEST_CASE("Interactions of one user with a million items and of a million users take memory in proportion",
          "[recommend][interactions]") {
  const rapt::Index many = 1'000'000;
  std::vector<rapt::Interaction> wide, tall;
  for (rapt::Index k = 0; k < many; ++k) {
    wide.push_back({0, k});
    tall.push_back({k, 0});
  }
  CHECK(rapt::Interactions(1, many, wide).items_of(0).size() == 1'000'000);
  CHECK(rapt::Interactions(many, 1, tall).users_of(0).size() == 1'000'000);
}

TEST_CASE("merge joins the pairs of both and refuses other shapes", "[recommend][interactions]") {
  const std::vector<rapt::Interaction> one{{0, 1}, {1, 0}}, two{{0, 1}, {0, 2}};
  const auto both = merge(rapt::Interactions(2, 3, one), rapt::Interactions(2, 3, two));
  CHECK(both.size() == 3);
  CHECK(both.merged() == 1);
  CHECK(ids_of(both.items_of(0)) == std::vector<rapt::Index>{1, 2});
  CHECK_THROWS_MATCHES(merge(rapt::Interactions(2, 3, one), rapt::Interactions(2, 4, two)),
                       std::invalid_argument,
                       Catch::Matchers::Message("merge: 2 users and 3 items against 2 and 4"));
}
