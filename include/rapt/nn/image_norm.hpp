#pragma once
/// \file  What the layers that normalise images share: their cache and their passes.

#include <rapt/core/layer.hpp>
#include <rapt/core/number_text.hpp>
#include <rapt/core/tangent.hpp>
#include <rapt/core/training.hpp>
#include <rapt/ops/plane_norm.hpp>
#include <rapt/ops/plane_norm_tangent.hpp>

#include <concepts>
#include <stdexcept>
#include <string>
#include <string_view>

namespace rapt {

/// Whether a norm has a weight and a bias for each channel; without them they are empty tensors.
enum class Affine { yes, no };

namespace detail {

/// One pass over images through sets of planes that share mean and variance; a part of its layer's cache.
template <std::floating_point T>
struct ImageNormPass {
  using Image = TensorView<const T, 4>;
  using Channels = TensorView<const T, 1>;

  Image x;                                         // borrowed (B, C, H, W)
  NormSets sets;                                   // S sets
  NormStatistics used = NormStatistics::constant;  // by the last forward
  Tensor<T, 1> mean, variance, scale;              // (S)
  Tensor<T, 4> y, dx;                              // (B, C, H, W)
  Image direction;                   // x' of the tangent, borrowed (B, C, H, W); absent before it
  Tensor<T, 1> tangent_mean, slope;  // (S)
  Tensor<T, 4> tangent_y, d_tangent, tangent_dx;  // (B, C, H, W)
  ForwardStamp stamp;

  /// y with mean and variance of the sets of x.
  Image forward(Image input, const NormSets& norm_sets, Channels weight, Channels bias, double eps) {
    x = input;
    sets = norm_sets;
    used = NormStatistics::of_batch;
    mean.resize({sets.count()});
    variance.resize({sets.count()});
    return normalise(weight, bias, eps);
  }

  /// y with mean and variance learned before, one of each channel.
  Image forward(Image input, Channels learned_mean, Channels learned_variance, Channels weight, Channels bias,
                double eps) {
    x = input;
    sets = NormSets::of_channels(x.shape());
    used = NormStatistics::constant;
    mean.copy_from(learned_mean);
    variance.copy_from(learned_variance);
    return normalise(weight, bias, eps);
  }

  Image backward(std::string_view where, Image dy, Channels weight, TensorView<T, 1> d_weight,
                 TensorView<T, 1> d_bias, InputGradient input_gradient) {
    expect_shape(where, "dy", dy.shape(), x.shape());
    const bool wanted = input_gradient == InputGradient::compute;
    plane_norm_backward(dy, x, sets, used, weight, mean, scale,
                        wanted ? dx.resize(x.shape()) : TensorView<T, 4>{}, d_weight, d_bias);
    if (!wanted) return {};
    return dx;
  }

  /// y' = J x', the statistics of the sets of x moving with it.
  Image forward_tangent(std::string_view where, Image dx_given, Channels weight) {
    expect_shape(where, "dx", dx_given.shape(), x.shape());
    direction = dx_given;
    const auto y_tangent = tangent_y.resize(x.shape());
    const auto moved = tangent_mean.resize({sets.count()}), sloped = slope.resize({sets.count()});
    plane_norm_tangent(tangent(weight), y_tangent, moved, sloped);
    return tangent_y;
  }

  TangentGradient<Image> backward_tangent(std::string_view where, Image d_dy, Image dy, Channels weight,
                                          TensorView<T, 1> d_weight, TensorView<T, 1> d_bias,
                                          InputGradient input_gradient) {
    if (!d_dy.absent()) expect_shape(where, "d_dy", d_dy.shape(), tangent_y.shape());
    if (!dy.absent()) expect_shape(where, "dy", dy.shape(), x.shape());
    const bool wanted = input_gradient == InputGradient::compute;
    // Constant statistics make y linear in x: y' does not depend on x.
    const bool input_wanted = wanted && !(dy.absent() && used == NormStatistics::constant);
    TangentGradient<Image> result;
    if (d_dy.absent() && dy.absent()) return result;
    const auto dx_out = input_wanted ? tangent_dx.resize(x.shape()) : TensorView<T, 4>{};
    if (d_dy.absent()) {
      plane_norm_backward(dy, x, sets, used, weight, mean, scale, dx_out, d_weight, d_bias);
    } else {
      const auto d_tangent_out = wanted ? d_tangent.resize(x.shape()) : TensorView<T, 4>{};
      plane_norm_backward_tangent(tangent(weight), {d_dy, dy}, {d_tangent_out, dx_out, d_weight, d_bias});
      if (wanted) result.tangent = d_tangent;
    }
    if (input_wanted) result.input = tangent_dx;
    return result;
  }

 private:
  PlaneNormTangent<T> tangent(Channels weight) const {
    return {direction, x, sets, used, weight, mean, scale, tangent_mean, slope};
  }
  Image normalise(Channels weight, Channels bias, double eps) {
    direction = {};  // a tangent of the forward before is none of this one
    plane_norm(x, sets, used, weight, bias, static_cast<T>(eps), y.resize(x.shape()), mean, variance,
               scale.resize({sets.count()}));
    return y;
  }
};

/// Throws unless eps, which keeps a variance of 0 from being divided by, is at least 0.
inline void expect_eps(std::string_view where, double eps) {
  if (!(eps >= 0)) {
    throw std::invalid_argument(std::string(where) + ": eps is " + number_text(eps) +
                                ", expected at least 0");
  }
}

/// Throws unless the share by which running averages move is one.
inline void expect_momentum(std::string_view where, double momentum) {
  if (!(momentum >= 0 && momentum <= 1)) {
    throw std::invalid_argument(std::string(where) + ": momentum is " + number_text(momentum) +
                                ", expected 0 <= momentum <= 1");
  }
}

/// The view of a parameter, absent where it was left out.
template <class T>
TensorView<const T, 1> given(const Tensor<T, 1>& parameter) {
  return parameter.size() == 0 ? TensorView<const T, 1>{} : parameter.view();
}
/// The view of its gradient, absent also where the layer is frozen.
template <class L>
TensorView<typename L::Scalar, 1> given(L* gradient, Tensor<typename L::Scalar, 1> L::*parameter) {
  if (gradient == nullptr || (gradient->*parameter).size() == 0) return {};
  return (gradient->*parameter).view();
}

}  // namespace detail

}  // namespace rapt
