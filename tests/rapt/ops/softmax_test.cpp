#include <rapt/ops/softmax.hpp>

#include <rapt/testing/golden.hpp>

#include "support/catch.hpp"
#include "support/layer_properties.hpp"

#include <cmath>
#include <limits>
#include <string>
#include <tuple>
#include <vector>

namespace {

constexpr double softmax_infinity = std::numeric_limits<double>::infinity();
constexpr double softmax_nan = std::numeric_limits<double>::quiet_NaN();

// The ops as layers without parameters, so that every generic test runs over them.
template <class T>
struct SoftmaxInput {
  rapt::TensorView<const T, 3> x;
  rapt::TensorView<const bool, 3> ignored;
  static constexpr auto tensors = std::tuple{&SoftmaxInput::x};
};

template <std::floating_point T>
struct SoftmaxOp {
  using Scalar = T;
  using Input = SoftmaxInput<T>;
  using Output = rapt::TensorView<const T, 3>;
  static constexpr std::tuple<> parameters{};
  struct Cache {
    rapt::Tensor<T, 3> y, dx;
  };
  Output forward(Input in, Cache& cache) const {
    softmax(in.x, cache.y.resize(in.x.shape()), in.ignored);
    return cache.y;
  }
  Input backward(Output dy, Cache& cache, SoftmaxOp*, rapt::InputGradient = {}) const {
    softmax_backward(dy, cache.y, cache.dx.resize(cache.y.shape()));
    return {cache.dx, {}};
  }
};

template <std::floating_point T>
struct LogSoftmaxOp {
  using Scalar = T;
  using Input = SoftmaxInput<T>;
  using Output = rapt::TensorView<const T, 3>;
  static constexpr std::tuple<> parameters{};
  struct Cache {
    rapt::Tensor<T, 3> y, seen, dx;
  };
  Output forward(Input in, Cache& cache) const {
    log_softmax(in.x, cache.y.resize(in.x.shape()), in.ignored);
    // -infinity has no finite differences; its gradient is tested by itself below.
    cache.seen.resize(in.x.shape()).array() = cache.y.array().max(T(-1000));
    return cache.seen;
  }
  Input backward(Output dy, Cache& cache, LogSoftmaxOp*, rapt::InputGradient = {}) const {
    log_softmax_backward(dy, cache.y, cache.dx.resize(cache.y.shape()));
    return {cache.dx, {}};
  }
};

template <class T, template <std::floating_point> class Op>
struct SoftmaxSampleOf {
  explicit SoftmaxSampleOf(rapt_test::Draw& draw)
      : x(draw.normal<T, 3>({draw.small(), draw.small(), draw.size()}, 2)),
        ignored(draw.mask<3>(x.shape(), static_cast<double>(draw.small()) / 5)),
        masked(draw.small() != 1) {}
  Op<T> layer;
  rapt::Tensor<T, 3> x;
  rapt::Tensor<bool, 3> ignored;
  bool masked;
  SoftmaxInput<T> input() const { return {x, masked ? ignored.view() : rapt::TensorView<const bool, 3>{}}; }
};
template <class T>
struct SoftmaxSample : SoftmaxSampleOf<T, SoftmaxOp> {
  using SoftmaxSampleOf<T, SoftmaxOp>::SoftmaxSampleOf;
};
template <class T>
struct LogSoftmaxSample : SoftmaxSampleOf<T, LogSoftmaxOp> {
  using SoftmaxSampleOf<T, LogSoftmaxOp>::SoftmaxSampleOf;
};

std::vector<double> softmax_numbers(const auto& view) { return {view.begin(), view.end()}; }

}  // namespace

RAPT_TEST_LAYER("softmax", SoftmaxSample, "[ops][softmax]")
RAPT_TEST_LAYER("log_softmax", LogSoftmaxSample, "[ops][softmax]")

TEMPLATE_TEST_CASE("softmax and log_softmax give the values worked out by hand", "[ops][softmax]", float,
                   double) {
  using T = TestType;
  // exp(x) = 1 2 5 and 4 4 0
  const rapt::Tensor<T, 2> x({2, 3}, {T(0), std::log(T(2)), std::log(T(5)), 1000, 1000, -1000});
  rapt::Tensor<T, 2> y({2, 3}), z({2, 3});
  softmax(x, y.view());
  log_softmax(x, z.view());
  const std::vector<double> expected{0.125, 0.25, 0.625, 0.5, 0.5, 0};
  for (rapt::Index i = 0; i < 6; ++i) {
    CHECK(y.data()[i] == Catch::Approx(expected[static_cast<std::size_t>(i)]).margin(1e-7));
    if (i < 5)
      CHECK(z.data()[i] == Catch::Approx(std::log(expected[static_cast<std::size_t>(i)])).epsilon(1e-6));
  }
  CHECK(z(1, 2) == Catch::Approx(-2000.693147));
}

TEST_CASE("softmax_backward gives the values worked out by hand", "[ops][softmax]") {
  const rapt::Tensor<double, 2> y({1, 3}, {0.125, 0.25, 0.625}), dy({1, 3}, {8, 4, 0});
  rapt::Tensor<double, 2> dx({1, 3});
  softmax_backward(dy, y, dx.view());  // y (dy - (1 + 1 + 0))
  CHECK(softmax_numbers(dx) == std::vector<double>{0.75, 0.5, -1.25});

  const rapt::Tensor<double, 2> log_y({1, 2}, {std::log(0.25), std::log(0.75)}), d({1, 2}, {3, 1});
  rapt::Tensor<double, 2> dz({1, 2});
  log_softmax_backward(d, log_y, dz.view());  // dy - exp(y) 4
  CHECK(dz(0, 0) == Catch::Approx(2));
  CHECK(dz(0, 1) == Catch::Approx(-2));
}

TEMPLATE_TEST_CASE("softmax never reads what is masked and gives it exactly 0", "[ops][softmax]", float,
                   double) {
  using T = TestType;
  // The width exceeds a SIMD packet, whose exponential of -infinity is not quite 0.
  rapt::Tensor<T, 2> x({1, 19}), dy({1, 19}), y({1, 19}), log_y({1, 19}), dx({1, 19});
  rapt::Tensor<bool, 2> ignored({1, 19});
  for (rapt::Index i = 0; i < 19; ++i) {
    ignored(0, i) = i % 3 != 0;
    x(0, i) = ignored(0, i) ? std::numeric_limits<T>::quiet_NaN() : T(2);
    dy(0, i) = ignored(0, i) ? std::numeric_limits<T>::quiet_NaN() : static_cast<T>(i);
  }
  softmax(x, y.view(), ignored);
  log_softmax(x, log_y.view(), ignored);
  for (rapt::Index i = 0; i < 19; ++i) {
    CHECK(y(0, i) == (ignored(0, i) ? T(0) : T(1) / T(7)));
    if (ignored(0, i))
      CHECK(log_y(0, i) == -std::numeric_limits<T>::infinity());
    else
      CHECK(log_y(0, i) == Catch::Approx(-std::log(7.0)));
  }
  softmax_backward(dy, y, dx.view());
  for (rapt::Index i = 0; i < 19; ++i)
    CHECK(dx(0, i) == (ignored(0, i) ? Catch::Approx(0) : Catch::Approx((double(i) - 9) / 7).margin(1e-6)));
  log_softmax_backward(dy, log_y, dx.view());
  for (rapt::Index i = 0; i < 19; ++i)
    CHECK(dx(0, i) == (ignored(0, i) ? Catch::Approx(0) : Catch::Approx(double(i) - 9).margin(1e-4)));
}

TEST_CASE("A fully masked row of softmax is 0 with gradient 0", "[ops][softmax]") {
  const double low = -softmax_infinity;
  const rapt::Tensor<double, 2> x({2, 3}, {low, low, low, 1, 2, 3}), dy({2, 3}, {1, 2, 3, 4, 5, 6});
  const rapt::Tensor<bool, 2> ignored({2, 3}, {false, true, false, true, true, true});
  rapt::Tensor<double, 2> y({2, 3}), dx({2, 3});
  softmax(x, y.view(), ignored);
  CHECK(softmax_numbers(y) == std::vector<double>(6, 0));
  softmax_backward(dy, y, dx.view());
  CHECK(softmax_numbers(dx) == std::vector<double>(6, 0));
  log_softmax(x, y.view(), ignored);
  CHECK(softmax_numbers(y) == std::vector<double>(6, low));
  log_softmax_backward(dy, y, dx.view());
  CHECK(softmax_numbers(dx) == std::vector<double>(6, 0));
}

TEST_CASE("softmax does not swallow NaN or plus infinity", "[ops][softmax]") {
  for (const double bad : {softmax_nan, softmax_infinity}) {
    for (rapt::Index at = 0; at < 9; ++at) {
      rapt::Tensor<float, 2> x({1, 9}), y({1, 9});
      x.fill(-std::numeric_limits<float>::infinity());
      x(0, 0) = 1;
      x(0, at) = static_cast<float>(bad);
      softmax(x, y.view());
      for (const float v : y) CHECK(std::isnan(v));
      log_softmax(x, y.view());
      for (const float v : y) CHECK(std::isnan(v));
    }
  }
}

TEST_CASE("softmax of nothing is nothing", "[ops][softmax]") {
  const rapt::Tensor<double, 2> no_rows({0, 3}), no_columns({3, 0});
  rapt::Tensor<double, 2> a({0, 3}), b({3, 0});
  CHECK_NOTHROW(softmax(no_rows, a.view()));
  CHECK_NOTHROW(softmax(no_columns, b.view()));
  CHECK_NOTHROW(log_softmax(no_columns, b.view()));
  CHECK_NOTHROW(softmax_backward(no_columns, no_columns, b.view()));
  CHECK_NOTHROW(log_softmax_backward(no_columns, no_columns, b.view()));
}

TEST_CASE("softmax works in place as it works apart", "[ops][softmax]") {
  rapt_test::Draw draw(5);
  auto x = draw.normal<float, 2>({4, 11});
  rapt::Tensor<float, 2> y({4, 11}), z({4, 11});
  softmax(x, y.view());
  log_softmax(x, z.view());
  auto copy = x;
  softmax(copy, copy.view());
  log_softmax(x, x.view());
  CHECK(rapt::testing::largest_difference(copy, y) == 0);
  CHECK(rapt::testing::largest_difference(x, z) == 0);
}

TEST_CASE("softmax names both shapes when they do not fit", "[ops][softmax][errors]") {
  using Catch::Matchers::Message;
  const rapt::Tensor<double, 2> x({2, 3}), wide({2, 4});
  const rapt::Tensor<bool, 2> ignored({3, 3});
  rapt::Tensor<double, 2> y({3, 2}), fits({2, 3});
  CHECK_THROWS_MATCHES(softmax(x, y.view()), rapt::ShapeError,
                       Message("softmax: y has shape (3, 2), expected (2, 3)"));
  CHECK_THROWS_MATCHES(softmax(x, fits.view(), ignored), rapt::ShapeError,
                       Message("softmax: ignored has shape (3, 3), expected (2, 3)"));
  CHECK_THROWS_MATCHES(softmax_backward(wide, x, fits.view()), rapt::ShapeError,
                       Message("softmax_backward: dy has shape (2, 4), expected (2, 3)"));
  CHECK_THROWS_MATCHES(softmax_backward(x, x, y.view()), rapt::ShapeError,
                       Message("softmax_backward: dx has shape (3, 2), expected (2, 3)"));
  CHECK_THROWS_MATCHES(log_softmax(x, y.view()), rapt::ShapeError,
                       Message("log_softmax: y has shape (3, 2), expected (2, 3)"));
  CHECK_THROWS_MATCHES(log_softmax(x, fits.view(), ignored), rapt::ShapeError,
                       Message("log_softmax: ignored has shape (3, 3), expected (2, 3)"));
  CHECK_THROWS_MATCHES(log_softmax_backward(wide, x, fits.view()), rapt::ShapeError,
                       Message("log_softmax_backward: dy has shape (2, 4), expected (2, 3)"));
  CHECK_THROWS_MATCHES(log_softmax_backward(x, x, y.view()), rapt::ShapeError,
                       Message("log_softmax_backward: dx has shape (3, 2), expected (2, 3)"));
}
