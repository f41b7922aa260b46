#pragma once
/// \file  Groups of the channels of each image brought to mean 0 and variance 1.

#include <rapt/nn/image_norm.hpp>

#include <concepts>
#include <stdexcept>
#include <string>
#include <tuple>

namespace rapt {

/// `y = weight (x - mean) / sqrt(variance + eps) + bias` with mean and variance of each group of channels of
/// each image, channels in a group side by side (Wu and He 2018, arXiv:1803.08494, eq. 1, 2, 7). Training and
/// prediction are the same.
/// \shape   x (B, C, H, W), weight, bias (C), or (0) with Affine::no -> y (B, C, H, W)
/// \init    weight 1, bias 0
/// \throws  ShapeError where x or dy does not fit; std::invalid_argument where the groups do not divide the
///          channels, or eps is negative
/// \borrows x until the matching backward
/// \note    A group of one number becomes its bias.
template <std::floating_point T>
struct GroupNorm {
  using Scalar = T;
  using Input = TensorView<const T, 4>;
  using Output = TensorView<const T, 4>;

  Tensor<T, 1> weight, bias;  // (C), or (0)
  Index num_groups = 1, num_channels = 0;
  double eps = 1e-5;
  static constexpr auto parameters =
      std::tuple{field("weight", &GroupNorm::weight), field("bias", &GroupNorm::bias)};
  static constexpr auto settings =
      std::tuple{field("num_groups", &GroupNorm::num_groups), field("num_channels", &GroupNorm::num_channels),
                 field("eps", &GroupNorm::eps)};

  struct Cache {
    detail::ImageNormPass<T> pass;
  };

  GroupNorm() = default;
  GroupNorm(Index groups, Index channels, double epsilon = 1e-5, Affine affine = Affine::yes)
      : weight({affine == Affine::yes ? channels : 0}),
        bias({affine == Affine::yes ? channels : 0}),
        num_groups(groups),
        num_channels(channels),
        eps(epsilon) {
    expect_settings("GroupNorm");
    weight.fill(1);
  }

  Output forward(Input x, Cache& cache) const {
    expect_settings("GroupNorm::forward");
    expect_shape("GroupNorm::forward", "x", x.shape(), {any, num_channels, any, any});
    cache.pass.stamp.set(this);
    return cache.pass.forward(x, NormSets::of_groups(x.shape(), num_groups), detail::given(weight),
                              detail::given(bias), eps);
  }

  Input backward(Output dy, Cache& cache, GroupNorm* gradient,
                 InputGradient input_gradient = InputGradient::compute) const {
    cache.pass.stamp.check(this, gradient);
    return cache.pass.backward("GroupNorm::backward", dy, detail::given(weight),
                               detail::given(gradient, &GroupNorm::weight),
                               detail::given(gradient, &GroupNorm::bias), input_gradient);
  }

  Output forward_tangent(Input dx, Cache& cache) const {
    cache.pass.stamp.check(this, nullptr);
    return cache.pass.forward_tangent("GroupNorm::forward_tangent", dx, detail::given(weight));
  }

  TangentGradient<Input> backward_tangent(Output d_dy, Output dy, Cache& cache, GroupNorm* gradient,
                                          InputGradient input_gradient = InputGradient::compute) const {
    cache.pass.stamp.check(this, gradient);
    return cache.pass.backward_tangent("GroupNorm::backward_tangent", d_dy, dy, detail::given(weight),
                                       detail::given(gradient, &GroupNorm::weight),
                                       detail::given(gradient, &GroupNorm::bias), input_gradient);
  }

 private:
  void expect_settings(const char* where) const {
    if (num_groups < 1 || num_channels < 0 || num_channels % num_groups != 0) {
      throw std::invalid_argument(std::string(where) + ": " + std::to_string(num_groups) + " groups of " +
                                  std::to_string(num_channels) +
                                  " channels, expected groups that divide them");
    }
    detail::expect_eps(where, eps);
  }
};
RAPT_MODELS(TangentLayer<GroupNorm<float>>, TangentLayer<GroupNorm<double>>);
RAPT_MODELS(Layer<GroupNorm<float>>, Layer<GroupNorm<double>>);

}  // namespace rapt
