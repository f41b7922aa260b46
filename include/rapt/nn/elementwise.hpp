#pragma once
/// \file  What all layers share that apply one function to every element.

#include <rapt/core/tangent.hpp>
#include <rapt/ops/activation.hpp>

#include <concepts>
#include <cstddef>
#include <string_view>
#include <tuple>

namespace rapt {

namespace detail {

/// "ReLU" and "::backward" in one text, joined when the program is compiled.
struct JoinedName {
  char text[48] = {};
  std::size_t length = 0;
  constexpr JoinedName(std::string_view first, std::string_view second) {
    for (const std::string_view piece : {first, second}) {
      for (const char c : piece) text[length++] = c;
    }
  }
  constexpr operator std::string_view() const { return {text, length}; }
};

}  // namespace detail

/// Layer `y = f(x)`, element by element, without parameters: the base of ReLU, GELU and the like.
///
/// `Derived` says which function, `auto function() const`, and bears `static constexpr std::string_view
/// layer_name` for its error messages.
/// \shape   x of Rank axes -> y of the same shape
/// \throws  ShapeError where dy does not fit
/// \borrows x until the matching backward, and the direction of a tangent until backward_tangent
template <class Derived, std::floating_point T, std::size_t Rank = 2>
struct Elementwise {
  using Scalar = T;
  using Input = TensorView<const T, Rank>;
  using Output = TensorView<const T, Rank>;
  static constexpr std::tuple<> parameters{};

  struct Cache {
    Input x;            // borrowed
    Tensor<T, Rank> y;  // of x's shape, as all of these
    Tensor<T, Rank> dx;
    Input tangent_x;  // borrowed
    Tensor<T, Rank> tangent_y, d_tangent_x, tangent_dx;
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
    static constexpr detail::JoinedName where(Derived::layer_name, "::backward");
    expect_shape(where, "dy", dy.shape(), cache.x.shape());
    cache.stamp.check(this, static_cast<const Elementwise*>(gradient));
    if (input_gradient == InputGradient::skip) return {};
    // y = f(x)
    activate_backward(function(), dy, cache.x, cache.y, cache.dx.resize(cache.x.shape()));
    return cache.dx;
  }

  Output forward_tangent(Input dx, Cache& cache) const {
    static constexpr detail::JoinedName where(Derived::layer_name, "::forward_tangent");
    expect_shape(where, "dx", dx.shape(), cache.x.shape());
    cache.stamp.check(this, nullptr);
    cache.tangent_x = dx;
    activate_backward(function(), dx, cache.x, cache.y, cache.tangent_y.resize(cache.x.shape()));
    return cache.tangent_y;
  }

  TangentGradient<Input> backward_tangent(Output d_dy, Output dy, Cache& cache, Derived* gradient,
                                          InputGradient input_gradient = InputGradient::compute) const {
    static constexpr detail::JoinedName where(Derived::layer_name, "::backward_tangent");
    if (!d_dy.absent()) expect_shape(where, "d_dy", d_dy.shape(), cache.tangent_y.shape());
    if (!dy.absent()) expect_shape(where, "dy", dy.shape(), cache.x.shape());
    cache.stamp.check(this, static_cast<const Elementwise*>(gradient));
    TangentGradient<Input> result;
    if (input_gradient == InputGradient::skip) return result;
    if (!d_dy.absent()) {
      // y' = f'(x) x', by x'
      activate_backward(function(), d_dy, cache.x, cache.y, cache.d_tangent_x.resize(cache.x.shape()));
      result.tangent = cache.d_tangent_x;
    }
    constexpr bool curved = CurvedActivation<decltype(function()), T>;
    if (!dy.absent()) {
      // y = f(x)
      activate_backward(function(), dy, cache.x, cache.y, cache.tangent_dx.resize(cache.x.shape()));
      result.input = cache.tangent_dx;
    }
    if constexpr (curved) {
      if (!d_dy.absent()) {
        // y' = f'(x) x', by x
        const auto dx = cache.tangent_dx.resize(cache.x.shape());
        if (dy.absent()) cache.tangent_dx.fill(0);
        add_curvature(function(), d_dy, cache.tangent_x, cache.x, cache.y, dx);
        result.input = cache.tangent_dx;
      }
    }
    return result;
  }

 private:
  auto function() const { return static_cast<const Derived&>(*this).function(); }
};

}  // namespace rapt
