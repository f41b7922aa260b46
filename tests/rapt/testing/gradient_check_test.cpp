#include <rapt/testing/gradient_check.hpp>

#include "support/catch.hpp"

#include <cmath>
#include <limits>
#include <string>

using rapt::Index;
using rapt::InputGradient;
using rapt::Tensor;
using rapt::testing::check_gradient;
using rapt::testing::GradientReport;

namespace {

enum class GradientFault {
  none,
  wrong_slope,
  assigns,       // the parameter's gradient, instead of adding
  adds_into_dx,  // instead of overwriting
  no_dx,
  nan_parameter,  // a NaN followed by right numbers
  nan_input,
};

// y_i = w_i f(x_i), f smooth or |x| or relu, with one of the faults above.
enum class GradientCurve { smooth, absolute, relu };
template <class T>
struct GradientToy {
  using Scalar = T;
  using Input = rapt::TensorView<const T, 1>;
  using Output = Input;
  Tensor<T, 1> w{{3}, {T(0.7), T(-1.3), T(2)}};
  static constexpr auto parameters = std::tuple{rapt::field("w", &GradientToy::w)};
  GradientFault fault = GradientFault::none;
  GradientCurve curve = GradientCurve::smooth;

  struct Cache {
    Input x;
    Tensor<T, 1> y, dx;
  };
  T f(T x) const {
    if (curve == GradientCurve::smooth) return std::sin(x);
    return curve == GradientCurve::absolute ? std::abs(x) : std::max(x, T(0));
  }
  T slope(T x) const {
    if (curve == GradientCurve::smooth) return std::cos(x);
    return curve == GradientCurve::absolute ? (x < 0 ? T(-1) : T(1)) : (x > 0 ? T(1) : T(0));
  }
  Output forward(Input x, Cache& cache) const {
    cache.x = x;
    cache.y.resize(x.shape());
    for (Index i = 0; i < 3; ++i) cache.y(i) = w(i) * f(x(i));
    return cache.y;
  }
  Input backward(Output dy, Cache& cache, GradientToy* gradient, InputGradient) const {
    const T nan = std::numeric_limits<T>::quiet_NaN();
    const bool fresh = cache.dx.size() == 0;
    cache.dx.resize({3});
    if (fresh) cache.dx.fill(0);
    for (Index i = 0; i < 3; ++i) {
      T dw = dy(i) * f(cache.x(i)), dx = dy(i) * w(i) * slope(cache.x(i));
      if (fault == GradientFault::wrong_slope) dx *= T(1.0001);
      if (fault == GradientFault::nan_parameter && i == 0) dw = nan;
      if (fault == GradientFault::nan_input && i == 1) dx = nan;
      gradient->w(i) = (fault == GradientFault::assigns ? T(0) : gradient->w(i)) + dw;
      cache.dx(i) = (fault == GradientFault::adds_into_dx ? cache.dx(i) : T(0)) + dx;
    }
    if (fault == GradientFault::no_dx) return {};
    return cache.dx;
  }
};

GradientReport gradient_of(GradientFault fault, GradientCurve curve = GradientCurve::smooth,
                           double x1 = 1.1) {
  GradientToy<double> toy;
  toy.fault = fault;
  toy.curve = curve;
  const Tensor<double, 1> x({3}, {0.4, x1, -0.9});
  return check_gradient(toy, x);
}

struct GradientSquare {  // a loss, right or wrong by a factor
  using Scalar = double;
  using Prediction = rapt::TensorView<const double, 1>;
  using Target = rapt::NoTarget;
  double factor = 2;
  struct Cache {
    Prediction x;
    Tensor<double, 1> dx;
  };
  double forward(Prediction x, Target, Cache& cache) const {
    cache.x = x;
    return x.array().square().sum();
  }
  Prediction backward(Cache& cache) const {
    cache.dx.resize(cache.x.shape()).array() = factor * cache.x.array();
    return cache.dx;
  }
};

}  // namespace

TEST_CASE("check_gradient passes a right gradient and counts its samples", "[testing][gradient]") {
  const auto report = gradient_of(GradientFault::none);
  CHECK(report.worst < 1e-8);
  CHECK(report.samples == 6);
  CHECK(report.moved == 0);
}

TEST_CASE("check_gradient catches every seeded fault and says where", "[testing][gradient]") {
  const auto wrong = gradient_of(GradientFault::wrong_slope);
  CHECK(wrong.worst > 5e-5);
  CHECK(wrong.where.substr(0, 7) == "input 0");
  const auto assigned = gradient_of(GradientFault::assigns);
  CHECK(assigned.worst > 0.1);
  CHECK(assigned.where.substr(0, 2) == "w[");
  const auto added = gradient_of(GradientFault::adds_into_dx);
  CHECK(added.worst > 0.5);
  CHECK(added.where.substr(0, 7) == "input 0");
  CHECK(gradient_of(GradientFault::no_dx).where == "input 0 has no gradient of its size");
  CHECK(std::isinf(gradient_of(GradientFault::no_dx).worst));
}

TEST_CASE("check_gradient keeps a NaN as the worst of all", "[testing][gradient]") {
  const auto parameter = gradient_of(GradientFault::nan_parameter),
             input = gradient_of(GradientFault::nan_input);
  CHECK(std::isinf(parameter.worst));
  CHECK(parameter.where == "w[0]");
  CHECK(std::isinf(input.worst));
  CHECK(input.where == "input 0[1]");
}

TEST_CASE("check_gradient moves samples off kinks and says how many", "[testing][gradient]") {
  for (const auto curve : {GradientCurve::absolute, GradientCurve::relu}) {
    for (const double x : {0.0, 1e-5, -1e-5, 9e-5, -1.9e-4, 1.5e-4}) {
      const auto report = gradient_of(GradientFault::none, curve, x);
      INFO("kink at distance " << x << " worst " << report.worst << " at " << report.where);
      CHECK(report.worst < 1e-6);
      CHECK(report.moved == 1);
    }
    CHECK(gradient_of(GradientFault::none, curve, 0.01).moved == 0);
    CHECK(gradient_of(GradientFault::wrong_slope, curve, 0.0).worst > 5e-5);
  }
}

TEST_CASE("check_loss_gradient tells a right loss from a wrong one", "[testing][gradient]") {
  const Tensor<double, 1> x({3}, {1, -2, 3});
  GradientSquare loss;
  CHECK(rapt::testing::check_loss_gradient(loss, x, {}).worst < 1e-8);
  loss.factor = 2.001;
  CHECK(rapt::testing::check_loss_gradient(loss, x, {}).worst > 4e-4);
}
