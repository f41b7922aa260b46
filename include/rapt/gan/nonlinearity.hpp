#pragma once
/// \file  An activation that is chosen at run time.

#include <rapt/core/layer.hpp>
#include <rapt/core/tangent.hpp>
#include <rapt/ops/activation.hpp>

#include <concepts>
#include <tuple>
#include <type_traits>

namespace rapt {

/// The activations that generators and discriminators offer; leaky_relu has the slope 0.2 of Radford et al.
/// 2016, arXiv:1511.06434, section 3.
enum class Activate { identity, relu, leaky_relu, tanh, sigmoid };

/// `y = f(x)`, f chosen at run time; the identity copies nothing.
/// \shape   x (N, E) -> y (N, E)
/// \throws  ShapeError where dy does not fit
/// \borrows x until the matching backward, and the direction of a tangent until backward_tangent
template <std::floating_point T>
struct Nonlinearity {
  using Scalar = T;
  using Input = TensorView<const T, 2>;
  using Output = TensorView<const T, 2>;

  Activate kind = Activate::identity;
  static constexpr std::tuple<> parameters{};
  static constexpr auto settings = std::tuple{field("kind", &Nonlinearity::kind)};

  struct Cache {
    Input x;             // borrowed (N, E)
    Tensor<T, 2> y, dx;  // (N, E)
    Input tangent_x;     // borrowed (N, E)
    Tensor<T, 2> tangent_y, d_tangent_x, tangent_dx;
    ForwardStamp stamp;
  };

  Output forward(Input x, Cache& cache) const {
    cache.x = x;
    cache.stamp.set(this);
    if (kind == Activate::identity) return x;
    with_function([&](const auto& f) { activate(f, x, cache.y.resize(x.shape())); });
    return cache.y;
  }

  Input backward(Output dy, Cache& cache, Nonlinearity* gradient,
                 InputGradient input_gradient = InputGradient::compute) const {
    expect_shape("Nonlinearity::backward", "dy", dy.shape(), cache.x.shape());
    cache.stamp.check(this, gradient);
    if (input_gradient == InputGradient::skip) return {};
    if (kind == Activate::identity) return dy;
    // y = f(x)
    return times_slope(dy, cache, cache.dx);
  }

  Output forward_tangent(Input dx, Cache& cache) const {
    expect_shape("Nonlinearity::forward_tangent", "dx", dx.shape(), cache.x.shape());
    cache.stamp.check(this, nullptr);
    cache.tangent_x = dx;
    if (kind == Activate::identity) return dx;
    return times_slope(dx, cache, cache.tangent_y);
  }

  TangentGradient<Input> backward_tangent(Output d_dy, Output dy, Cache& cache, Nonlinearity* gradient,
                                          InputGradient input_gradient = InputGradient::compute) const {
    const Shape<2> shape = cache.x.shape();
    if (!d_dy.absent()) expect_shape("Nonlinearity::backward_tangent", "d_dy", d_dy.shape(), shape);
    if (!dy.absent()) expect_shape("Nonlinearity::backward_tangent", "dy", dy.shape(), shape);
    cache.stamp.check(this, gradient);
    if (input_gradient == InputGradient::skip) return {};
    if (kind == Activate::identity) return {d_dy, dy};
    TangentGradient<Input> result;
    // y = f(x)
    if (!dy.absent()) result.input = times_slope(dy, cache, cache.tangent_dx);
    if (d_dy.absent()) return result;
    // y' = f'(x) x', by x'
    result.tangent = times_slope(d_dy, cache, cache.d_tangent_x);
    with_function([&](const auto& f) {
      if constexpr (CurvedActivation<std::remove_cvref_t<decltype(f)>, T>) {
        // y' = f'(x) x', by x
        const auto dx = cache.tangent_dx.resize(shape);
        if (dy.absent()) cache.tangent_dx.fill(0);
        add_curvature(f, d_dy, cache.tangent_x, cache.x, cache.y, dx);
        result.input = cache.tangent_dx;
      }
    });
    return result;
  }

 private:
  // f'(x) times dy
  Output times_slope(Output dy, const Cache& cache, Tensor<T, 2>& memory) const {
    const auto product = memory.resize(cache.x.shape());
    with_function([&](const auto& f) { activate_backward(f, dy, cache.x, cache.y, product); });
    return memory;
  }

  template <class F>
  void with_function(F&& f) const {
    switch (kind) {
      case Activate::identity:
        return;
      case Activate::relu:
        return f(ReluFunction<T>{});
      case Activate::leaky_relu:
        return f(LeakyReluFunction<T>{T(0.2)});
      case Activate::tanh:
        return f(TanhFunction<T>{});
      case Activate::sigmoid:
        return f(SigmoidFunction<T>{});
    }
  }
};
RAPT_MODELS(Layer<Nonlinearity<float>>, Layer<Nonlinearity<double>>);
RAPT_MODELS(TangentLayer<Nonlinearity<float>>, TangentLayer<Nonlinearity<double>>);

}  // namespace rapt
