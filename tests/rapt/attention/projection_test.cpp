#include <rapt/attention/projection.hpp>

#include "rapt/attention/attention_data.hpp"
#include "support/catch.hpp"

#include <cmath>

TEST_CASE("A projection reads a matrix inside a larger one", "[attention][projection]") {
  // W = (1 2; 3 4) is the left part of rows of 3
  const std::vector<double> rows{1, 2, 99, 3, 4, 99}, bias{10, 20};
  const rapt::Tensor<double, 3> x({1, 2, 2}, {1, 1, 0, 2}), dy({1, 2, 2}, {1, 0, 1, -1});
  rapt::Tensor<double, 3> y({1, 2, 2}), dx({1, 2, 2});
  std::vector<double> d_rows(6, 0.5), d_bias(2, 0.5);
  const rapt::detail::Projection<const double> p{rows.data(), 3, bias.data()};

  rapt::detail::project<double>(x, p, y);
  rapt::detail::project_backward<double>(dy, x, p, {d_rows.data(), 3, d_bias.data()}, dx);

  CHECK(rapt_test::numbers(y) == std::vector<double>{13, 27, 14, 28});
  CHECK(rapt_test::numbers(dx) == std::vector<double>{1, 2, -2, -2});
  CHECK(d_rows == std::vector<double>{1.5, 3.5, 0.5, 0.5, -1.5, 0.5});
  CHECK(d_bias == std::vector<double>{2.5, -0.5});
  rapt::detail::project_backward<double>(dy, x, p, {}, dx, true);  // added, and the gradient frozen
  CHECK(rapt_test::numbers(dx) == std::vector<double>{2, 4, -4, -4});
  CHECK(d_bias == std::vector<double>{2.5, -0.5});
}

TEST_CASE("A row without gradient leaves the gradient of a projection alone be it NaN",
          "[attention][projection]") {
  const rapt::Tensor<double, 3> x({1, 2, 1}, {std::nan(""), 3}), dy({1, 2, 1}, {0, 2});
  const double weight = 1;
  double d_weight = 1;
  rapt::detail::project_backward<double>(dy, x, {&weight, 1}, {&d_weight, 1}, {});
  CHECK(d_weight == 7);
}
