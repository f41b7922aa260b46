#include <rapt/recommend/split.hpp>

#include "support/catch.hpp"

#include <vector>

namespace {

// User u has u items.
rapt::Interactions split_staircase(rapt::Index users) {
  std::vector<rapt::Interaction> pairs;
  for (rapt::Index u = 0; u < users; ++u) {
    for (rapt::Index i = 0; i < u; ++i) pairs.push_back({u, i, 1, 1000 - i});
  }
  return {users, users, pairs, {false, true}};
}

}  // namespace

TEST_CASE("split_random holds out the rounded share of each user and loses no pair", "[recommend][split]") {
  const auto all = split_staircase(40);

  const auto split = rapt::split_random(all, 0.2, 3);

  for (rapt::Index u = 0; u < all.users(); ++u) {
    const auto n = static_cast<double>(all.items_of(u).size());
    CHECK(split.held_out.items_of(u).size() == static_cast<std::size_t>(std::lround(0.2 * n)));
    for (const rapt::Index i : all.items_of(u))
      CHECK(split.train.contains(u, i) != split.held_out.contains(u, i));
  }
  CHECK(split.kept_whole == 2);  // users with 1 and 2 items
  CHECK(split.train.fields() == all.fields());
}

TEST_CASE("split_random follows the seed and never takes the last item of a user", "[recommend][split]") {
  const auto all = split_staircase(30);
  const auto first = rapt::split_random(all, 0.5, 1), same = rapt::split_random(all, 0.5, 1);
  const auto other = rapt::split_random(all, 0.5, 2);
  CHECK(first.held_out.pairs() == same.held_out.pairs());
  CHECK(first.held_out.pairs() != other.held_out.pairs());

  const auto everything = rapt::split_random(all, 1, 1);
  for (rapt::Index u = 1; u < all.users(); ++u) CHECK(everything.train.items_of(u).size() == 1);
  CHECK(rapt::split_random(all, 0, 1).held_out.size() == 0);
  CHECK_THROWS_MATCHES(rapt::split_random(all, 1.5, 1), std::invalid_argument,
                       Catch::Matchers::Message("split_random: fraction is 1.5, expected 0 to 1"));
  CHECK_THROWS_AS(rapt::split_random(all, std::nan(""), 1), std::invalid_argument);
}

TEST_CASE("split_leave_last takes the latest by time and keeps users with too few whole",
          "[recommend][split]") {
  const auto split = rapt::split_leave_last(split_staircase(5), 2);
  CHECK(split.kept_whole == 2);
  CHECK(split.held_out.items_of(2).empty());
  // Times fall with the item: the latest items are 0 and 1.
  CHECK(split.held_out.contains(4, 0));
  CHECK(split.held_out.contains(4, 1));
  CHECK(split.train.contains(4, 2));
  CHECK_THROWS_AS(rapt::split_leave_last(split_staircase(5), 0), std::invalid_argument);
}

TEST_CASE("split_leave_last goes by the order of the input where times are missing or equal",
          "[recommend][split]") {
  const bool timed = GENERATE(false, true);
  const std::vector<rapt::Interaction> pairs{{0, 5, 1, 7}, {0, 1, 1, 7}, {0, 3, 1, 7}};
  const auto split = rapt::split_leave_last(rapt::Interactions(1, 6, pairs, {false, timed}));
  CHECK(split.held_out.contains(0, 3));
  CHECK(split.train.size() == 2);
}
