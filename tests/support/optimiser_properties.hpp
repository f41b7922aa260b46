#pragma once
// What every optimiser must hold: PyTorch's ten steps, no allocation, the same bits on any threads, row
// tables by touched rows, and no write where the gradient is another model's.

#include <rapt/core/parallel.hpp>
#include <rapt/loss/mse.hpp>
#include <rapt/nn/linear.hpp>
#include <rapt/testing/golden.hpp>

#include "support/allocation_counter.hpp"
#include "support/catch.hpp"
#include "support/draw.hpp"

#include <string>
#include <tuple>

namespace rapt_test {

/// A table of rows of which a gradient touches few, beside a dense parameter.
template <class T>
struct RowTable {
  using Scalar = T;
  rapt::Tensor<T, 2> weight;
  rapt::TouchedRows touched;
  static constexpr auto parameters = std::tuple{rapt::field("weight", &RowTable::weight)};
};
template <class T>
struct TableAndBias {
  using Scalar = T;
  RowTable<T> table;
  rapt::Tensor<T, 1> bias;
  static constexpr auto parameters =
      std::tuple{rapt::field("table", &TableAndBias::table), rapt::field("bias", &TableAndBias::bias)};
};

/// A table of four rows and a bias, all ones, and a gradient of twos in rows 2 and 0 and in the bias.
struct TouchedCase {
  TableAndBias<double> model{{rapt::Tensor<double, 2>({4, 2}), {}}, rapt::Tensor<double, 1>({2})};
  TableAndBias<double> gradient = model;
  TouchedCase() {
    model.table.weight.fill(1);
    model.bias.fill(1);
    gradient.bias.fill(2);
    for (const Index row : {2, 0}) {
      gradient.table.touched.mark(row, 4);
      gradient.table.weight.matrix().row(row).setConstant(2);
    }
  }
};

/// Ten steps on the mean squared error, begun where the golden file begins; `after_backward` may clip.
template <class Optimiser, class Options, class AfterBackward>
void check_ten_steps(const rapt::testing::Golden& golden, const std::string& name, const Options& options,
                     AfterBackward&& after_backward) {
  rapt::Linear<double> layer, end;
  golden.load(layer, name + ".begin.");
  golden.load(end, name + ".end.");
  const auto x = golden.tensor<double, 2>(name + ".x"), t = golden.tensor<double, 2>(name + ".target");
  const rapt::MSELoss<double> loss;
  rapt::MSELoss<double>::Cache loss_cache;
  rapt::Linear<double>::Cache cache;
  auto gradient = zeros_like(layer);
  Optimiser optimiser(layer, options);
  for (int step = 0; step < 10; ++step) {
    set_zero(gradient);
    loss.forward(layer.forward(x, cache), t, loss_cache);
    layer.backward(loss.backward(loss_cache), cache, &gradient, rapt::InputGradient::skip);
    after_backward(step, gradient);
    optimiser.step(layer, gradient);
  }
  INFO(name);
  CHECK(rapt::testing::largest_difference(layer.weight, end.weight) < 1e-10);
  CHECK(rapt::testing::largest_difference(layer.bias, end.bias) < 1e-10);
}
template <class Optimiser, class Options>
void check_ten_steps(const rapt::testing::Golden& golden, const std::string& name, const Options& options) {
  check_ten_steps<Optimiser>(golden, name, options, [](int, auto&) {});
}

/// One model of 300 x 211 after three steps with random gradients.
template <template <class> class Optimiser, class Options>
rapt::Linear<float> three_steps(const Options& options) {
  Draw draw(1);
  rapt::Linear<float> model(211, 300, draw.values), gradient = model;
  Optimiser<rapt::Linear<float>> optimiser(model, options);
  for (int step = 0; step < 3; ++step) {
    fill_normal(gradient.weight.view(), 0, 1, draw.values);
    optimiser.step(model, gradient);
  }
  return model;
}

template <template <class> class Optimiser, class Options>
void check_optimiser(const Options& options) {
  // The same bits on any number of threads.
  rapt::set_parallel_threshold(0);
  rapt::set_threads(1);
  const auto one = three_steps<Optimiser>(options);
  for (const Index n : {2, 3}) {
    rapt::set_threads(n);
    CHECK(rapt::testing::largest_difference(three_steps<Optimiser>(options).weight, one.weight) == 0);
  }
  rapt::set_threads(1);
  rapt::set_parallel_threshold(100'000);

  // No allocation, from the first step on.
  Draw draw(2);
  rapt::Linear<float> model(40, 50, draw.values);
  const auto gradient = model;
  Optimiser<rapt::Linear<float>> optimiser(model, options);
  const long before = allocation_count();
  optimiser.step(model, gradient);
  const long after = allocation_count();
  if (can_count_allocations()) CHECK(after == before);

  // Another model's gradient throws and changes nothing.
  const auto kept = model;
  const auto kept_optimiser = optimiser;
  const rapt::Linear<float> wrong(40, 51, draw.values);
  CHECK_THROWS_AS(optimiser.step(model, wrong), rapt::ShapeError);
  optimiser.step(model, gradient);
  auto twin = kept;
  auto twin_optimiser = kept_optimiser;
  twin_optimiser.step(twin, gradient);
  CHECK(rapt::testing::largest_difference(model.weight, twin.weight) == 0);
  CHECK(rapt::testing::largest_difference(model.bias, twin.bias) == 0);
}

template <class Options>
Options with_rows(Options options, rapt::Rows rows) {
  options.rows = rows;
  return options;
}

/// With Rows::touched the touched rows and the dense parameters move as the dense rule moves them in the
/// first step, and the other rows and their state stand still to the bit.
template <template <class> class Optimiser, class Options>
void check_touched_rows(const Options& options) {
  using Model = TableAndBias<double>;
  TouchedCase lazy, dense;
  Optimiser<Model> lazy_optimiser(lazy.model, with_rows(options, rapt::Rows::touched));
  Optimiser<Model> dense_optimiser(dense.model, with_rows(options, rapt::Rows::all));
  lazy_optimiser.step(lazy.model, lazy.gradient);
  dense_optimiser.step(dense.model, dense.gradient);
  for (const Index row : {0, 2}) {
    CHECK(lazy.model.table.weight(row, 1) == dense.model.table.weight(row, 1));
    CHECK(lazy.model.table.weight(row, 1) < 1);
  }
  CHECK(lazy.model.bias(1) == dense.model.bias(1));

  // A second step that touches row 1 alone: rows 0, 2 and 3 rest, although the dense rule would move 0 and 2
  // on.
  const auto kept = lazy.model.table.weight;
  set_zero(lazy.gradient, rapt::Rows::touched);
  for (const double g : lazy.gradient.table.weight) CHECK(g == 0);
  lazy.gradient.table.touched.mark(1, 4);
  lazy.gradient.table.weight.matrix().row(1).setConstant(2);
  lazy_optimiser.step(lazy.model, lazy.gradient);
  for (const Index row : {0, 2, 3}) CHECK(lazy.model.table.weight(row, 0) == kept(row, 0));
  CHECK(lazy.model.table.weight(3, 0) == 1);
  CHECK(lazy.model.table.weight(1, 0) < 1);
}

}  // namespace rapt_test
