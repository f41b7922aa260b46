#pragma once
/// \file  Rows brought to mean square 1.

#include <rapt/core/layer.hpp>
#include <rapt/core/number_text.hpp>
#include <rapt/ops/rms_norm.hpp>

#include <concepts>
#include <stdexcept>
#include <string>
#include <tuple>

namespace rapt {

/// `y = weight x / sqrt(mean(x^2) + eps)`, the mean of each row (Zhang and Sennrich 2019, arXiv:1910.07467,
/// eq. 4): LayerNorm without the mean and the bias.
/// \shape   x (N, E), weight (E) -> y (N, E). Use `x.rows()` for a higher rank.
/// \init    weight 1
/// \throws  ShapeError where x or dy does not fit; std::invalid_argument where eps is negative
/// \borrows x until the matching backward
template <std::floating_point T>
struct RMSNorm {
  using Scalar = T;
  using Input = TensorView<const T, 2>;
  using Output = TensorView<const T, 2>;

  Tensor<T, 1> weight;  // (E)
  double eps = 1e-5;
  static constexpr auto parameters = std::tuple{field("weight", &RMSNorm::weight)};
  static constexpr auto settings = std::tuple{field("eps", &RMSNorm::eps)};

  struct Cache {
    Input x;             // borrowed (N, E)
    Tensor<T, 1> scale;  // (N)
    Tensor<T, 2> y;      // (N, E)
    Tensor<T, 2> dx;     // (N, E)
    ForwardStamp stamp;
  };

  RMSNorm() = default;
  explicit RMSNorm(Index width, double epsilon = 1e-5) : weight({width}), eps(epsilon) {
    if (!(eps >= 0)) {
      throw std::invalid_argument("RMSNorm: eps is " + detail::number_text(eps) + ", expected at least 0");
    }
    weight.fill(1);
  }

  Index width() const { return weight.extent(0); }

  Output forward(Input x, Cache& cache) const {
    expect_shape("RMSNorm::forward", "x", x.shape(), {any, width()});
    cache.x = x;
    cache.stamp.set(this);
    rms_norm(x, weight, static_cast<T>(eps), cache.y.resize(x.shape()), cache.scale.resize({x.extent(0)}));
    return cache.y;
  }

  Input backward(Output dy, Cache& cache, RMSNorm* gradient,
                 InputGradient input_gradient = InputGradient::compute) const {
    expect_shape("RMSNorm::backward", "dy", dy.shape(), cache.x.shape());
    cache.stamp.check(this, gradient);
    const bool wanted = input_gradient == InputGradient::compute;
    rms_norm_backward(dy, cache.x, weight, cache.scale,
                      wanted ? cache.dx.resize(cache.x.shape()) : TensorView<T, 2>{},
                      gradient == nullptr ? TensorView<T, 1>{} : gradient->weight.view());
    if (!wanted) return {};
    return cache.dx;
  }
};
RAPT_MODELS(Layer<RMSNorm<float>>, Layer<RMSNorm<double>>);

}  // namespace rapt
