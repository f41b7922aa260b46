#include <rapt/ops/reduce.hpp>

#include "support/catch.hpp"
#include "support/layer_properties.hpp"

#include <cmath>
#include <limits>
#include <tuple>
#include <vector>

namespace {

// log_sum_exp as a layer without parameters, so that every generic test runs over it.
template <std::floating_point T>
struct LogSumExpOp {
  using Scalar = T;
  using Input = rapt::TensorView<const T, 2>;
  using Output = rapt::TensorView<const T, 1>;
  static constexpr std::tuple<> parameters{};
  struct Cache {
    Input x;
    rapt::Tensor<T, 1> y;
    rapt::Tensor<T, 2> dx;
  };
  Output forward(Input x, Cache& cache) const {
    cache.x = x;
    log_sum_exp(x, cache.y.resize({x.extent(0)}));
    return cache.y;
  }
  Input backward(Output dy, Cache& cache, LogSumExpOp*, rapt::InputGradient = {}) const {
    log_sum_exp_backward(dy, cache.x, cache.y, cache.dx.resize(cache.x.shape()));
    return cache.dx;
  }
};

template <class T>
struct LogSumExpSample {
  explicit LogSumExpSample(rapt_test::Draw& draw) : x(draw.normal<T, 2>({draw.size(), draw.positive()}, 3)) {}
  LogSumExpOp<T> layer;
  rapt::Tensor<T, 2> x;
  auto input() const { return x.view(); }
};

constexpr double reduce_infinity = std::numeric_limits<double>::infinity();

}  // namespace

RAPT_TEST_LAYER("log_sum_exp", LogSumExpSample, "[ops][reduce]")

TEMPLATE_TEST_CASE("Sums and means are those worked out by hand", "[ops][reduce]", float, double) {
  using T = TestType;
  const rapt::Tensor<T, 2> x({2, 3}, {1, 2, 3, 4, 5, 6});
  rapt::Tensor<T, 1> columns({3}, {100, 200, 300}), rows({2});
  add_column_sums(x, columns.view());
  row_sums(x, rows.view());
  CHECK(std::vector<T>(columns.begin(), columns.end()) == std::vector<T>{105, 207, 309});
  CHECK(std::vector<T>(rows.begin(), rows.end()) == std::vector<T>{6, 15});
  CHECK(mean(x.view()) == T(3.5));
}

TEST_CASE("Sums over nothing are 0", "[ops][reduce]") {
  const rapt::Tensor<double, 2> no_rows({0, 2}), no_columns({2, 0});
  rapt::Tensor<double, 1> columns({2}), rows({2}, {7, 7});
  add_column_sums(no_rows, columns.view());
  row_sums(no_columns, rows.view());
  CHECK(columns(0) == 0);
  CHECK(rows(1) == 0);
  CHECK(mean(no_rows.view()) == 0);
}

TEST_CASE("Sums are the same bits with 1 2 and 3 threads", "[ops][reduce][threads]") {
  rapt_test::Draw draw(3);
  const auto x = draw.normal<float, 2>({701, 97});
  rapt::set_parallel_threshold(0);
  std::vector<std::vector<float>> results;
  for (const rapt::Index n : {1, 2, 3}) {
    rapt::set_threads(n);
    rapt::Tensor<float, 1> columns({97}), rows({701});
    add_column_sums(x, columns.view());
    row_sums(x, rows.view());
    auto& all = results.emplace_back(columns.begin(), columns.end());
    all.insert(all.end(), rows.begin(), rows.end());
    all.push_back(mean(x.view()));
  }
  rapt::set_threads(1);
  rapt::set_parallel_threshold(100'000);
  CHECK(results[0] == results[1]);
  CHECK(results[0] == results[2]);
  double sum = 0;
  for (const float v : x) sum += static_cast<double>(v);
  CHECK(results[0].back() == Catch::Approx(sum / (701 * 97)).epsilon(1e-4));
}

TEST_CASE("log_sum_exp is exact where the naive form overflows", "[ops][reduce]") {
  const rapt::Tensor<double, 2> x(
      {4, 2}, {1000, 1000, -1000, -1000, -reduce_infinity, -reduce_infinity, 3, reduce_infinity});
  const rapt::Tensor<double, 1> dy({4}, {2, 4, 5, 0});
  rapt::Tensor<double, 1> y({4});
  rapt::Tensor<double, 2> dx({4, 2});
  log_sum_exp(x, y.view());
  CHECK(y(0) == Catch::Approx(1000 + std::log(2.0)));
  CHECK(y(1) == Catch::Approx(-1000 + std::log(2.0)));
  CHECK(y(2) == -reduce_infinity);
  CHECK(y(3) == reduce_infinity);
  log_sum_exp_backward(dy, x, y, dx.view());
  CHECK(dx(0, 1) == Catch::Approx(1));
  CHECK(dx(1, 0) == Catch::Approx(2));
  CHECK(dx(2, 0) == 0);
  CHECK(dx(2, 1) == 0);
}

TEST_CASE("log_sum_exp of a row with NaN is NaN and of an empty row minus infinity", "[ops][reduce]") {
  rapt::Tensor<double, 2> x({1, 5}), none({1, 0});
  rapt::Tensor<double, 1> y({1});
  for (rapt::Index at = 0; at < 5; ++at) {
    x.fill(-reduce_infinity);
    x(0, at) = std::numeric_limits<double>::quiet_NaN();
    log_sum_exp(x, y.view());
    CHECK(std::isnan(y(0)));
  }
  log_sum_exp(none, y.view());
  CHECK(y(0) == -reduce_infinity);
}

TEST_CASE("Reductions name both shapes when they do not fit", "[ops][reduce][errors]") {
  using Catch::Matchers::Message;
  const rapt::Tensor<double, 2> x({2, 3});
  const rapt::Tensor<double, 1> two({2}), four({4});
  rapt::Tensor<double, 1> out({4});
  rapt::Tensor<double, 2> dx({3, 3});
  CHECK_THROWS_MATCHES(add_column_sums(x, out.view()), rapt::ShapeError,
                       Message("add_column_sums: sums has shape (4), expected (3)"));
  CHECK_THROWS_MATCHES(row_sums(x, out.view()), rapt::ShapeError,
                       Message("row_sums: sums has shape (4), expected (2)"));
  CHECK_THROWS_MATCHES(log_sum_exp(x, out.view()), rapt::ShapeError,
                       Message("log_sum_exp: y has shape (4), expected (2)"));
  CHECK_THROWS_MATCHES(log_sum_exp_backward(four, x, two, dx.view()), rapt::ShapeError,
                       Message("log_sum_exp_backward: dy has shape (4), expected (2)"));
  CHECK_THROWS_MATCHES(log_sum_exp_backward(two, x, four, dx.view()), rapt::ShapeError,
                       Message("log_sum_exp_backward: y has shape (4), expected (2)"));
  CHECK_THROWS_MATCHES(log_sum_exp_backward(two, x, two, dx.view()), rapt::ShapeError,
                       Message("log_sum_exp_backward: dx has shape (3, 3), expected (2, 3)"));
}
