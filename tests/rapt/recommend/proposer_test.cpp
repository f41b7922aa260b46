#include <rapt/recommend/proposer.hpp>

#include "support/catch.hpp"

#include <cmath>
#include <memory>
#include <vector>

namespace {

std::vector<double> proposer_standardised(std::vector<double> row) {
  double mean = 0, square = 0;
  for (const double v : row) mean += v / static_cast<double>(row.size());
  for (const double v : row) square += (v - mean) * (v - mean) / static_cast<double>(row.size());
  for (double& v : row) v = square > 0 ? (v - mean) / std::sqrt(square) : 0;
  return row;
}

void proposer_check_row(rapt::TensorView<const float, 1> row, const std::vector<double>& expected) {
  REQUIRE(row.extent(0) == static_cast<rapt::Index>(expected.size()));
  for (rapt::Index i = 0; i < row.extent(0); ++i)
    CHECK(static_cast<double>(row(i)) == Catch::Approx(expected[static_cast<std::size_t>(i)]).margin(1e-6));
}

// A generator that gives the same scores to everybody: those of its last bias.
std::shared_ptr<const rapt::ProfileGenerator<float>> proposer_constant(std::initializer_list<float> scores) {
  rapt::RandomStream stream(1);
  const auto n = static_cast<rapt::Index>(scores.size());
  rapt::ProfileGenerator<float> generator(n, {2, 2, 1, 2}, stream);
  generator.scores.weight.fill(0);
  generator.scores.bias = rapt::Tensor<float, 1>({n}, scores);
  return std::make_shared<const rapt::ProfileGenerator<float>>(generator);
}

std::shared_ptr<const rapt::LinearPath> proposer_path() {
  rapt::LinearPath path;
  path.evidence = rapt::Tensor<float, 2>({3, 3}, {0, 1, 3, 2, 0, 2, 1, 5, 0});
  return std::make_shared<const rapt::LinearPath>(path);
}

}  // namespace

TEST_CASE("standardise takes away the mean and divides by the deviation", "[recommend][proposer]") {
  std::vector<float> row{1, 3, 1, 3}, constant{4, 4, 4}, none;
  rapt::standardise(row);
  rapt::standardise(constant);
  rapt::standardise(none);
  CHECK(row == std::vector<float>{-1, 1, -1, 1});
  CHECK(constant == std::vector<float>{0, 0, 0});
}

TEST_CASE("Proposer blends the standardised paths by its weight", "[recommend][proposer]") {
  rapt::Proposer proposer{
      proposer_path(), {proposer_constant({4, 0, 2}), proposer_constant({1, 1, 7})}, 0.25};
  const rapt::Index offsets[] = {0, 2, 2}, items[] = {0, 2};
  rapt::ProposedScores scores;

  proposer.score({offsets, items}, scores);

  const auto linear = proposer_standardised({1, 6, 3});
  auto neural = proposer_standardised({4, 0, 2});
  const auto second = proposer_standardised({1, 1, 7});
  for (std::size_t i = 0; i < 3; ++i) neural[i] += second[i];
  neural = proposer_standardised(neural);
  const auto blended = [&](double w) {
    std::vector<double> sum(3);
    for (std::size_t i = 0; i < 3; ++i) sum[i] = w * neural[i] + (1 - w) * linear[i];
    return proposer_standardised(sum);
  };
  CHECK(scores.paths().size() == 2);
  proposer_check_row(scores.linear[0], linear);
  proposer_check_row(scores.linear[1], {0, 0, 0});  // an empty profile has no linear scores
  proposer_check_row(scores.neural[0], neural);
  proposer_check_row(scores.blended[0], blended(0.25));
  proposer_check_row(scores.blended[1], neural);
  proposer.generator_weight = 0.75;
  proposer.blend(scores);
  proposer_check_row(scores.blended[0], blended(0.75));
}

TEST_CASE("Proposer lets a path that is alone decide and forgets the other", "[recommend][proposer]") {
  const rapt::Index offsets[] = {5, 6}, items[] = {0, 0, 0, 0, 0, 1};  // a slice of longer rows
  rapt::ProposedScores scores;
  rapt::Proposer{proposer_path(), {}, 0.5}.score({offsets, items}, scores);
  REQUIRE(scores.paths().size() == 1);
  proposer_check_row(scores.blended[0], proposer_standardised({2, 0, 2}));

  rapt::Proposer{nullptr, {proposer_constant({4, 0, 2})}, 0.5}.score({offsets, items}, scores);
  REQUIRE(scores.paths().size() == 1);
  CHECK(scores.linear.size() == 0);
  proposer_check_row(scores.blended[0], proposer_standardised({4, 0, 2}));
}

TEST_CASE("Proposer scores no profiles and refuses unknown items", "[recommend][proposer][errors]") {
  const rapt::Proposer proposer{proposer_path(), {proposer_constant({4, 0, 2})}, 0.5};
  rapt::ProposedScores scores;
  proposer.score({}, scores);
  CHECK(scores.blended.shape() == rapt::Shape<2>{0, 3});
  const rapt::Index offsets[] = {0, 1}, items[] = {3};
  CHECK_THROWS_AS(proposer.score({offsets, items}, scores), std::out_of_range);
  CHECK_THROWS_AS(rapt::Proposer{}.items(), std::out_of_range);
}
