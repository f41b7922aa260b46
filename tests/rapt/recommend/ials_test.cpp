#include <rapt/recommend/ials.hpp>

#include "support/catch.hpp"
#include "support/recommend.hpp"

#include <algorithm>
#include <cmath>

namespace {

// The objective that the epochs descend: users at their best for these item factors.
double ials_objective(const rapt::Ials& model, const rapt::Interactions& x, const rapt::IalsSettings& s) {
  rapt::Tensor<float, 2> scores({x.users(), x.items()});
  model.score(x.by_user(), scores);
  double sum = 0;
  const auto q = model.factors().view().matrix().cast<double>().eval();
  for (rapt::Index u = 0; u < x.users(); ++u) {
    for (rapt::Index i = 0; i < x.items(); ++i) {
      const double score = static_cast<double>(scores(u, i));
      sum += (x.contains(u, i) ? std::pow(1 - score, 2) : 0.0) + s.alpha * score * score;
    }
    // p from its scores: Q p = scores
    const Eigen::VectorXd row = scores[u].matrix().cast<double>().transpose();
    const Eigen::VectorXd p = (q.transpose() * q).ldlt().solve(q.transpose() * row);
    sum += s.regularization *
           (static_cast<double>(x.items_of(u).size()) + s.alpha * static_cast<double>(x.items())) *
           p.squaredNorm();
  }
  for (rapt::Index i = 0; i < x.items(); ++i) {
    sum += s.regularization *
           (static_cast<double>(x.users_of(i).size()) + s.alpha * static_cast<double>(x.users())) *
           q.row(i).squaredNorm();
  }
  return sum;
}

}  // namespace

TEST_CASE("Ials scores profiles as the golden least squares do", "[recommend][ials][golden]") {
  const auto factors = rapt_test::recommend_baselines_golden().tensor<double, 2>("ials.factors");
  rapt::Tensor<float, 2> q(factors.shape());
  std::copy(factors.begin(), factors.end(), q.begin());
  CHECK(rapt_test::baseline_difference(rapt::Ials(q, 0.2, 0.05), "ials.scores") < 1e-5);
}

TEST_CASE("Ials descends its objective in every epoch", "[recommend][ials]") {
  const auto seen = rapt_test::golden_interactions("seen");
  rapt::IalsSettings settings{3, 0.2, 0.02, 1, 5};
  double before = ials_objective(rapt::Ials::fit(seen, settings), seen, settings);
  for (settings.epochs = 2; settings.epochs <= 6; ++settings.epochs) {
    const double after = ials_objective(rapt::Ials::fit(seen, settings), seen, settings);
    INFO("epoch " << settings.epochs);
    CHECK(after <= before * (1 + 1e-6));
    before = after;
  }
}

TEST_CASE("Ials gives an empty profile zeros", "[recommend][ials]") {
  const auto model = rapt::Ials::fit(rapt_test::golden_interactions("seen"), {3, 0.2, 0.02, 1, 5});
  for (const float score : rapt::score_profile(model, {})) CHECK(score == 0);
}

TEST_CASE("Ials gives the same bits at any number of threads", "[recommend][ials][threads]") {
  const auto seen = rapt_test::golden_interactions("seen");
  const auto one = rapt::Ials::fit(seen, {4, 0.1, 0.01, 3, 1});
  rapt::set_parallel_threshold(0);
  rapt::set_threads(3);
  const auto three = rapt::Ials::fit(seen, {4, 0.1, 0.01, 3, 1});
  rapt::set_threads(1);
  rapt::set_parallel_threshold(100'000);
  CHECK(std::equal(one.factors().begin(), one.factors().end(), three.factors().begin()));
}

TEST_CASE("Ials names settings that are out of range", "[recommend][ials][errors]") {
  const auto seen = rapt_test::golden_interactions("seen");
  CHECK_THROWS_MATCHES(
      rapt::Ials::fit(seen, {4, -1, 0.1, 1, 0}), std::invalid_argument,
      Catch::Matchers::Message(
          "Ials: alpha is -1, regularization 0.1; expected alpha >= 0 and regularization > 0"));
  CHECK_THROWS_AS(rapt::Ials::fit(seen, {4, 0.1, 0, 1, 0}), std::invalid_argument);
  CHECK_THROWS_MATCHES(
      rapt::Ials::fit(seen, {0, 0.1, 0.1, 0, 0}), std::invalid_argument,
      Catch::Matchers::Message("Ials::fit: 0 factors, 0 epochs, expected at least 1 of each"));
}
