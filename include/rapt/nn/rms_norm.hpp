#pragma once
/// \file  Rows brought to mean square 1.

#include <rapt/core/layer.hpp>
#include <rapt/core/number_text.hpp>
#include <rapt/core/tangent.hpp>
#include <rapt/ops/norm_tangent.hpp>
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
    Input x;                                        // borrowed (N, E)
    Tensor<T, 1> scale;                             // (N)
    Tensor<T, 2> y;                                 // (N, E)
    Tensor<T, 2> dx;                                // (N, E)
    Input direction;                                // x' of the tangent, borrowed (N, E)
    Tensor<T, 1> slope;                             // (N)
    Tensor<T, 2> tangent_y, d_tangent, tangent_dx;  // (N, E)
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

  Output forward_tangent(Input dx, Cache& cache) const {
    expect_shape("RMSNorm::forward_tangent", "dx", dx.shape(), cache.x.shape());
    cache.stamp.check(this, nullptr);
    cache.direction = dx;
    const auto y = cache.tangent_y.resize(dx.shape());
    rms_norm_tangent(tangent(cache), y, cache.slope.resize({dx.extent(0)}));
    return cache.tangent_y;
  }

  TangentGradient<Input> backward_tangent(Output d_dy, Output dy, Cache& cache, RMSNorm* gradient,
                                          InputGradient input_gradient = InputGradient::compute) const {
    constexpr auto where = "RMSNorm::backward_tangent";
    if (!d_dy.absent()) expect_shape(where, "d_dy", d_dy.shape(), cache.tangent_y.shape());
    if (!dy.absent()) expect_shape(where, "dy", dy.shape(), cache.x.shape());
    cache.stamp.check(this, gradient);
    if (d_dy.absent() && dy.absent()) return {};
    const bool wanted = input_gradient == InputGradient::compute;
    const auto dx = wanted ? cache.tangent_dx.resize(cache.x.shape()) : TensorView<T, 2>{};
    const auto d_weight = gradient == nullptr ? TensorView<T, 1>{} : gradient->weight.view();
    TangentGradient<Input> result;
    if (d_dy.absent()) {
      rms_norm_backward(dy, cache.x, weight, cache.scale, dx, d_weight);
    } else {
      const auto d_tangent = wanted ? cache.d_tangent.resize(cache.x.shape()) : TensorView<T, 2>{};
      rms_norm_backward_tangent(tangent(cache), {d_dy, dy}, {d_tangent, dx, d_weight, {}});
      if (wanted) result.tangent = cache.d_tangent;
    }
    if (wanted) result.input = cache.tangent_dx;
    return result;
  }

 private:
  NormTangent<T> tangent(const Cache& cache) const {
    return {cache.direction, cache.x, weight, {}, cache.scale, {}, cache.slope};
  }
};
RAPT_MODELS(TangentLayer<RMSNorm<float>>, TangentLayer<RMSNorm<double>>);
RAPT_MODELS(Layer<RMSNorm<float>>, Layer<RMSNorm<double>>);

}  // namespace rapt
