#pragma once
/// \file  What all layers share that apply one function to every element.

#include <rapt/core/layer.hpp>
#include <rapt/ops/activation.hpp>

#include <concepts>
#include <string_view>
#include <tuple>

namespace rapt {

/// Layer `y = f(x)`, element by element, without parameters: the base of ReLU, GELU and the like.
///
/// `Derived` says which function, `auto function() const`, and bears `static constexpr std::string_view
/// backward_name` for its error messages.
/// \shape   x (N, E) -> y (N, E). Use `x.rows()` for a higher rank.
/// \throws  ShapeError where dy does not fit
/// \borrows x until the matching backward
template <class Derived, std::floating_point T>
struct Elementwise {
  using Scalar = T;
  using Input = TensorView<const T, 2>;
  using Output = TensorView<const T, 2>;
  static constexpr std::tuple<> parameters{};

  struct Cache {
    Input x;          // borrowed (N, E)
    Tensor<T, 2> y;   // (N, E)
    Tensor<T, 2> dx;  // (N, E)
    ForwardStamp stamp;
  };

  Output forward(Input x, Cache& cache) const {
    cache.x = x;
    cache.stamp.set(this);
    activate(function(), x, cache.y.resize(x.shape()));
    return cache.y;
  }

  Input backward(Output dy, Cache& cache, Derived* gradient,
                 InputGradient input_gradient = InputGradient::compute) const {
    expect_shape(Derived::backward_name, "dy", dy.shape(), cache.x.shape());
    cache.stamp.check(this, static_cast<const Elementwise*>(gradient));
    if (input_gradient == InputGradient::skip) return {};
    // y = f(x)
    activate_backward(function(), dy, cache.x, cache.y, cache.dx.resize(cache.x.shape()));
    return cache.dx;
  }

 private:
  auto function() const { return static_cast<const Derived&>(*this).function(); }
};

}  // namespace rapt
