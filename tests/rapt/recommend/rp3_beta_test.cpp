#include <rapt/recommend/rp3_beta.hpp>

#include "support/catch.hpp"
#include "support/recommend.hpp"

#include <vector>

TEST_CASE("Rp3Beta gives the scores of the golden walks", "[recommend][rp3_beta][golden]") {
  const auto seen = rapt_test::golden_interactions("seen");
  using rapt_test::baseline_difference;
  CHECK(baseline_difference(rapt::Rp3Beta::fit(seen, {6, 0.8, 0}), "p3alpha") < 1e-6);
  CHECK(baseline_difference(rapt::Rp3Beta::fit(seen, {4, 1.3, 0.5}), "rp3beta") < 1e-6);
  CHECK(baseline_difference(rapt::Rp3Beta::fit(seen, {5, 1, 0.7, true}), "rp3beta.normalized") < 1e-6);
}

TEST_CASE("Rp3Beta walks item to user to item", "[recommend][rp3_beta]") {
  // user 0 has items 0 and 1, user 1 has 1 and 2 and 3
  const std::vector<rapt::Interaction> pairs{{0, 0}, {0, 1}, {1, 1}, {1, 2}, {1, 3}};
  const auto model = rapt::Rp3Beta::fit(rapt::Interactions(2, 5, pairs), {10, 1, 0});
  const auto scores = rapt::score_profile(model, std::vector<rapt::Index>{1});
  CHECK(scores(0) == Catch::Approx(1.0 / 2 / 2));  // two users, two items of user 0
  CHECK(scores(2) == Catch::Approx(1.0 / 2 / 3));
  CHECK(scores(1) == 0);
  CHECK(scores(4) == 0);  // nobody has it
}

TEST_CASE("Rp3Beta gives the same bits at any number of threads", "[recommend][rp3_beta][threads]") {
  const auto seen = rapt_test::golden_interactions("seen");
  const auto one = rapt::Rp3Beta::fit(seen);
  rapt::set_parallel_threshold(0);
  rapt::set_threads(3);
  const auto three = rapt::Rp3Beta::fit(seen);
  rapt::set_threads(1);
  rapt::set_parallel_threshold(100'000);
  REQUIRE(one.offsets() == three.offsets());
  for (std::size_t k = 0; k < one.neighbours().size(); ++k) {
    CHECK(one.neighbours()[k].item == three.neighbours()[k].item);
    CHECK(one.neighbours()[k].similarity == three.neighbours()[k].similarity);
  }
}

TEST_CASE("Rp3Beta names settings that are out of range", "[recommend][rp3_beta][errors]") {
  const auto seen = rapt_test::golden_interactions("seen");
  CHECK_THROWS_MATCHES(
      rapt::Rp3Beta::fit(seen, {0, -1, 0.5}), std::invalid_argument,
      Catch::Matchers::Message("Rp3Beta::fit: k is 0, alpha -1, beta 0.5; expected k >= 1 and "
                               "alpha and beta of at least 0"));
  CHECK_THROWS_AS(rapt::Rp3Beta::fit(seen, {5, 1, -0.5}), std::invalid_argument);
}
