#include <rapt/nn/linear.hpp>
#include <rapt/testing/tangent_check.hpp>

#include "support/catch.hpp"

namespace {

enum class TangentFault { none, wrong_direction, forgets_input, forgets_weight, overwrites_weight };

// y = w x^2, element by element: y' = 2 w x x', curved in x and in w. One of its formulas may be wrong.
struct FaultySquare {
  using Scalar = double;
  using Input = rapt::TensorView<const double, 2>;
  using Output = rapt::TensorView<const double, 2>;
  rapt::Tensor<double, 1> weight{rapt::Shape<1>{1}};
  TangentFault fault = TangentFault::none;
  static constexpr auto parameters = std::tuple{rapt::field("weight", &FaultySquare::weight)};
  struct Cache {
    Input x, direction;
    rapt::Tensor<double, 2> y, dx, tangent_y, d_direction, d_input;
  };

  Output forward(Input x, Cache& cache) const {
    cache.x = x;
    cache.y.resize(x.shape()).array() = weight(0) * x.array().square();
    return cache.y;
  }
  Input backward(Output dy, Cache& cache, FaultySquare* gradient, rapt::InputGradient) const {
    if (gradient != nullptr) gradient->weight(0) += (dy.array() * cache.x.array().square()).sum();
    cache.dx.resize(dy.shape()).array() = 2 * weight(0) * dy.array() * cache.x.array();
    return cache.dx;
  }
  Output forward_tangent(Input dx, Cache& cache) const {
    cache.direction = dx;
    cache.tangent_y.resize(dx.shape()).array() = 2 * weight(0) * cache.x.array() * dx.array();
    if (fault == TangentFault::wrong_direction) cache.tangent_y.view().array() *= 1.001;
    return cache.tangent_y;
  }
  rapt::TangentGradient<Input> backward_tangent(Output d_dy, Output dy, Cache& cache, FaultySquare* gradient,
                                                rapt::InputGradient) const {
    const auto x = cache.x.array(), direction = cache.direction.array();
    auto d_direction = cache.d_direction.resize(cache.x.shape()).array();
    auto d_input = cache.d_input.resize(cache.x.shape()).array();
    d_direction.setZero();
    d_input.setZero();
    double d_weight = 0;
    if (!d_dy.absent()) {
      d_direction = 2 * weight(0) * x * d_dy.array();
      if (fault != TangentFault::forgets_input) d_input += 2 * weight(0) * direction * d_dy.array();
      d_weight += 2 * (d_dy.array() * x * direction).sum();
    }
    if (!dy.absent()) {
      d_input += 2 * weight(0) * x * dy.array();
      d_weight += (dy.array() * x.square()).sum();
    }
    if (gradient != nullptr && fault != TangentFault::forgets_weight) {
      gradient->weight(0) = d_weight + (fault == TangentFault::overwrites_weight ? 0.0 : gradient->weight(0));
    }
    return {cache.d_direction, cache.d_input};
  }
};
static_assert(rapt::TangentLayer<FaultySquare>);

rapt::testing::GradientReport tangent_report(TangentFault fault) {
  FaultySquare layer;
  layer.weight(0) = 1.5;
  layer.fault = fault;
  const rapt::Tensor<double, 2> x({2, 3}, {1, -2, 0.5, 3, -1, 0.25});
  return rapt::testing::check_tangent(layer, x.view());
}

}  // namespace

TEST_CASE("check_tangent passes right second derivatives", "[testing][tangent]") {
  const auto report = tangent_report(TangentFault::none);
  CHECK(report.worst < 1e-7);
  CHECK(report.samples == 1 + 6 + 6 + 1);  // weight, input, direction, forward_tangent
}

TEST_CASE("check_tangent finds each wrong second derivative and says where", "[testing][tangent]") {
  CHECK(tangent_report(TangentFault::wrong_direction).worst > 1e-4);
  CHECK(tangent_report(TangentFault::forgets_input).where.rfind("input 0[", 0) == 0);
  CHECK(tangent_report(TangentFault::forgets_weight).where == "weight[0]");
  CHECK(tangent_report(TangentFault::overwrites_weight).where == "weight[0]");
  for (const auto fault :
       {TangentFault::forgets_input, TangentFault::forgets_weight, TangentFault::overwrites_weight})
    CHECK(tangent_report(fault).worst > 1e-2);
}
