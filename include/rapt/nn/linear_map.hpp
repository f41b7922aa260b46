#pragma once
/// \file  What all layers share that are linear in their input: average pooling, upsampling and the like.

#include <rapt/core/tangent.hpp>

#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <tuple>

namespace rapt {

namespace detail {

struct NoPlan {};

}  // namespace detail

/// Layer `y = M x` without parameters, M a fixed linear map for a given shape of x (or, as for the maximum,
/// one that forward chooses): the base of AvgPool2d, Upsample and the like.
///
/// `Derived` bears `static constexpr std::string_view layer_name` for its error messages and has
///
///     Shape<OutputRank> output_shape(const Shape<InputRank>&) const   // throws where x does not fit
///     void map(TensorView<const T, InputRank> x, TensorView<T, OutputRank> y, const Plan&) const      // M x
///     void map_back(TensorView<const T, OutputRank> dy, TensorView<T, InputRank> dx, const Plan&) const
///                                            // M^T
///     void evaluate(x, y, Plan&) const       // forward, where it is more than map: puts what M is into Plan
///
/// \shape   as `Derived` says
/// \throws  ShapeError where x or dy does not fit
/// \note    a tangent is the same map, and nothing of it depends on x: dS/dx is absent where dy is
template <class Derived, std::floating_point T, std::size_t InputRank = 4, std::size_t OutputRank = 4,
          class Plan = detail::NoPlan>
struct LinearMap {
  using Scalar = T;
  using Input = TensorView<const T, InputRank>;
  using Output = TensorView<const T, OutputRank>;
  static constexpr std::tuple<> parameters{};

  struct Cache {
    Shape<InputRank> shape{};  // of x
    Plan plan;
    Tensor<T, OutputRank> y, tangent_y;
    Tensor<T, InputRank> dx, d_tangent_x, tangent_dx;
    ForwardStamp stamp;
  };

  Output forward(Input x, Cache& cache) const {
    const auto shape = derived().output_shape(x.shape());
    cache.shape = x.shape();
    cache.stamp.set(this);
    derived().evaluate(x, cache.y.resize(shape), cache.plan);
    return cache.y;
  }

  Input backward(Output dy, Cache& cache, Derived* gradient,
                 InputGradient input_gradient = InputGradient::compute) const {
    expect("backward", "dy", dy.shape(), cache.y.shape());
    cache.stamp.check(this, static_cast<const LinearMap*>(gradient));
    if (input_gradient == InputGradient::skip) return {};
    // y = M x
    derived().map_back(dy, cache.dx.resize(cache.shape), cache.plan);
    return cache.dx;
  }

  Output forward_tangent(Input dx, Cache& cache) const {
    expect("forward_tangent", "dx", dx.shape(), cache.shape);
    cache.stamp.check(this, nullptr);
    derived().map(dx, cache.tangent_y.resize(cache.y.shape()), cache.plan);
    return cache.tangent_y;
  }

  TangentGradient<Input> backward_tangent(Output d_dy, Output dy, Cache& cache, Derived* gradient,
                                          InputGradient input_gradient = InputGradient::compute) const {
    if (!d_dy.absent()) expect("backward_tangent", "d_dy", d_dy.shape(), cache.y.shape());
    if (!dy.absent()) expect("backward_tangent", "dy", dy.shape(), cache.y.shape());
    cache.stamp.check(this, static_cast<const LinearMap*>(gradient));
    TangentGradient<Input> result;
    if (input_gradient == InputGradient::skip) return result;
    if (!d_dy.absent()) {
      // y' = M x'
      derived().map_back(d_dy, cache.d_tangent_x.resize(cache.shape), cache.plan);
      result.tangent = cache.d_tangent_x;
    }
    if (!dy.absent()) {
      // y = M x
      derived().map_back(dy, cache.tangent_dx.resize(cache.shape), cache.plan);
      result.input = cache.tangent_dx;
    }
    return result;
  }

 protected:
  void evaluate(Input x, TensorView<T, OutputRank> y, Plan& plan) const { derived().map(x, y, plan); }

 private:
  const Derived& derived() const { return static_cast<const Derived&>(*this); }

  // The function's name is put together only where it is needed.
  template <std::size_t Rank>
  static void expect(std::string_view function, std::string_view what, const Shape<Rank>& got,
                     const Shape<Rank>& expected) {
    if (got == expected) return;
    expect_shape(std::string(Derived::layer_name) + "::" + std::string(function), what, got, expected);
  }
};

}  // namespace rapt
