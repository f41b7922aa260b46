#include <rapt/ops/normalization.hpp>

#include "support/catch.hpp"
#include "support/layer_properties.hpp"

#include <string>
#include <tuple>
#include <vector>

namespace {

template <class T>
struct NormInput {
  rapt::TensorView<const T, 2> x;
  rapt::TensorView<const T, 1> weight, bias;
  static constexpr auto tensors = std::tuple{&NormInput::x, &NormInput::weight, &NormInput::bias};
};
template <class T>
struct NormCache {
  NormInput<T> in;
  rapt::Tensor<T, 1> mean, variance, scale, d_weight, d_bias;
  rapt::Tensor<T, 2> y, dx;

  void start_backward() {
    cache_zero(d_weight);
    cache_zero(d_bias);
    dx.resize(in.x.shape());
  }
  void cache_zero(rapt::Tensor<T, 1>& sum) {
    sum.resize({in.x.extent(1)});
    sum.fill(0);
  }
  NormInput<T> gradients() const { return {dx, d_weight, d_bias}; }
};

// The ops as layers without parameters of their own, so that every generic test runs over them.
template <std::floating_point T>
struct LayerNormOp {
  using Scalar = T;
  using Input = NormInput<T>;
  using Output = rapt::TensorView<const T, 2>;
  using Cache = NormCache<T>;
  static constexpr std::tuple<> parameters{};
  Output forward(Input in, Cache& cache) const {
    const rapt::Index rows = in.x.extent(0);
    cache.in = in;
    layer_norm(in.x, in.weight, in.bias, T(0.01), cache.y.resize(in.x.shape()), cache.mean.resize({rows}),
               cache.scale.resize({rows}));
    return cache.y;
  }
  Input backward(Output dy, Cache& cache, LayerNormOp*, rapt::InputGradient = {}) const {
    cache.start_backward();
    layer_norm_backward(dy, cache.in.x, cache.in.weight, cache.mean, cache.scale, cache.dx.view(),
                        cache.d_weight, cache.d_bias);
    return cache.gradients();
  }
};

template <std::floating_point T>
struct BatchNormOp {
  using Scalar = T;
  using Input = NormInput<T>;
  using Output = rapt::TensorView<const T, 2>;
  using Cache = NormCache<T>;
  static constexpr std::tuple<> parameters{};
  Output forward(Input in, Cache& cache) const {
    const rapt::Index width = in.x.extent(1);
    cache.in = in;
    column_statistics(in.x, cache.mean.resize({width}), cache.variance.resize({width}));
    cache.scale.resize({width}).array() = (cache.variance.array() + T(0.01)).sqrt().inverse();
    batch_norm(in.x, cache.mean, cache.scale, in.weight, in.bias, cache.y.resize(in.x.shape()));
    return cache.y;
  }
  Input backward(Output dy, Cache& cache, BatchNormOp*, rapt::InputGradient = {}) const {
    cache.start_backward();
    batch_norm_backward(dy, cache.in.x, cache.mean, cache.scale, cache.in.weight,
                        rapt::NormStatistics::of_batch, cache.dx.view(), cache.d_weight, cache.d_bias);
    return cache.gradients();
  }
};

template <class T, template <std::floating_point> class Op>
struct NormSampleOf {
  explicit NormSampleOf(rapt_test::Draw& draw)
      : x(draw.normal<T, 2>({draw.pick(std::array<rapt::Index, 6>{0, 3, 5, 8, 9, 17}),
                             draw.pick(std::array<rapt::Index, 6>{0, 2, 7, 31, 33, 67})})),
        weight(draw.normal<T, 1>({x.extent(1)})),
        bias(draw.normal<T, 1>({x.extent(1)})) {}
  Op<T> layer;
  rapt::Tensor<T, 2> x;
  rapt::Tensor<T, 1> weight, bias;
  NormInput<T> input() const { return {x, weight, bias}; }
};
template <class T>
struct LayerNormOpSample : NormSampleOf<T, LayerNormOp> {
  using NormSampleOf<T, LayerNormOp>::NormSampleOf;
};
template <class T>
struct BatchNormOpSample : NormSampleOf<T, BatchNormOp> {
  using NormSampleOf<T, BatchNormOp>::NormSampleOf;
};

template <class F>
std::string norm_error(F f) {
  try {
    f();
  } catch (const rapt::ShapeError& error) {
    return error.what();
  }
  return "nothing thrown";
}

}  // namespace

RAPT_TEST_LAYER("layer_norm", LayerNormOpSample, "[ops][normalization]")
RAPT_TEST_LAYER("batch_norm", BatchNormOpSample, "[ops][normalization]")

TEMPLATE_TEST_CASE("column_statistics gives the values worked out by hand", "[ops][normalization]", float,
                   double) {
  using T = TestType;
  const rapt::Tensor<T, 2> x({4, 2}, {1, 10, 2, 10, 3, 10, 6, 10}), none({0, 2});
  rapt::Tensor<T, 1> mean({2}), variance({2});
  column_statistics(x, mean.view(), variance);
  CHECK(std::vector<T>(mean.begin(), mean.end()) == std::vector<T>{3, 10});
  CHECK(std::vector<T>(variance.begin(), variance.end()) == std::vector<T>{3.5, 0});
  column_statistics(none, mean.view(), variance);
  CHECK(std::vector<T>(mean.begin(), mean.end()) == std::vector<T>{0, 0});
}

TEST_CASE("layer_norm_backward adds to parameter gradients and leaves out what is absent",
          "[ops][normalization]") {
  rapt_test::Draw draw(3);
  const auto x = draw.normal<double, 2>({3, 4}), dy = draw.normal<double, 2>({3, 4});
  const auto weight = draw.normal<double, 1>({4}), bias = draw.normal<double, 1>({4});
  rapt::Tensor<double, 2> y({3, 4}), dx({3, 4}), again({3, 4});
  rapt::Tensor<double, 1> mean({3}), scale({3}), dw({4}), db({4}), dw_again({4}), db_again({4});
  layer_norm(x, weight, bias, 1e-5, y.view(), mean, scale);
  layer_norm_backward(dy, x, weight, mean, scale, dx.view(), dw, db);
  layer_norm_backward(dy, x, weight, mean, scale, again.view(), {}, {});
  CHECK(rapt::testing::largest_difference(dx, again) == 0);
  layer_norm_backward(dy, x, weight, mean, scale, rapt::TensorView<double, 2>{}, dw_again, db_again);
  CHECK(rapt::testing::largest_difference(dw, dw_again) == 0);
  CHECK(rapt::testing::largest_difference(db, db_again) == 0);
  layer_norm_backward(dy, x, weight, mean, scale, again.view(), dw, db);
  for (rapt::Index e = 0; e < 4; ++e) CHECK(dw(e) == Catch::Approx(2 * dw_again(e)));
}

TEST_CASE("layer_norm_backward sums many blocks of rows to the same bits on any threads",
          "[ops][normalization][threads]") {
  const rapt::Index rows = 1037, width = 21;
  rapt_test::Draw draw(5);
  const auto x = draw.normal<float, 2>({rows, width}), dy = draw.normal<float, 2>({rows, width});
  const auto weight = draw.normal<float, 1>({width}), bias = draw.normal<float, 1>({width});
  struct Pass {
    rapt::Tensor<float, 2> y, dx;
    rapt::Tensor<float, 1> mean, scale, d_weight, d_bias;
  };
  const auto run = [&](rapt::Index threads) {
    rapt::set_threads(threads);
    Pass pass;
    layer_norm(x, weight, bias, 1e-5f, pass.y.resize(x.shape()), pass.mean.resize({rows}),
               pass.scale.resize({rows}));
    pass.d_weight = pass.d_bias = rapt::Tensor<float, 1>({width});
    layer_norm_backward(dy, x, weight, pass.mean, pass.scale, pass.dx.resize(x.shape()), pass.d_weight,
                        pass.d_bias);
    return pass;
  };
  rapt::set_parallel_threshold(0);
  const Pass one = run(1);
  for (const rapt::Index threads : {2, 3, 4}) {
    const Pass more = run(threads);
    CHECK(rapt::testing::largest_difference(more.y, one.y) == 0);
    CHECK(rapt::testing::largest_difference(more.dx, one.dx) == 0);
    CHECK(rapt::testing::largest_difference(more.d_weight, one.d_weight) == 0);
    CHECK(rapt::testing::largest_difference(more.d_bias, one.d_bias) == 0);
  }
  rapt::set_threads(1);
  rapt::set_parallel_threshold(100'000);
  for (rapt::Index e = 0; e < width; ++e) {
    double d_weight = 0, d_bias = 0;
    for (rapt::Index n = 0; n < rows; ++n) {
      d_weight += static_cast<double>(dy(n, e)) * (x(n, e) - one.mean(n)) * one.scale(n);
      d_bias += dy(n, e);
    }
    CHECK(one.d_weight(e) == Catch::Approx(d_weight).margin(1e-4));
    CHECK(one.d_bias(e) == Catch::Approx(d_bias).margin(1e-4));
  }
}

TEST_CASE("layer_norm names both shapes when they do not fit", "[ops][normalization][errors]") {
  const rapt::Tensor<double, 2> x({2, 3}), tall({3, 3});
  const rapt::Tensor<double, 1> three({3}), two({2}), four({4});
  rapt::Tensor<double, 2> y({2, 3}), wrong({3, 2});
  rapt::Tensor<double, 1> rows({2}), columns({3}), long_rows({5});
  const auto forward = [&](const auto& w, const auto& b, auto& out, auto& mean, auto& scale) {
    return norm_error([&] { layer_norm(x, w, b, 1e-5, out.view(), mean, scale); });
  };
  CHECK(forward(four, three, y, rows, rows) == "layer_norm: weight has shape (4), expected (3)");
  CHECK(forward(three, two, y, rows, rows) == "layer_norm: bias has shape (2), expected (3)");
  CHECK(forward(three, three, wrong, rows, rows) == "layer_norm: y has shape (3, 2), expected (2, 3)");
  CHECK(forward(three, three, y, columns, rows) == "layer_norm: mean has shape (3), expected (2)");
  CHECK(forward(three, three, y, rows, long_rows) == "layer_norm: scale has shape (5), expected (2)");
  const auto backward = [&](const auto& dy, const auto& w, const auto& mean, const auto& scale, auto& dx,
                            auto& dw, auto& db) {
    return norm_error([&] { layer_norm_backward(dy, x, w, mean, scale, dx.view(), dw, db); });
  };
  const std::string where = "layer_norm_backward: ";
  CHECK(backward(tall, three, two, two, y, columns, columns) ==
        where + "dy has shape (3, 3), expected (2, 3)");
  CHECK(backward(x, four, two, two, y, columns, columns) == where + "weight has shape (4), expected (3)");
  CHECK(backward(x, three, four, two, y, columns, columns) == where + "mean has shape (4), expected (2)");
  CHECK(backward(x, three, two, four, y, columns, columns) == where + "scale has shape (4), expected (2)");
  CHECK(backward(x, three, two, two, wrong, columns, columns) ==
        where + "dx has shape (3, 2), expected (2, 3)");
  CHECK(backward(x, three, two, two, y, rows, columns) == where + "d_weight has shape (2), expected (3)");
  CHECK(backward(x, three, two, two, y, columns, rows) == where + "d_bias has shape (2), expected (3)");
}

TEST_CASE("batch_norm names both shapes when they do not fit", "[ops][normalization][errors]") {
  const rapt::Tensor<double, 2> x({2, 3}), tall({3, 3});
  const rapt::Tensor<double, 1> three({3}), four({4});
  rapt::Tensor<double, 2> y({2, 3}), wrong({3, 2});
  rapt::Tensor<double, 1> rows({2}), columns({3});
  CHECK(norm_error([&] { column_statistics(x, rows.view(), columns); }) ==
        "column_statistics: mean has shape (2), expected (3)");
  CHECK(norm_error([&] { column_statistics(x, columns.view(), rows); }) ==
        "column_statistics: variance has shape (2), expected (3)");
  const auto forward = [&](const auto& m, const auto& s, const auto& w, const auto& b, auto& out) {
    return norm_error([&] { batch_norm(x, m, s, w, b, out.view()); });
  };
  CHECK(forward(four, three, three, three, y) == "batch_norm: mean has shape (4), expected (3)");
  CHECK(forward(three, four, three, three, y) == "batch_norm: scale has shape (4), expected (3)");
  CHECK(forward(three, three, four, three, y) == "batch_norm: weight has shape (4), expected (3)");
  CHECK(forward(three, three, three, four, y) == "batch_norm: bias has shape (4), expected (3)");
  CHECK(forward(three, three, three, three, wrong) == "batch_norm: y has shape (3, 2), expected (2, 3)");
  const auto backward = [&](const auto& dy, const auto& m, const auto& s, const auto& w, auto& dx, auto& dw,
                            auto& db) {
    return norm_error(
        [&] { batch_norm_backward(dy, x, m, s, w, rapt::NormStatistics::constant, dx.view(), dw, db); });
  };
  const std::string where = "batch_norm_backward: ";
  CHECK(backward(tall, three, three, three, y, columns, columns) ==
        where + "dy has shape (3, 3), expected (2, 3)");
  CHECK(backward(x, four, three, three, y, columns, columns) == where + "mean has shape (4), expected (3)");
  CHECK(backward(x, three, four, three, y, columns, columns) == where + "scale has shape (4), expected (3)");
  CHECK(backward(x, three, three, four, y, columns, columns) == where + "weight has shape (4), expected (3)");
  CHECK(backward(x, three, three, three, wrong, columns, columns) ==
        where + "dx has shape (3, 2), expected (2, 3)");
  CHECK(backward(x, three, three, three, y, rows, columns) == where + "d_weight has shape (2), expected (3)");
  CHECK(backward(x, three, three, three, y, columns, rows) == where + "d_bias has shape (2), expected (3)");
}
