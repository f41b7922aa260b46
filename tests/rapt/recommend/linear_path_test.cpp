#include <rapt/recommend/linear_path.hpp>

#include <rapt/recommend/ease.hpp>
#include <rapt/testing/golden.hpp>

#include "support/catch.hpp"
#include "support/planted.hpp"

#include <Eigen/LU>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

namespace {

// The formula as it stands in the docstring, over the dense matrix of users and items.
rapt::Tensor<float, 2> linear_path_naive(const rapt::Interactions& x, const rapt::LinearPathSettings& s) {
  using Eigen::MatrixXd, Eigen::VectorXd;
  MatrixXd dense = MatrixXd::Zero(x.users(), x.items());
  for (const auto& pair : x.pairs()) dense(pair.user, pair.item) = 1;
  const VectorXd by_user = dense.rowwise().sum(), by_item = dense.colwise().sum();
  const VectorXd row = (by_user.array() / by_user.mean()).pow(-s.row_power);
  const VectorXd column = (by_item.array() / by_item.mean()).pow(-s.column_power);
  const MatrixXd scaled = row.cwiseSqrt().asDiagonal() * dense * column.asDiagonal();
  MatrixXd gram = scaled.transpose() * scaled;
  gram.diagonal() = ((1 + s.ridge) * gram.diagonal().array() + s.lambda).matrix();
  const MatrixXd p = gram.inverse();
  rapt::Tensor<float, 2> b({x.items(), x.items()});
  for (rapt::Index i = 0; i < x.items(); ++i) {
    for (rapt::Index j = 0; j < x.items(); ++j) {
      if (i != j) b(i, j) = static_cast<float>(-column(i) * p(i, j) / p(j, j) / column(j));
    }
  }
  return b;
}

}  // namespace

TEST_CASE("LinearPath with its defaults is Ease", "[recommend][linear_path]") {
  const auto x = rapt_test::planted_interactions(60, 24, 4, 6, 1);
  for (const double lambda : {200.0, 3.0}) {
    const auto path = rapt::LinearPath::fit(x, {.lambda = lambda});
    const auto ease = rapt::Ease::fit(x, {lambda});
    CHECK(path.weights.size() == 0);
    CHECK(rapt::testing::largest_difference(path.attended(), ease.weights()) < 1e-5);
  }
}

TEST_CASE("LinearPath weighs rows columns and the ridge as a dense computation does",
          "[recommend][linear_path]") {
  const auto x = rapt_test::planted_interactions(30, 12, 3, 5, 2);
  for (const rapt::LinearPathSettings& s :
       {rapt::LinearPathSettings{.lambda = 2, .row_power = 0.7},
        {.lambda = 2, .column_power = 0.4},
        {.lambda = 2, .ridge = 0.5},
        {.lambda = 0.5, .row_power = 0.3, .column_power = -0.2, .ridge = 0.1}}) {
    const auto path = rapt::LinearPath::fit(x, s);
    CHECK(rapt::testing::largest_difference(path.evidence, linear_path_naive(x, s)) < 1e-5);
  }
}

TEST_CASE("LinearPath raises each weight to the sharpness and keeps its sign", "[recommend][linear_path]") {
  rapt::LinearPath path;
  path.evidence = rapt::Tensor<float, 2>({2, 2}, {0, 0.25f, -0.5f, 0});
  const auto attended = [&](double sharpness) {
    path.attend(sharpness);
    const auto view = path.attended();
    return std::vector<float>(view.begin(), view.end());
  };
  CHECK(attended(2) == std::vector<float>{0, 0.0625f, -0.25f, 0});
  CHECK(attended(0.5)[1] == 0.5f);
  CHECK(attended(1) == std::vector<float>{0, 0.25f, -0.5f, 0});

  path.attend(2);
  const rapt::Index offsets[] = {0, 2}, items[] = {0, 1};
  rapt::Tensor<float, 2> scores({1, 2});
  path.score({offsets, items}, scores);
  CHECK(scores(0, 0) == -0.25f);
  CHECK(scores(0, 1) == 0.0625f);
}

TEST_CASE("LinearPath fits with the sharpness it is given and the same bits at any number of threads",
          "[recommend][linear_path]") {
  const auto x = rapt_test::planted_interactions(60, 40, 4, 6, 3);
  const rapt::LinearPathSettings settings{.lambda = 5, .row_power = 0.5, .sharpness = 1.5};
  const auto one = rapt::LinearPath::fit(x, settings);
  CHECK(one.weights(0, 4) == std::copysign(std::pow(std::abs(one.evidence(0, 4)), 1.5f), one.evidence(0, 4)));
  rapt::set_parallel_threshold(0);
  for (const rapt::Index threads : {2, 3}) {
    rapt::set_threads(threads);
    const auto many = rapt::LinearPath::fit(x, settings);
    CHECK(std::equal(one.weights.begin(), one.weights.end(), many.weights.begin()));
  }
  rapt::set_threads(1);
  rapt::set_parallel_threshold(100'000);
}

TEST_CASE("LinearPath names the setting that makes no sense", "[recommend][linear_path][errors]") {
  const auto x = rapt_test::planted_interactions(4, 4, 2, 2, 4);
  const auto message = [&](const rapt::LinearPathSettings& settings) {
    try {
      rapt::LinearPath::fit(x, settings);
    } catch (const std::invalid_argument& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  constexpr double infinity = std::numeric_limits<double>::infinity();
  CHECK(message({.lambda = 0}) == "LinearPath::fit: lambda is 0, expected a positive number");
  CHECK(message({.lambda = infinity}) == "LinearPath::fit: lambda is inf, expected a positive number");
  CHECK(message({.ridge = -1}) == "LinearPath::fit: ridge is -1, expected at least 0");
  CHECK(message({.sharpness = 0}) == "LinearPath::fit: sharpness is 0, expected a positive number");
  CHECK(message({.row_power = infinity}) == "LinearPath::fit: row_power is inf, expected a finite number");
  CHECK(message({.column_power = -infinity}) ==
        "LinearPath::fit: column_power is -inf, expected a finite number");
  CHECK_THROWS_AS(rapt::LinearPath::fit(rapt::Interactions(1, rapt::Ease::max_items + 1, {}), {}),
                  std::length_error);
}
