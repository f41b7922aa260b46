#include <rapt/recommend/candidates.hpp>

#include "support/allocation_counter.hpp"
#include "support/catch.hpp"

#include <cmath>
#include <vector>

namespace {

// Four items of popularity 1, 3, 0 and 7, with relations that are easy to tell apart.
struct CandidatesCase {
  rapt::ItemRelations known{rapt::Tensor<float, 1>({4}, {1, 3, 0, 7}),
                            rapt::Tensor<float, 2>({4, 4}, {0, .1f, .2f, .3f, .1f, 0, .4f, .5f,  //
                                                            .2f, .4f, 0, .6f, .3f, .5f, .6f, 0})};
  rapt::Tensor<float, 2> linear{{4, 4}, {0, 1, 2, 3, 10, 0, 20, 30, -1, -2, 0, -3, 4, 5, 6, 0}};
  rapt::ProposedScores scores;
  CandidatesCase() {
    scores.linear = rapt::Tensor<float, 2>({2, 4}, {0, 0, 0, 0, .11f, .12f, .13f, .14f});
    scores.neural = rapt::Tensor<float, 2>({2, 4}, {0, 0, 0, 0, .21f, .22f, .23f, .24f});
    scores.blended = rapt::Tensor<float, 2>({2, 4}, {9, 8, 7, 6, .31f, .32f, .33f, .34f});
  }
};

}  // namespace

TEST_CASE("CandidateLists hold features and sorted evidence worked out by hand", "[recommend][candidates]") {
  CandidatesCase c;
  rapt::CandidateLists lists;
  const std::vector<rapt::Index> profile{0, 2};
  const std::vector<rapt::ScoredItem> best{{3, .34f}, {1, .32f}};

  lists.append(profile, best, c.scores, 1, c.known, c.linear, true);

  REQUIRE(lists.width == 7);
  const double mean = std::log(2.0) / 2;  // log(1 + 1) and log(1 + 0)
  const std::vector<double> expected{
      .34, .14, .24, std::log(8.0), std::log(8.0) - mean, std::log(3.0), 0,              // item 3, rank 0
      .32, .12, .22, std::log(4.0), std::log(4.0) - mean, std::log(3.0), std::log(2.0),  // item 1, rank 1
  };
  REQUIRE(lists.features.size() == expected.size());
  for (std::size_t k = 0; k < expected.size(); ++k)
    CHECK(static_cast<double>(lists.features[k]) == Catch::Approx(expected[k]).margin(1e-7));
  // Each relation from strong to weak, times 10: B_03 = 3, B_23 = -3; cosines .6 and .3.
  const std::vector<double> evidence{30, 6, -30, 3, 10, 4, -20, 1};
  REQUIRE(lists.evidence.size() == evidence.size());
  for (std::size_t k = 0; k < evidence.size(); ++k)
    CHECK(static_cast<double>(lists.evidence[k]) == Catch::Approx(evidence[k]));
  CHECK(lists.evidence_offsets == std::vector<rapt::Index>{0, 2, 4});
  CHECK(lists[0][1] == 1);
}

TEST_CASE("CandidateLists keep the strongest evidence of a long profile only", "[recommend][candidates]") {
  const rapt::Index n = rapt::CandidateLists::strongest + 5;
  rapt::Tensor<float, 2> linear({n, n}), cosine({n, n});
  std::vector<rapt::Index> profile;
  for (rapt::Index i = 1; i < n; ++i) {
    profile.push_back(i);
    linear(i, 0) = static_cast<float>(i);
  }
  const rapt::ItemRelations known(rapt::Tensor<float, 1>({n}), cosine);
  rapt::ProposedScores scores;
  scores.blended.resize({1, n}).matrix().setZero();
  rapt::CandidateLists lists;
  const std::vector<rapt::ScoredItem> best{{0, 0}};
  lists.append(profile, best, scores, 0, known, linear, true);
  CHECK(lists.evidence_offsets.back() == rapt::CandidateLists::strongest);
  CHECK(lists.evidence.front() == 10 * static_cast<float>(n - 1));
  CHECK(lists.evidence[lists.evidence.size() - 2] == 10 * static_cast<float>(5));

  lists.append(profile, best, scores, 0, known, {}, true);  // without a linear path that relation is 0
  CHECK(lists.evidence[2 * static_cast<std::size_t>(rapt::CandidateLists::strongest)] == 0);
  lists.append(profile, best, scores, 0, known, {}, false);  // without attention there is no evidence
  CHECK(lists.evidence_offsets.back() == 2 * rapt::CandidateLists::strongest);
  CHECK(lists.width == rapt::CandidateLists::fixed_features);
}

TEST_CASE("CandidateBatch takes chosen lists with ragged offsets in the order asked for",
          "[recommend][candidates]") {
  CandidatesCase c;
  rapt::CandidateLists first, lists;
  first.append(std::vector<rapt::Index>{0}, std::vector<rapt::ScoredItem>{{1, 8}, {2, 7}, {3, 6}}, c.scores,
               0, c.known, c.linear, true);
  first.positive = {0, 1, 0};
  lists.append(std::vector<rapt::Index>{}, std::vector<rapt::ScoredItem>{{0, 9}}, c.scores, 0, c.known,
               c.linear, true);
  lists.positive = {1};
  lists.append(first);
  lists.append(std::vector<rapt::Index>{0, 2}, std::vector<rapt::ScoredItem>{{3, 1}}, c.scores, 1, c.known,
               c.linear, true);
  lists.positive.push_back(0);
  REQUIRE(lists.size() == 3);
  rapt::CandidateBatch batch;

  batch.fill(lists, std::vector<rapt::Index>{2, 1});

  const auto all = [](const auto& tensor) { return std::vector(tensor.begin(), tensor.end()); };
  CHECK(all(batch.list_offsets) == std::vector<rapt::Index>{0, 1, 4});
  CHECK(all(batch.evidence_offsets) == std::vector<rapt::Index>{0, 2, 3, 4, 5});
  CHECK(all(batch.prior) == std::vector<float>{.34f, 8, 7, 6});
  CHECK(all(batch.positive) == std::vector<bool>{false, false, true, false});
  CHECK(batch.features.shape() == rapt::Shape<2>{4, 7});
  CHECK(batch.features(2, 0) == 7);
  CHECK(batch.features(2, 6) == Catch::Approx(std::log(2.0)));  // its rank in its own list
  CHECK(all(batch.evidence) == std::vector<float>{30, 6, -30, 3, 10, 1, 20, 2, 30, 3});

  lists.positive.clear();
  batch.fill(lists, std::vector<rapt::Index>{0});
  CHECK_FALSE(batch.positive(0));
  CHECK(batch.evidence.extent(0) == 0);
  if (!rapt_test::can_count_allocations()) return;
  const std::vector<rapt::Index> chosen{1, 2};
  const long before = rapt_test::allocation_count();
  batch.fill(lists, chosen);
  const long after = rapt_test::allocation_count();
  CHECK(after == before);
}
