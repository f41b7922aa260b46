#include <rapt/loss/candidate_list_loss.hpp>

#include <rapt/testing/golden.hpp>

#include "support/catch.hpp"
#include "support/loss_properties.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

namespace {

template <class T>
struct CandidateListSample {
  explicit CandidateListSample(rapt_test::Draw& draw) {
    const rapt::Index lists = draw.positive();
    offsets.resize({lists + 1});
    offsets(0) = 0;
    for (rapt::Index n = 0; n < lists; ++n) offsets(n + 1) = offsets(n) + draw.size();
    scores = draw.normal<T, 2>({offsets(lists), 1}, 2);
    positive = draw.mask<1>({offsets(lists)}, 0.3);
  }
  rapt::CandidateListLoss<T> loss;
  rapt::Tensor<rapt::Index, 1> offsets;
  rapt::Tensor<T, 2> scores;
  rapt::Tensor<bool, 1> positive;
  auto prediction() const { return scores.view(); }
  rapt::CandidateListTarget target() const { return {positive, offsets}; }
};

}  // namespace

RAPT_TEST_LOSS("CandidateListLoss", CandidateListSample, "[loss][candidate_list]")

TEST_CASE("CandidateListLoss gives the values worked out by hand", "[loss][candidate_list]") {
  const rapt::CandidateListLoss<double> loss;
  rapt::CandidateListLoss<double>::Cache cache;
  // List 0: one positive of score log 2 against negatives log 1 and log 3; list 1 has no positive, list 2 no
  // negative.
  const rapt::Tensor<double, 2> scores({5, 1}, {std::log(2.0), 0, std::log(3.0), 9, 9});
  const rapt::Tensor<bool, 1> positive({5}, {true, false, false, false, true});
  const rapt::Tensor<rapt::Index, 1> offsets({4}, {0, 3, 4, 5});

  // softplus(log 4 - log 2) = log 3, and the lone positive of list 2 costs nothing
  CHECK(loss.forward(scores, {positive, offsets}, cache) == Catch::Approx(std::log(3.0) / 2));
  const auto d = loss.backward(cache);
  // slope of softplus at log 2 is 2/3, halved by the mean over two positives; negatives share it 1 : 3
  CHECK(d(0, 0) == Catch::Approx(-1.0 / 3));
  CHECK(d(1, 0) == Catch::Approx(1.0 / 12));
  CHECK(d(2, 0) == Catch::Approx(3.0 / 12));
  CHECK(d(3, 0) == 0);
  CHECK(d(4, 0) == 0);
}

TEST_CASE("CandidateListLoss loses no digits over many equal terms in float", "[loss][candidate_list]") {
  const rapt::CandidateListLoss<float> loss;
  rapt::CandidateListLoss<float>::Cache cache;
  const rapt::Index many = 1 << 20;
  rapt::Tensor<float, 2> scores({2 * many, 1});
  rapt::Tensor<bool, 1> positive({2 * many});
  const rapt::Tensor<rapt::Index, 1> one({2}, {0, 2 * many});
  scores.fill(0.1f);
  for (rapt::Index n = 0; n < many; ++n) positive(n) = true;
  // Every positive costs softplus(log(many)).
  const double n = static_cast<double>(many);
  const auto close = [](double x) { return Catch::Approx(x).epsilon(1e-6).margin(0); };
  CHECK(loss.forward(scores, {positive, one}, cache) == close(std::log1p(n)));
  // Its slope there, n / (n + 1), is shared by all; the negatives share what the positives pull.
  const auto d = loss.backward(cache);
  CHECK(d(0, 0) == close(-1 / (n + 1)));
  CHECK(d(2 * many - 1, 0) == close(1 / (n + 1)));
}

TEST_CASE("CandidateListLoss names what does not fit", "[loss][candidate_list][errors]") {
  const rapt::CandidateListLoss<float> loss;
  rapt::CandidateListLoss<float>::Cache cache;
  const rapt::Tensor<float, 2> scores({3, 1}), wide({3, 2});
  const rapt::Tensor<bool, 1> positive({3});
  const rapt::Tensor<rapt::Index, 1> offsets({2}, {0, 3}), wrong({2}, {0, 4});
  const auto message = [&](const rapt::Tensor<float, 2>& s, const rapt::Tensor<rapt::Index, 1>& o) {
    try {
      loss.forward(s, {positive, o}, cache);
    } catch (const std::invalid_argument& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  CHECK(message(wide, offsets) == "CandidateListLoss::forward: prediction has shape (3, 2), expected (3, 1)");
  CHECK(message(scores, wrong) == "CandidateListLoss::forward: offsets do not rise from 0 to 3");
}

TEST_CASE("CandidateListLoss agrees with the formula in PyTorch", "[loss][candidate_list][golden]") {
  const rapt::testing::Golden golden(RAPT_SOURCE_DIR "/tests/golden/candidate_list.txt");
  const auto x = golden.tensor<double, 2>("x");
  const auto flags = golden.tensor<double, 1>("positive");
  const auto offsets = golden.tensor<rapt::Index, 1>("offsets");
  rapt::Tensor<bool, 1> positive(flags.shape());
  std::transform(flags.begin(), flags.end(), positive.begin(), [](double v) { return v == 1; });
  const rapt::CandidateListLoss<double> loss;
  rapt::CandidateListLoss<double>::Cache cache;

  CHECK(std::abs(loss.forward(x, {positive, offsets}, cache) - golden.tensor<double, 1>("loss")(0)) < 1e-10);
  CHECK(rapt::testing::largest_difference(loss.backward(cache), golden.tensor<double, 2>("dx")) < 1e-10);
}

TEST_CASE("CandidateListLoss does not hide scores that are not numbers", "[loss][candidate_list]") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const rapt::Tensor<double, 2> scores({2, 1}, {1, nan});
  const rapt::Tensor<bool, 1> positive({2}, {true, false});
  const rapt::Tensor<rapt::Index, 1> offsets({2}, {0, 2});
  const rapt::CandidateListLoss<double> loss;
  rapt::CandidateListLoss<double>::Cache cache;
  CHECK(std::isnan(loss.forward(scores, {positive, offsets}, cache)));
}
