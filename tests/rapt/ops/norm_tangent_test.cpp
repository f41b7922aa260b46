#include <rapt/ops/norm_tangent.hpp>

#include <rapt/testing/golden.hpp>

#include "support/catch.hpp"
#include "support/draw.hpp"

#include <string>

namespace {

template <class F>
std::string norm_tangent_message(F f) {
  try {
    f();
  } catch (const rapt::ShapeError& error) {
    return error.what();
  }
  return "nothing thrown";
}

}  // namespace

TEST_CASE("batch_norm_tangent gives the values worked out by hand", "[ops][norm_tangent]") {
  using rapt::Tensor;
  // x = (3, 5): mean 4, with variance 1 and eps 3 scale 1/2, z = (-1/2, 1/2).
  const Tensor<double, 2> x({2, 1}, {3, 5}), tangent({2, 1}, {1, 5});
  const Tensor<double, 1> weight({1}, {10}), mean({1}, {4}), scale({1}, {0.5});
  const rapt::NormTangent<double> t{tangent, x, weight, mean, scale, {}, {}};
  Tensor<double, 2> y({2, 1});
  Tensor<double, 1> tangent_mean({1}), slope({1});
  batch_norm_tangent(t, rapt::NormStatistics::of_batch, y.view(), tangent_mean, slope);
  CHECK(tangent_mean(0) == 3);
  CHECK(slope(0) == 1);  // (-1/2 + 5/2) / 2
  // 10/2 (1 - 3 + 1/2, 5 - 3 - 1/2)
  CHECK(y(0, 0) == -7.5);
  CHECK(y(1, 0) == 7.5);
  batch_norm_tangent(t, rapt::NormStatistics::constant, y.view(), tangent_mean, slope);
  CHECK(tangent_mean(0) == 0);
  CHECK(slope(0) == 0);
  CHECK(y(0, 0) == 5);
  CHECK(y(1, 0) == 25);
}

TEST_CASE("layer_norm_tangent of rows is batch_norm_tangent of columns where all weights are 1",
          "[ops][norm_tangent]") {
  rapt_test::Draw draw(2);
  const rapt::Index rows = 70, width = 9;
  const auto x = draw.normal<double, 2>({rows, width}), tangent = draw.normal<double, 2>({rows, width});
  const auto mean = draw.normal<double, 1>({rows}), scale = draw.uniform<double, 1>({rows}, 0.5, 2);
  rapt::Tensor<double, 1> one({rows});
  one.fill(1);
  rapt::Tensor<double, 1> one_of_columns({width});
  one_of_columns.fill(1);
  rapt::Tensor<double, 2> x_t, tangent_t, y({rows, width}), y_t({width, rows}), back;
  x_t.copy_from(x.matrix().transpose());
  tangent_t.copy_from(tangent.matrix().transpose());
  rapt::Tensor<double, 1> moved({rows}), slope({rows}), moved_t({rows}), slope_t({rows});
  layer_norm_tangent<double>({tangent, x, one_of_columns, mean, scale, {}, {}}, y.view(), moved, slope);
  batch_norm_tangent<double>({tangent_t, x_t, one, mean, scale, {}, {}}, rapt::NormStatistics::of_batch,
                             y_t.view(), moved_t, slope_t);
  back.copy_from(y_t.matrix().transpose());
  using rapt::testing::largest_difference;
  CHECK(largest_difference(y, back) < 1e-13);
  CHECK(largest_difference(moved, moved_t) < 1e-14);
  CHECK(largest_difference(slope, slope_t) < 1e-14);
}

TEST_CASE("Tangents of norms name both shapes when they do not fit", "[ops][norm_tangent][errors]") {
  const rapt::Tensor<double, 2> x({2, 3}), tall({3, 3});
  const rapt::Tensor<double, 1> two({2}), three({3}), four({4});
  rapt::Tensor<double, 2> out({2, 3}), wrong({3, 2});
  rapt::Tensor<double, 1> rows({2}), columns({3});
  using Tangent = rapt::NormTangent<double>;
  const auto forward = [&](const Tangent& t, auto& y, auto& mean, auto& slope) {
    return norm_tangent_message([&] { layer_norm_tangent(t, y.view(), mean, slope); });
  };
  const std::string where = "layer_norm_tangent: ";
  CHECK(forward({tall, x, three, two, two, {}, {}}, out, rows, rows) ==
        where + "tangent has shape (3, 3), expected (2, 3)");
  CHECK(forward({x, x, four, two, two, {}, {}}, out, rows, rows) ==
        where + "weight has shape (4), expected (3)");
  CHECK(forward({x, x, three, four, two, {}, {}}, out, rows, rows) ==
        where + "mean has shape (4), expected (2)");
  CHECK(forward({x, x, three, two, four, {}, {}}, out, rows, rows) ==
        where + "scale has shape (4), expected (2)");
  CHECK(forward({x, x, three, two, two, {}, {}}, wrong, rows, rows) ==
        where + "y has shape (3, 2), expected (2, 3)");
  CHECK(forward({x, x, three, two, two, {}, {}}, out, columns, rows) ==
        where + "tangent_mean has shape (3), expected (2)");
  CHECK(forward({x, x, three, two, two, {}, {}}, out, rows, columns) ==
        where + "slope has shape (3), expected (2)");
  CHECK(norm_tangent_message([&] {
          batch_norm_tangent<double>({x, x, three, two, three, {}, {}}, rapt::NormStatistics::of_batch,
                                     out.view(), columns, columns);
        }) == "batch_norm_tangent: mean has shape (2), expected (3)");
  CHECK(norm_tangent_message([&] {
          rms_norm_tangent<double>({x, x, three, {}, two, {}, {}}, out.view(), columns);
        }) == "rms_norm_tangent: slope has shape (3), expected (2)");

  const Tangent good{x, x, three, two, two, two, two};
  using Out = rapt::NormTangentGradients<double>;
  const auto backward = [&](const Tangent& t, const rapt::NormAdjoints<double>& adjoints, const Out& result) {
    return norm_tangent_message([&] { layer_norm_backward_tangent(t, adjoints, result); });
  };
  const std::string back = "layer_norm_backward_tangent: ";
  const Out all{out, out, columns, columns};
  CHECK(backward({x, x, three, two, two, four, two}, {x, x}, all) ==
        back + "tangent_mean has shape (4), expected (2)");
  CHECK(backward({x, x, three, two, two, two, four}, {x, x}, all) ==
        back + "slope has shape (4), expected (2)");
  CHECK(backward(good, {tall, x}, all) == back + "d_dy has shape (3, 3), expected (2, 3)");
  CHECK(backward(good, {x, tall}, all) == back + "dy has shape (3, 3), expected (2, 3)");
  CHECK(backward(good, {x, x}, {wrong, out, columns, columns}) ==
        back + "d_tangent has shape (3, 2), expected (2, 3)");
  CHECK(backward(good, {x, x}, {out, wrong, columns, columns}) ==
        back + "dx has shape (3, 2), expected (2, 3)");
  CHECK(backward(good, {x, x}, {out, out, rows, columns}) == back + "d_weight has shape (2), expected (3)");
  CHECK(backward(good, {x, x}, {out, out, columns, rows}) == back + "d_bias has shape (2), expected (3)");
}
