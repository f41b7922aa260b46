#include <rapt/ops/plane_norm.hpp>

#include "support/catch.hpp"
#include "support/layer_properties.hpp"

#include <string>
#include <tuple>

namespace {

template <class T>
struct PlaneNormInput {
  rapt::TensorView<const T, 4> x;
  rapt::TensorView<const T, 1> weight, bias;
  static constexpr auto tensors =
      std::tuple{&PlaneNormInput::x, &PlaneNormInput::weight, &PlaneNormInput::bias};
};

// The op as a layer without parameters of its own, so that every generic test runs over it; `groups` as in
// NormSets.
template <std::floating_point T>
struct PlaneNormOp {
  using Scalar = T;
  using Input = PlaneNormInput<T>;
  using Output = rapt::TensorView<const T, 4>;
  static constexpr std::tuple<> parameters{};
  rapt::Index groups = 0;
  static constexpr auto settings = std::tuple{rapt::field("groups", &PlaneNormOp::groups)};
  struct Cache {
    Input in;
    rapt::NormSets sets;
    rapt::Tensor<T, 1> mean, variance, scale, d_weight, d_bias;
    rapt::Tensor<T, 4> y, dx;
  };
  Output forward(Input in, Cache& cache) const {
    cache.in = in;
    cache.sets = rapt::NormSets::of_groups(in.x.shape(), groups);
    const rapt::Index sets = cache.sets.count();
    plane_norm(in.x, cache.sets, rapt::NormStatistics::of_batch, in.weight, in.bias, T(0.01),
               cache.y.resize(in.x.shape()), cache.mean.resize({sets}), cache.variance.resize({sets}),
               cache.scale.resize({sets}));
    return cache.y;
  }
  Input backward(Output dy, Cache& cache, PlaneNormOp*, rapt::InputGradient = {}) const {
    cache.d_weight.resize({cache.sets.channels});
    cache.d_bias.resize({cache.sets.channels});
    cache.d_weight.fill(0);
    cache.d_bias.fill(0);
    plane_norm_backward(dy, cache.in.x, cache.sets, rapt::NormStatistics::of_batch, cache.in.weight,
                        cache.mean, cache.scale, cache.dx.resize(cache.in.x.shape()), cache.d_weight,
                        cache.d_bias);
    return {cache.dx, cache.d_weight, cache.d_bias};
  }
};

template <class T>
struct PlaneNormOpSample {
  explicit PlaneNormOpSample(rapt_test::Draw& draw)
      : layer{draw.pick(std::array<rapt::Index, 4>{0, 1, 2, 3})},
        x(draw.normal<T, 4>(
            {draw.pick(std::array<rapt::Index, 4>{0, 1, 2, 3}),
             (layer.groups == 0 ? 1 : layer.groups) * draw.pick(std::array<rapt::Index, 3>{1, 2, 3}),
             draw.pick(std::array<rapt::Index, 4>{1, 2, 3, 4}),
             draw.pick(std::array<rapt::Index, 4>{3, 5, 8, 9})})),
        weight(draw.normal<T, 1>({x.extent(1)})),
        bias(draw.normal<T, 1>({x.extent(1)})) {}
  PlaneNormOp<T> layer;
  rapt::Tensor<T, 4> x;
  rapt::Tensor<T, 1> weight, bias;
  PlaneNormInput<T> input() const { return {x, weight, bias}; }
};

template <class F>
std::string plane_norm_error(F f) {
  try {
    f();
  } catch (const rapt::ShapeError& error) {
    return error.what();
  }
  return "nothing thrown";
}

}  // namespace

RAPT_TEST_LAYER("plane_norm", PlaneNormOpSample, "[ops][plane_norm]")

TEST_CASE("NormSets numbers the planes of channels and of groups", "[ops][plane_norm]") {
  const auto channels = rapt::NormSets::of_channels({2, 6, 3, 5});
  CHECK(channels.planes() == 12);
  CHECK(channels.extent() == 15);
  CHECK(channels.count() == 6);
  CHECK(channels.numbers() == 2 * 15);
  CHECK(channels.planes_of(4).plane(1) == 10);
  CHECK(channels.planes_of(4).channel_of(1) == 4);
  CHECK(channels.set_of(10) == 4);
  const auto groups = rapt::NormSets::of_groups({2, 6, 3, 5}, 3);
  CHECK(groups.count() == 6);
  CHECK(groups.numbers() == 2 * 15);
  CHECK(groups.planes_of(4).plane(1) == 9);
  CHECK(groups.planes_of(4).channel_of(1) == 3);
  CHECK(groups.set_of(9) == 4);
}

TEST_CASE("plane_norm over channels is batch_norm over the rows of its pixels", "[ops][plane_norm]") {
  rapt_test::Draw draw(5);
  const rapt::Index B = 3, C = 4, H = 2, W = 5;
  const auto x = draw.normal<double, 4>({B, C, H, W});
  const auto weight = draw.normal<double, 1>({C}), bias = draw.normal<double, 1>({C});
  rapt::Tensor<double, 2> rows({B * H * W, C}), y_rows({B * H * W, C});
  for (rapt::Index n = 0; n < B * H * W; ++n) {
    for (rapt::Index c = 0; c < C; ++c) rows(n, c) = x(n / (H * W), c, n % (H * W) / W, n % W);
  }
  rapt::Tensor<double, 1> mean({C}), variance({C}), scale({C}), mean_rows({C}), variance_rows({C});
  rapt::Tensor<double, 4> y({B, C, H, W});
  plane_norm(x, rapt::NormSets::of_channels(x.shape()), rapt::NormStatistics::of_batch, weight, bias, 1e-5,
             y.view(), mean, variance, scale);
  column_statistics(rows, mean_rows.view(), variance_rows);
  batch_norm(rows, mean_rows, scale, weight, bias, y_rows.view());
  using rapt::testing::largest_difference;
  CHECK(largest_difference(mean, mean_rows) < 1e-14);
  CHECK(largest_difference(variance, variance_rows) < 1e-14);
  for (rapt::Index n = 0; n < B * H * W; ++n) {
    for (rapt::Index c = 0; c < C; ++c)
      CHECK(y(n / (H * W), c, n % (H * W) / W, n % W) == Catch::Approx(y_rows(n, c)));
  }
}

TEST_CASE("plane_norm_backward adds to parameter gradients and leaves out what is absent",
          "[ops][plane_norm]") {
  rapt_test::Draw draw(3);
  const rapt::Shape<4> shape{3, 4, 2, 3};
  const auto x = draw.normal<double, 4>(shape), dy = draw.normal<double, 4>(shape);
  const auto weight = draw.normal<double, 1>({4});
  const auto mean = draw.normal<double, 1>({6}), scale = draw.uniform<double, 1>({6}, 0.5, 2);
  const auto sets = rapt::NormSets::of_groups(shape, 2);
  const auto run = [&](rapt::TensorView<double, 4> dx, rapt::TensorView<double, 1> dw,
                       rapt::TensorView<double, 1> db) {
    plane_norm_backward(dy, x, sets, rapt::NormStatistics::of_batch, weight, mean, scale, dx, dw, db);
  };
  rapt::Tensor<double, 4> dx(shape), again(shape);
  rapt::Tensor<double, 1> dw({4}), db({4}), dw_again({4}), db_again({4});
  run(dx, dw, db);
  run(again, {}, {});
  CHECK(rapt::testing::largest_difference(dx, again) == 0);
  run({}, dw_again, db_again);
  CHECK(rapt::testing::largest_difference(dw, dw_again) == 0);
  CHECK(rapt::testing::largest_difference(db, db_again) == 0);
  run(again, dw, db);
  for (rapt::Index c = 0; c < 4; ++c) CHECK(dw(c) == Catch::Approx(2 * dw_again(c)));
}

TEST_CASE("plane_norm names both shapes when they do not fit", "[ops][plane_norm][errors]") {
  const rapt::Shape<4> shape{2, 3, 2, 2};
  const rapt::Tensor<double, 4> x(shape), tall({3, 3, 2, 2});
  const rapt::Tensor<double, 1> three({3}), four({4});
  rapt::Tensor<double, 4> y(shape), wrong({2, 3, 2, 1});
  rapt::Tensor<double, 1> sets({3}), other({5});
  const auto channels = rapt::NormSets::of_channels(shape);
  const auto forward = [&](const auto& in, const auto& w, const auto& b, auto& out, auto& m, auto& v,
                           auto& s) {
    return plane_norm_error(
        [&] { plane_norm(in, channels, rapt::NormStatistics::of_batch, w, b, 1e-5, out.view(), m, v, s); });
  };
  const std::string to = "plane_norm: ";
  CHECK(forward(tall, three, three, y, sets, sets, sets) ==
        to + "x has shape (3, 3, 2, 2), expected (2, 3, 2, 2)");
  CHECK(forward(x, four, three, y, sets, sets, sets) == to + "weight has shape (4), expected (3)");
  CHECK(forward(x, three, four, y, sets, sets, sets) == to + "bias has shape (4), expected (3)");
  CHECK(forward(x, three, three, wrong, sets, sets, sets) ==
        to + "y has shape (2, 3, 2, 1), expected (2, 3, 2, 2)");
  CHECK(forward(x, three, three, y, other, sets, sets) == to + "mean has shape (5), expected (3)");
  CHECK(forward(x, three, three, y, sets, other, sets) == to + "variance has shape (5), expected (3)");
  CHECK(forward(x, three, three, y, sets, sets, other) == to + "scale has shape (5), expected (3)");
  const auto backward = [&](const auto& dy, auto& dx, auto& dw, auto& db) {
    return plane_norm_error([&] {
      plane_norm_backward(dy, x, channels, rapt::NormStatistics::of_batch, three, sets, sets, dx.view(), dw,
                          db);
    });
  };
  const std::string back = "plane_norm_backward: ";
  CHECK(backward(tall, y, sets, sets) == back + "dy has shape (3, 3, 2, 2), expected (2, 3, 2, 2)");
  CHECK(backward(x, wrong, sets, sets) == back + "dx has shape (2, 3, 2, 1), expected (2, 3, 2, 2)");
  CHECK(backward(x, y, other, sets) == back + "d_weight has shape (5), expected (3)");
  CHECK(backward(x, y, sets, other) == back + "d_bias has shape (5), expected (3)");
}
