#include <rapt/recommend/beyond_accuracy.hpp>

#include "support/catch.hpp"

#include <cmath>
#include <vector>

namespace {

using Catch::Approx;

// Items by users: 0 has 4, 1 has 3, 2 has 2, 3 has 1, 4 has none: 10 pairs, of which item 0 is the first 40
// %.
rapt::Interactions beyond_train() {
  const std::vector<rapt::Interaction> pairs{{0, 0}, {1, 0}, {2, 0}, {3, 0}, {0, 1},
                                             {1, 1}, {2, 1}, {0, 2}, {1, 2}, {0, 3}};
  return {4, 5, pairs};
}

}  // namespace

TEST_CASE("Lists are measured as worked out by hand", "[recommend][beyond_accuracy]") {
  const auto train = beyond_train();
  const std::vector<std::vector<rapt::Index>> lists{{3, 4}, {3}};
  const auto figures = rapt::beyond_accuracy(lists, {2, 3}, train, 2);
  CHECK(figures.coverage == Approx(2.0 / 5));
  // sorted counts 0 0 0 1 2: (2 * 1 + 4 * 2) / (5 * 3)
  CHECK(figures.gini == Approx(10.0 / 15));
  CHECK(figures.novelty == Approx(2));    // 1 of 4 users, and an item without users counts as one with one
  CHECK(figures.diversity == Approx(1));  // nobody has both; the list of one is left out
  // 0 makes up 0 to 40 %, 1 up to 70, 2 up to 90, 3 the rest: popular, middling, middling, rare, rare
  CHECK(figures.tail == Approx(1));
  // profile of user 2: half popular, half middling; of user 3: popular. The lists: rare.
  CHECK(figures.miscalibration == Approx(1));
}

TEST_CASE("A list that is like its profile is calibrated", "[recommend][beyond_accuracy]") {
  const auto train = beyond_train();
  const auto figures = rapt::beyond_accuracy({{0, 2}}, {2}, train, 5);
  CHECK(figures.miscalibration == Approx(0).margin(1e-12));
  CHECK(figures.diversity == Approx(1 - 2 / std::sqrt(8.0)));
  // half of the list popular, the profile as well: p = (1/2, 1/2, 0) against (1, 0, 0) by hand
  const auto apart = rapt::beyond_accuracy({{0}}, {2}, train, 5);
  CHECK(apart.miscalibration == Approx(0.5 * std::log2(1 / 0.75) + 0.25 * std::log2(0.5 / 0.75) + 0.25));
}

TEST_CASE("Only the first n places of a list count", "[recommend][beyond_accuracy]") {
  const auto train = beyond_train();
  const auto figures = rapt::beyond_accuracy({{0, 1, 2, 3, 4}, {}}, {3, 2}, train, 1);
  CHECK(figures.coverage == Approx(1.0 / 5));
  CHECK(figures.gini == Approx(4.0 / 5));
  CHECK(figures.tail == 0);
  CHECK(figures.novelty == 0);
}

TEST_CASE("beyond_accuracy gives the same bits at any number of threads",
          "[recommend][beyond_accuracy][threads]") {
  const auto train = beyond_train();
  std::vector<std::vector<rapt::Index>> lists;
  std::vector<rapt::Index> users;
  for (rapt::Index k = 0; k < 100; ++k) {
    lists.push_back({k % 5, (k + 2) % 5, (k + 3) % 5});
    users.push_back(k % 4);
  }
  const auto one = rapt::beyond_accuracy(lists, users, train, 3);
  rapt::set_parallel_threshold(0);
  rapt::set_threads(3);
  const auto three = rapt::beyond_accuracy(lists, users, train, 3);
  rapt::set_threads(1);
  rapt::set_parallel_threshold(100'000);
  for (const auto& [name, value] : rapt::BeyondAccuracy::all()) {
    INFO(name);
    CHECK(one.*value == three.*value);
  }
}

TEST_CASE("beyond_accuracy names what does not fit", "[recommend][beyond_accuracy][errors]") {
  const auto train = beyond_train();
  CHECK_THROWS_MATCHES(
      rapt::beyond_accuracy({{0}}, {0, 1}, train, 0), std::invalid_argument,
      Catch::Matchers::Message("beyond_accuracy: 1 lists for 2 users, n is 0; expected one list "
                               "a user and n >= 1"));
  CHECK_THROWS_MATCHES(rapt::beyond_accuracy({{5}}, {0}, train, 1), std::out_of_range,
                       Catch::Matchers::Message("beyond_accuracy: item 5 is not in [0, 5)"));
  CHECK_THROWS_MATCHES(rapt::beyond_accuracy({{0}}, {4}, train, 1), std::out_of_range,
                       Catch::Matchers::Message("beyond_accuracy: user 4 is not in [0, 4)"));
}
