#pragma once
/// \file  An activation that is chosen at run time.

#include <rapt/core/layer.hpp>
#include <rapt/ops/activation.hpp>

#include <concepts>
#include <tuple>

namespace rapt {

/// The activations that generators and discriminators offer; leaky_relu has the slope 0.2 of Radford et al.
/// 2016, arXiv:1511.06434, section 3.
enum class Activate { identity, relu, leaky_relu, tanh, sigmoid };

/// `y = f(x)`, f chosen at run time; the identity copies nothing.
/// \shape   x (N, E) -> y (N, E)
/// \throws  ShapeError where dy does not fit
/// \borrows x until the matching backward
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
    with_function(
        [&](const auto& f) { activate_backward(f, dy, cache.x, cache.y, cache.dx.resize(cache.x.shape())); });
    return cache.dx;
  }

 private:
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

}  // namespace rapt
