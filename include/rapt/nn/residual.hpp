#pragma once
/// \file  A layer beside the identity.

#include <rapt/core/cast.hpp>
#include <rapt/core/tangent.hpp>
#include <rapt/nn/linear.hpp>

#include <tuple>
#include <type_traits>
#include <utility>

namespace rapt {

/// Skip connection, `y = x + L(x)` (He et al. 2016, arXiv:1512.03385, eq. 1).
/// \shape   x -> y, of one shape, which L must keep
/// \throws  what L throws; ShapeError where L changes the shape
/// \borrows x until the matching backward
template <Layer L>
struct Residual {
  static_assert(std::is_same_v<typename L::Input, typename L::Output>,
                "Residual: the layer must map a view to a view of the same kind");
  using Scalar = typename L::Scalar;
  using Input = typename L::Input;
  using Output = typename L::Output;
  template <class U>
  using Rebound = Residual<typename detail::Rebound<L, U>::type>;

  L layer;
  static constexpr auto parameters = std::tuple{field("layer", &Residual::layer)};

  struct Cache {
    typename L::Cache layer;
    Tensor<Scalar, Output::rank> y, dx;
    Tensor<Scalar, Output::rank> tangent_y, d_tangent_x, tangent_dx;
    static constexpr auto caches = std::tuple{field("layer", &Cache::layer)};
  };

  Residual() = default;
  explicit Residual(L inner) : layer(std::move(inner)) {}

  Output forward(Input x, Cache& cache) const {
    const Output change = layer.forward(x, cache.layer);
    expect_shape("Residual::forward", "L(x)", change.shape(), x.shape());
    cache.y.resize(x.shape()).array() = x.array() + change.array();
    return cache.y;
  }

  Input backward(Output dy, Cache& cache, Residual* gradient,
                 InputGradient input_gradient = InputGradient::compute) const {
    expect_shape("Residual::backward", "dy", dy.shape(), cache.y.shape());
    const Input through = layer.backward(dy, cache.layer, part(gradient, &Residual::layer), input_gradient);
    if (input_gradient == InputGradient::skip) return {};
    // y = x + L(x)
    cache.dx.resize(dy.shape()).array() = dy.array() + through.array();
    return cache.dx;
  }

  Output forward_tangent(Input dx, Cache& cache) const {
    detail::expect_tangent_layer<L>();
    expect_shape("Residual::forward_tangent", "dx", dx.shape(), cache.y.shape());
    const Output change = layer.forward_tangent(dx, cache.layer);
    cache.tangent_y.resize(dx.shape()).array() = dx.array() + change.array();
    return cache.tangent_y;
  }

  TangentGradient<Input> backward_tangent(Output d_dy, Output dy, Cache& cache, Residual* gradient,
                                          InputGradient input_gradient = InputGradient::compute) const {
    if (!d_dy.absent())
      expect_shape("Residual::backward_tangent", "d_dy", d_dy.shape(), cache.tangent_y.shape());
    if (!dy.absent()) expect_shape("Residual::backward_tangent", "dy", dy.shape(), cache.y.shape());
    const auto through =
        layer.backward_tangent(d_dy, dy, cache.layer, part(gradient, &Residual::layer), input_gradient);
    if (input_gradient == InputGradient::skip) return {};
    // y' = x' + L'(x), y = x + L(x)
    return {sum(d_dy, through.tangent, cache.d_tangent_x), sum(dy, through.input, cache.tangent_dx)};
  }

 private:
  static Input sum(Input a, Input b, Tensor<Scalar, Input::rank>& memory) {
    if (a.absent()) return b;
    if (b.absent()) return a;
    memory.resize(a.shape()).array() = a.array() + b.array();
    return memory;
  }
};
RAPT_MODELS(Layer<Residual<Linear<float>>>, Layer<Residual<Linear<double>>>);

}  // namespace rapt
