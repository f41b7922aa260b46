#pragma once
/// \file  Rows brought to mean 0 and variance 1.

#include <rapt/core/layer.hpp>
#include <rapt/core/number_text.hpp>
#include <rapt/core/tangent.hpp>
#include <rapt/ops/norm_tangent.hpp>
#include <rapt/ops/normalization.hpp>

#include <concepts>
#include <stdexcept>
#include <string>
#include <tuple>

namespace rapt {

/// `y = weight (x - mean) / sqrt(variance + eps) + bias`, mean and variance of each row (Ba et al. 2016,
/// arXiv:1607.06450, eq. 4).
/// \shape   x (N, E), weight, bias (E) -> y (N, E). Use `x.rows()` for a higher rank.
/// \init    weight 1, bias 0
/// \throws  ShapeError where x or dy does not fit; std::invalid_argument where eps is negative
/// \borrows x until the matching backward
template <std::floating_point T>
struct LayerNorm {
  using Scalar = T;
  using Input = TensorView<const T, 2>;
  using Output = TensorView<const T, 2>;

  Tensor<T, 1> weight, bias;  // (E)
  double eps = 1e-5;
  static constexpr auto parameters =
      std::tuple{field("weight", &LayerNorm::weight), field("bias", &LayerNorm::bias)};
  static constexpr auto settings = std::tuple{field("eps", &LayerNorm::eps)};

  struct Cache {
    Input x;                                        // borrowed (N, E)
    Tensor<T, 1> mean, scale;                       // (N)
    Tensor<T, 2> y;                                 // (N, E)
    Tensor<T, 2> dx;                                // (N, E)
    Input direction;                                // x' of the tangent, borrowed (N, E)
    Tensor<T, 1> tangent_mean, slope;               // (N)
    Tensor<T, 2> tangent_y, d_tangent, tangent_dx;  // (N, E)
    ForwardStamp stamp;
  };

  LayerNorm() = default;
  explicit LayerNorm(Index width, double epsilon = 1e-5) : weight({width}), bias({width}), eps(epsilon) {
    if (!(eps >= 0)) {
      throw std::invalid_argument("LayerNorm: eps is " + detail::number_text(eps) + ", expected at least 0");
    }
    weight.fill(1);
  }

  Index width() const { return weight.extent(0); }

  Output forward(Input x, Cache& cache) const {
    expect_shape("LayerNorm::forward", "x", x.shape(), {any, width()});
    cache.x = x;
    cache.stamp.set(this);
    const Index rows = x.extent(0);
    layer_norm(x, weight, bias, static_cast<T>(eps), cache.y.resize(x.shape()), cache.mean.resize({rows}),
               cache.scale.resize({rows}));
    return cache.y;
  }

  Input backward(Output dy, Cache& cache, LayerNorm* gradient,
                 InputGradient input_gradient = InputGradient::compute) const {
    expect_shape("LayerNorm::backward", "dy", dy.shape(), cache.x.shape());
    cache.stamp.check(this, gradient);
    const bool wanted = input_gradient == InputGradient::compute;
    const TensorView<T, 1> none;
    layer_norm_backward(dy, cache.x, weight, cache.mean, cache.scale,
                        wanted ? cache.dx.resize(cache.x.shape()) : TensorView<T, 2>{},
                        gradient == nullptr ? none : gradient->weight.view(),
                        gradient == nullptr ? none : gradient->bias.view());
    if (!wanted) return {};
    return cache.dx;
  }

  Output forward_tangent(Input dx, Cache& cache) const {
    expect_shape("LayerNorm::forward_tangent", "dx", dx.shape(), cache.x.shape());
    cache.stamp.check(this, nullptr);
    cache.direction = dx;
    const auto y = cache.tangent_y.resize(dx.shape());
    const auto moved = cache.tangent_mean.resize({dx.extent(0)}), slope = cache.slope.resize({dx.extent(0)});
    layer_norm_tangent(tangent(cache), y, moved, slope);
    return cache.tangent_y;
  }

  TangentGradient<Input> backward_tangent(Output d_dy, Output dy, Cache& cache, LayerNorm* gradient,
                                          InputGradient input_gradient = InputGradient::compute) const {
    constexpr auto where = "LayerNorm::backward_tangent";
    if (!d_dy.absent()) expect_shape(where, "d_dy", d_dy.shape(), cache.tangent_y.shape());
    if (!dy.absent()) expect_shape(where, "dy", dy.shape(), cache.x.shape());
    cache.stamp.check(this, gradient);
    if (d_dy.absent() && dy.absent()) return {};
    const bool wanted = input_gradient == InputGradient::compute;
    const auto dx = wanted ? cache.tangent_dx.resize(cache.x.shape()) : TensorView<T, 2>{};
    const auto d_weight = gradient == nullptr ? TensorView<T, 1>{} : gradient->weight.view();
    const auto d_bias = gradient == nullptr ? TensorView<T, 1>{} : gradient->bias.view();
    TangentGradient<Input> result;
    if (d_dy.absent()) {
      layer_norm_backward(dy, cache.x, weight, cache.mean, cache.scale, dx, d_weight, d_bias);
    } else {
      const auto d_tangent = wanted ? cache.d_tangent.resize(cache.x.shape()) : TensorView<T, 2>{};
      layer_norm_backward_tangent(tangent(cache), {d_dy, dy}, {d_tangent, dx, d_weight, d_bias});
      if (wanted) result.tangent = cache.d_tangent;
    }
    if (wanted) result.input = cache.tangent_dx;
    return result;
  }

 private:
  NormTangent<T> tangent(const Cache& cache) const {
    return {cache.direction, cache.x, weight, cache.mean, cache.scale, cache.tangent_mean, cache.slope};
  }
};
RAPT_MODELS(TangentLayer<LayerNorm<float>>, TangentLayer<LayerNorm<double>>);
RAPT_MODELS(Layer<LayerNorm<float>>, Layer<LayerNorm<double>>);

}  // namespace rapt
