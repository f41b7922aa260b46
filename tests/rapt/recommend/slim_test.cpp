#include <rapt/recommend/slim.hpp>

#include "support/catch.hpp"
#include "support/recommend.hpp"

#include <vector>

TEST_CASE("Slim gives the scores that coordinate descent converges to", "[recommend][slim][golden]") {
  const auto seen = rapt_test::golden_interactions("seen");
  using rapt_test::baseline_difference;
  CHECK(baseline_difference(rapt::Slim::fit(seen, {0.1, 2, 2000}), "slim") < 1e-4);
  CHECK(baseline_difference(rapt::Slim::fit(seen, {1, 0.5, 2000}), "slim.sparse") < 1e-4);
}

TEST_CASE("Slim keeps positive weights only and none of an item for itself", "[recommend][slim]") {
  const auto model = rapt::Slim::fit(rapt_test::golden_interactions("seen"), {0.1, 2, 50});
  CHECK_FALSE(model.neighbours().empty());
  for (rapt::Index i = 0; i < model.items(); ++i) {
    for (auto k = model.offsets()[static_cast<std::size_t>(i)];
         k < model.offsets()[static_cast<std::size_t>(i) + 1]; ++k) {
      CHECK(model.neighbours()[static_cast<std::size_t>(k)].item != i);
      CHECK(model.neighbours()[static_cast<std::size_t>(k)].similarity > 0);
    }
  }
}

TEST_CASE("Slim gets sparser with a larger l1", "[recommend][slim]") {
  const auto seen = rapt_test::golden_interactions("seen");
  CHECK(rapt::Slim::fit(seen, {2, 1, 200}).neighbours().size() <
        rapt::Slim::fit(seen, {0.1, 1, 200}).neighbours().size());
}

TEST_CASE("Slim gives the same bits at any number of threads", "[recommend][slim][threads]") {
  const auto seen = rapt_test::golden_interactions("seen");
  const auto one = rapt::Slim::fit(seen, {0.1, 2, 20});
  rapt::set_parallel_threshold(0);
  rapt::set_threads(3);
  const auto three = rapt::Slim::fit(seen, {0.1, 2, 20});
  rapt::set_threads(1);
  rapt::set_parallel_threshold(100'000);
  REQUIRE(one.offsets() == three.offsets());
  for (std::size_t k = 0; k < one.neighbours().size(); ++k)
    CHECK(one.neighbours()[k].similarity == three.neighbours()[k].similarity);
}

TEST_CASE("Slim names settings that are out of range", "[recommend][slim][errors]") {
  const auto seen = rapt_test::golden_interactions("seen");
  CHECK_THROWS_MATCHES(
      rapt::Slim::fit(seen, {-1, 2, 0}), std::invalid_argument,
      Catch::Matchers::Message("Slim::fit: l1 is -1, l2 2, iterations 0; expected penalties of "
                               "at least 0 and at least 1 iteration"));
  const std::vector<rapt::Interaction> none;
  CHECK_THROWS_MATCHES(rapt::Slim::fit(rapt::Interactions(1, 25'001, none), {}), std::length_error,
                       Catch::Matchers::Message(
                           "Slim::fit: 25001 items, the limit is 25000; drop rare items or take ItemKnn"));
}
