#include <rapt/ops/rms_norm.hpp>

#include "support/catch.hpp"
#include "support/layer_properties.hpp"

#include <string>
#include <tuple>

namespace {

template <class T>
struct RmsNormInput {
  rapt::TensorView<const T, 2> x;
  rapt::TensorView<const T, 1> weight;
  static constexpr auto tensors = std::tuple{&RmsNormInput::x, &RmsNormInput::weight};
};

// The op as a layer without parameters of its own, so that every generic test runs over it.
template <std::floating_point T>
struct RmsNormOp {
  using Scalar = T;
  using Input = RmsNormInput<T>;
  using Output = rapt::TensorView<const T, 2>;
  static constexpr std::tuple<> parameters{};
  struct Cache {
    Input in;
    rapt::Tensor<T, 1> scale, d_weight;
    rapt::Tensor<T, 2> y, dx;
  };
  Output forward(Input in, Cache& cache) const {
    cache.in = in;
    rms_norm(in.x, in.weight, T(0.01), cache.y.resize(in.x.shape()), cache.scale.resize({in.x.extent(0)}));
    return cache.y;
  }
  Input backward(Output dy, Cache& cache, RmsNormOp*, rapt::InputGradient = {}) const {
    cache.d_weight.resize(cache.in.weight.shape());
    cache.d_weight.fill(0);
    rms_norm_backward(dy, cache.in.x, cache.in.weight, cache.scale, cache.dx.resize(cache.in.x.shape()),
                      cache.d_weight);
    return {cache.dx, cache.d_weight};
  }
};

template <class T>
struct RmsNormOpSample {
  explicit RmsNormOpSample(rapt_test::Draw& draw)
      : x(draw.normal<T, 2>({draw.pick(std::array<rapt::Index, 6>{0, 1, 5, 8, 9, 17}),
                             draw.pick(std::array<rapt::Index, 6>{0, 2, 7, 31, 33, 67})})),
        weight(draw.normal<T, 1>({x.extent(1)})) {}
  RmsNormOp<T> layer;
  rapt::Tensor<T, 2> x;
  rapt::Tensor<T, 1> weight;
  RmsNormInput<T> input() const { return {x, weight}; }
};

template <class F>
std::string rms_norm_error(F f) {
  try {
    f();
  } catch (const rapt::ShapeError& error) {
    return error.what();
  }
  return "nothing thrown";
}

}  // namespace

RAPT_TEST_LAYER("rms_norm", RmsNormOpSample, "[ops][rms_norm]")

TEST_CASE("rms_norm of rows whose mean is 0 is their layer_norm", "[ops][rms_norm]") {
  rapt_test::Draw draw(1);
  const rapt::Index rows = 70, width = 21;
  auto x = draw.normal<double, 2>({rows, width});
  for (rapt::Index n = 0; n < rows; ++n) x.matrix().row(n).array() -= x.matrix().row(n).mean();
  const auto weight = draw.normal<double, 1>({width});
  const rapt::Tensor<double, 1> bias({width});
  rapt::Tensor<double, 2> y({rows, width}), other({rows, width});
  rapt::Tensor<double, 1> mean({rows}), scale({rows});
  rms_norm(x, weight, 1e-5, y.view(), scale);
  layer_norm(x, weight, bias, 1e-5, other.view(), mean, scale);
  CHECK(rapt::testing::largest_difference(y, other) < 1e-13);
}

TEST_CASE("rms_norm_backward adds to the weight's gradient and leaves out what is absent",
          "[ops][rms_norm]") {
  rapt_test::Draw draw(3);
  const auto x = draw.normal<double, 2>({3, 4}), dy = draw.normal<double, 2>({3, 4});
  const auto weight = draw.normal<double, 1>({4}), scale = draw.uniform<double, 1>({3}, 0.5, 2);
  rapt::Tensor<double, 2> dx({3, 4}), again({3, 4});
  rapt::Tensor<double, 1> dw({4}), dw_again({4});
  rms_norm_backward(dy, x, weight, scale, dx.view(), dw);
  rms_norm_backward(dy, x, weight, scale, again.view(), {});
  CHECK(rapt::testing::largest_difference(dx, again) == 0);
  rms_norm_backward(dy, x, weight, scale, rapt::TensorView<double, 2>{}, dw_again);
  CHECK(rapt::testing::largest_difference(dw, dw_again) == 0);
  rms_norm_backward(dy, x, weight, scale, again.view(), dw);
  for (rapt::Index e = 0; e < 4; ++e) CHECK(dw(e) == Catch::Approx(2 * dw_again(e)));
}

TEST_CASE("rms_norm names both shapes when they do not fit", "[ops][rms_norm][errors]") {
  const rapt::Tensor<double, 2> x({2, 3}), tall({3, 3});
  const rapt::Tensor<double, 1> three({3}), two({2}), four({4});
  rapt::Tensor<double, 2> y({2, 3}), wrong({3, 2});
  rapt::Tensor<double, 1> rows({2}), columns({3});
  const auto forward = [&](const auto& w, auto& out, auto& scale) {
    return rms_norm_error([&] { rms_norm(x, w, 1e-5, out.view(), scale); });
  };
  CHECK(forward(four, y, rows) == "rms_norm: weight has shape (4), expected (3)");
  CHECK(forward(three, wrong, rows) == "rms_norm: y has shape (3, 2), expected (2, 3)");
  CHECK(forward(three, y, columns) == "rms_norm: scale has shape (3), expected (2)");
  const auto backward = [&](const auto& dy, const auto& w, const auto& scale, auto& dx, auto& dw) {
    return rms_norm_error([&] { rms_norm_backward(dy, x, w, scale, dx.view(), dw); });
  };
  const std::string where = "rms_norm_backward: ";
  CHECK(backward(tall, three, two, y, columns) == where + "dy has shape (3, 3), expected (2, 3)");
  CHECK(backward(x, four, two, y, columns) == where + "weight has shape (4), expected (3)");
  CHECK(backward(x, three, four, y, columns) == where + "scale has shape (4), expected (2)");
  CHECK(backward(x, three, two, wrong, columns) == where + "dx has shape (3, 2), expected (2, 3)");
  CHECK(backward(x, three, two, y, rows) == where + "d_weight has shape (2), expected (3)");
}
