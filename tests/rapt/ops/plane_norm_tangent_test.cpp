#include <rapt/ops/plane_norm_tangent.hpp>

#include <rapt/ops/norm_tangent.hpp>
#include <rapt/testing/golden.hpp>

#include "support/catch.hpp"
#include "support/draw.hpp"

#include <string>

namespace {

template <class F>
std::string plane_tangent_message(F f) {
  try {
    f();
  } catch (const rapt::ShapeError& error) {
    return error.what();
  }
  return "nothing thrown";
}

}  // namespace

TEST_CASE("The tangent of one image in one group is that of layer_norm over one row",
          "[ops][plane_norm_tangent]") {
  rapt_test::Draw draw(3);
  const rapt::Index B = 5, C = 3, P = 8, E = C * P;
  const rapt::Shape<4> shape{B, C, 2, 4};
  const auto x = draw.normal<double, 4>(shape), tangent = draw.normal<double, 4>(shape);
  const auto d_dy = draw.normal<double, 4>(shape), dy = draw.normal<double, 4>(shape);
  const auto weight = draw.normal<double, 1>({C});
  rapt::Tensor<double, 1> wide({E});
  for (rapt::Index e = 0; e < E; ++e) wide(e) = weight(e / P);
  const auto mean = draw.normal<double, 1>({B}), scale = draw.uniform<double, 1>({B}, 0.5, 2);
  const auto row = [&](const rapt::Tensor<double, 4>& image) {
    return image.view().reshape(rapt::Shape<2>{B, E});
  };
  rapt::Tensor<double, 4> y(shape), d_tangent(shape), dx(shape);
  rapt::Tensor<double, 2> y_row({B, E}), d_tangent_row({B, E}), dx_row({B, E});
  rapt::Tensor<double, 1> moved({B}), slope({B}), moved_row({B}), slope_row({B});
  rapt::Tensor<double, 1> dw({C}), db({C}), dw_row({E}), db_row({E});
  const auto sets = rapt::NormSets::of_groups(shape, 1);
  constexpr auto of_batch = rapt::NormStatistics::of_batch;
  rapt::plane_norm_tangent<double>({tangent, x, sets, of_batch, weight, mean, scale, {}, {}}, y.view(), moved,
                                   slope);
  rapt::plane_norm_backward_tangent<double>({tangent, x, sets, of_batch, weight, mean, scale, moved, slope},
                                            {d_dy, dy}, {d_tangent, dx, dw, db});
  rapt::layer_norm_tangent<double>({row(tangent), row(x), wide, mean, scale, {}, {}}, y_row.view(), moved_row,
                                   slope_row);
  rapt::layer_norm_backward_tangent<double>({row(tangent), row(x), wide, mean, scale, moved_row, slope_row},
                                            {row(d_dy), row(dy)}, {d_tangent_row, dx_row, dw_row, db_row});
  using rapt::testing::largest_difference;
  CHECK(largest_difference(row(y), y_row.view()) < 1e-13);
  CHECK(largest_difference(row(d_tangent), d_tangent_row.view()) < 1e-12);
  CHECK(largest_difference(row(dx), dx_row.view()) < 1e-12);
  for (rapt::Index c = 0; c < C; ++c) {
    double w = 0, b = 0;
    for (rapt::Index e = c * P; e < (c + 1) * P; ++e) {
      w += dw_row(e);
      b += db_row(e);
    }
    CHECK(dw(c) == Catch::Approx(w));
    CHECK(db(c) == Catch::Approx(b));
  }
  // What is absent changes nothing else.
  rapt::Tensor<double, 4> alone(shape);
  rapt::plane_norm_backward_tangent<double>({tangent, x, sets, of_batch, weight, mean, scale, moved, slope},
                                            {d_dy, dy}, {alone, {}, {}, {}});
  CHECK(largest_difference(alone, d_tangent) == 0);
  rapt::plane_norm_backward_tangent<double>({tangent, x, sets, of_batch, weight, mean, scale, moved, slope},
                                            {d_dy, dy}, {{}, alone, {}, {}});
  CHECK(largest_difference(alone, dx) == 0);
}

TEST_CASE("plane_norm_tangent names both shapes when they do not fit", "[ops][plane_norm_tangent][errors]") {
  const rapt::Shape<4> shape{2, 3, 2, 2};
  const rapt::Tensor<double, 4> x(shape), tall({3, 3, 2, 2});
  const rapt::Tensor<double, 1> three({3}), four({4});
  rapt::Tensor<double, 4> out(shape), wrong({2, 3, 2, 1});
  rapt::Tensor<double, 1> sum({3}), other({5});
  const auto sets = rapt::NormSets::of_channels(shape);
  constexpr auto of_batch = rapt::NormStatistics::of_batch;
  using Tangent = rapt::PlaneNormTangent<double>;
  const auto forward = [&](const Tangent& t, auto& y, auto& mean, auto& slope) {
    return plane_tangent_message([&] { plane_norm_tangent(t, y.view(), mean, slope); });
  };
  const std::string where = "plane_norm_tangent: ";
  const Tangent good{x, x, sets, of_batch, three, three, three, three, three};
  auto t = good;
  t.tangent = tall;
  CHECK(forward(t, out, sum, sum) == where + "tangent has shape (3, 3, 2, 2), expected (2, 3, 2, 2)");
  t = good;
  t.weight = four;
  CHECK(forward(t, out, sum, sum) == where + "weight has shape (4), expected (3)");
  CHECK(forward(good, wrong, sum, sum) == where + "y has shape (2, 3, 2, 1), expected (2, 3, 2, 2)");
  CHECK(forward(good, out, other, sum) == where + "tangent_mean has shape (5), expected (3)");
  CHECK(forward(good, out, sum, other) == where + "slope has shape (5), expected (3)");
  const auto backward = [&](const Tangent& of, const rapt::PlaneNormAdjoints<double>& adjoints,
                            const rapt::PlaneNormTangentGradients<double>& result) {
    return plane_tangent_message([&] { plane_norm_backward_tangent(of, adjoints, result); });
  };
  const std::string back = "plane_norm_backward_tangent: ";
  t = good;
  t.slope = four;
  CHECK(backward(t, {x, x}, {}) == back + "slope has shape (4), expected (3)");
  CHECK(backward(good, {tall, x}, {}) == back + "d_dy has shape (3, 3, 2, 2), expected (2, 3, 2, 2)");
  CHECK(backward(good, {x, tall}, {}) == back + "dy has shape (3, 3, 2, 2), expected (2, 3, 2, 2)");
  CHECK(backward(good, {x, x}, {wrong, {}, {}, {}}) ==
        back + "d_tangent has shape (2, 3, 2, 1), expected (2, 3, 2, 2)");
  CHECK(backward(good, {x, x}, {{}, wrong, {}, {}}) ==
        back + "dx has shape (2, 3, 2, 1), expected (2, 3, 2, 2)");
  CHECK(backward(good, {x, x}, {{}, {}, other, sum}) == back + "d_weight has shape (5), expected (3)");
  CHECK(backward(good, {x, x}, {{}, {}, sum, other}) == back + "d_bias has shape (5), expected (3)");
}
