#include <rapt/attention/additive_score.hpp>

#include "support/catch.hpp"
#include "support/draw.hpp"

#include <cmath>
#include <limits>
#include <vector>

TEST_CASE("Additive scores are those worked out by hand", "[attention][additive]") {
  const double q[] = {std::log(3.0) / 4}, k[] = {std::log(3.0) / 4, -std::log(3.0) / 4}, v[] = {6};
  double scores[2];
  rapt::detail::additive_scores<double>(1, 2, 1, q, k, v, scores);
  CHECK(scores[0] == Catch::Approx(3));  // tanh(log(3) / 2) = 1/2
  CHECK(scores[1] == 0);
}

TEST_CASE("Additive scores agree with finite differences", "[attention][additive][gradient]") {
  rapt_test::Draw draw(1);
  const rapt::Index queries = 3, keys = 4, width = 5;
  auto q = draw.normal<double, 2>({queries, width}), k = draw.normal<double, 2>({keys, width}),
       v = draw.normal<double, 2>({1, width});
  const auto r = draw.normal<double, 2>({queries, keys});
  rapt::Tensor<double, 2> scores(r.shape()), dq(q.shape()), dk(k.shape()), dv(v.shape()), scratch(v.shape());
  const auto loss = [&] {
    rapt::detail::additive_scores<double>(queries, keys, width, q.data(), k.data(), v.data(), scores.data());
    return (scores.array() * r.array()).sum();
  };
  rapt::detail::additive_scores_backward<double>(queries, keys, width, q.data(), k.data(), v.data(), r.data(),
                                                 dq.data(), dk.data(), dv.data(), scratch.data());
  const double h = 1e-4;
  const auto check = [&](rapt::Tensor<double, 2>& x, const rapt::Tensor<double, 2>& dx) {
    for (rapt::Index i = 0; i < x.size(); ++i) {
      const double at = x.data()[i];
      const auto shifted = [&](double by) {
        x.data()[i] = at + by;
        return loss();
      };
      const double numeric = (8 * (shifted(h) - shifted(-h)) - (shifted(2 * h) - shifted(-2 * h))) / (12 * h);
      x.data()[i] = at;
      CHECK(dx.data()[i] == Catch::Approx(numeric).margin(1e-8));
    }
  };
  check(q, dq);
  check(k, dk);
  check(v, dv);
}

TEST_CASE("An additive score without gradient reaches no gradient be it NaN", "[attention][additive]") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double q[] = {1}, k[] = {nan, 0}, v[] = {2}, ds[] = {0, 3};
  double dq = 7, dk[] = {7, 7}, dv = 7, scratch = 0;
  rapt::detail::additive_scores_backward<double>(1, 2, 1, q, k, v, ds, &dq, dk, &dv, &scratch);
  const double t = std::tanh(1.0);
  CHECK(dq == Catch::Approx(3 * 2 * (1 - t * t)));
  CHECK(dk[0] == 0);
  CHECK(dv == Catch::Approx(3 * t));
}
