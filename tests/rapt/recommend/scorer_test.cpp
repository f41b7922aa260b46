#include <rapt/recommend/scorer.hpp>

#include "support/catch.hpp"

#include <vector>

namespace {

// Scores item j of profile p with sum(p) + j.
class ScorerOfSums final : public rapt::Scorer {
 public:
  rapt::Index items() const override { return 4; }

 private:
  void write_scores(const rapt::ItemRows& profiles, rapt::TensorView<float, 2> scores) const override {
    for (rapt::Index row = 0; row < profiles.size(); ++row) {
      rapt::Index sum = 0;
      for (const rapt::Index item : profiles[row]) sum += item;
      for (rapt::Index j = 0; j < items(); ++j) scores(row, j) = static_cast<float>(sum + j);
    }
  }
};

}  // namespace

TEST_CASE("Scorer::score checks shapes and ids before anything is written", "[recommend][scorer]") {
  const ScorerOfSums scorer;
  rapt::ItemRowsBuffer profiles;
  profiles.append(std::vector<rapt::Index>{1, 2});
  profiles.append({});
  rapt::Tensor<float, 2> right({2, 4}), wrong({2, 5});

  scorer.score(profiles.rows(), right);
  CHECK(right(0, 3) == 6);
  CHECK(right(1, 3) == 3);

  wrong.fill(-7);
  using Catch::Matchers::Message;
  CHECK_THROWS_MATCHES(scorer.score(profiles.rows(), wrong), rapt::ShapeError,
                       Message("Scorer::score: scores has shape (2, 5), expected (2, 4)"));
  profiles.clear();
  profiles.append({});
  profiles.append(std::vector<rapt::Index>{4});
  right.fill(-7);
  CHECK_THROWS_MATCHES(scorer.score(profiles.rows(), right), std::out_of_range,
                       Message("Scorer::score: item 4 is not in [0, 4)"));
  CHECK(right(0, 0) == -7);
  CHECK(wrong(0, 0) == -7);
}

TEST_CASE("score_profile scores one list of items", "[recommend][scorer]") {
  const std::vector<rapt::Index> profile{3, 1};
  const auto scores = rapt::score_profile(ScorerOfSums(), profile);
  CHECK(scores(0) == 4);
  CHECK(scores(3) == 7);
  CHECK(ScorerOfSums().attention(profile, 0).empty());
}
