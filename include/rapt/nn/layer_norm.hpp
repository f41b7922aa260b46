#pragma once
/// \file  Rows brought to mean 0 and variance 1.

#include <rapt/core/layer.hpp>
#include <rapt/core/number_text.hpp>
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
    Input x;                   // borrowed (N, E)
    Tensor<T, 1> mean, scale;  // (N)
    Tensor<T, 2> y;            // (N, E)
    Tensor<T, 2> dx;           // (N, E)
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
};
RAPT_MODELS(Layer<LayerNorm<float>>, Layer<LayerNorm<double>>);

}  // namespace rapt
