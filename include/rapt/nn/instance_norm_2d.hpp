#pragma once
/// \file  Each channel of each image brought to mean 0 and variance 1.

#include <rapt/nn/image_norm.hpp>

#include <concepts>
#include <stdexcept>
#include <tuple>

namespace rapt {

/// Whether a norm keeps running averages, to predict with; without them the buffers are empty tensors.
enum class RunningStatistics { yes, no };

/// `y = weight (x - mean) / sqrt(variance + eps) + bias` with mean and variance of each channel of each image
/// (Ulyanov et al. 2016, arXiv:1607.08022, eq. 5), in prediction too unless it keeps running averages: of
/// these `absorb(cache)`, once a training forward, moves `running = (1 - momentum) running + momentum m`, m
/// the mean over the images, the variance unbiased, as torch.nn.InstanceNorm2d does.
/// \shape   x (B, C, H, W), weight, bias (C), or (0) with Affine::no, running_mean, running_var (C), or (0)
///          with RunningStatistics::no -> y (B, C, H, W)
/// \init    weight 1, bias 0, running_mean 0, running_var 1
/// \throws  ShapeError where x or dy does not fit; std::invalid_argument where an image of one pixel is to be
///          normalised by itself, where eps is negative, or momentum is not in [0, 1]
/// \borrows x until the matching backward
template <std::floating_point T>
struct InstanceNorm2d {
  using Scalar = T;
  using Input = TensorView<const T, 4>;
  using Output = TensorView<const T, 4>;

  Tensor<T, 1> weight, bias;               // (C), or (0)
  Tensor<T, 1> running_mean, running_var;  // (C), or (0)
  Index num_features = 0;
  double eps = 1e-5, momentum = 0.1;
  static constexpr auto parameters =
      std::tuple{field("weight", &InstanceNorm2d::weight), field("bias", &InstanceNorm2d::bias)};
  static constexpr auto buffers = std::tuple{field("running_mean", &InstanceNorm2d::running_mean),
                                             field("running_var", &InstanceNorm2d::running_var)};
  static constexpr auto settings =
      std::tuple{field("num_features", &InstanceNorm2d::num_features), field("eps", &InstanceNorm2d::eps),
                 field("momentum", &InstanceNorm2d::momentum)};

  struct Cache {
    Training training;
    detail::ImageNormPass<T> pass;
  };

  InstanceNorm2d() = default;
  explicit InstanceNorm2d(Index channels, Affine affine = Affine::no,
                          RunningStatistics kept = RunningStatistics::no, double epsilon = 1e-5,
                          double share = 0.1)
      : weight({affine == Affine::yes ? channels : 0}),
        bias({affine == Affine::yes ? channels : 0}),
        running_mean({kept == RunningStatistics::yes ? channels : 0}),
        running_var({kept == RunningStatistics::yes ? channels : 0}),
        num_features(channels),
        eps(epsilon),
        momentum(share) {
    detail::expect_eps("InstanceNorm2d", eps);
    detail::expect_momentum("InstanceNorm2d", momentum);
    weight.fill(1);
    running_var.fill(1);
  }

  Output forward(Input x, Cache& cache) const {
    detail::expect_eps("InstanceNorm2d::forward", eps);
    expect_shape("InstanceNorm2d::forward", "x", x.shape(), {any, num_features, any, any});
    const bool by_itself = cache.training.on || running_mean.size() == 0;
    if (by_itself && x.extent(2) * x.extent(3) == 1) {
      throw std::invalid_argument("InstanceNorm2d::forward: x has shape " + to_string(x.shape()) +
                                  ", but one pixel has no variance; expected H W at least 2");
    }
    cache.pass.stamp.set(this);
    if (by_itself) {
      return cache.pass.forward(x, NormSets::of_groups(x.shape(), x.extent(1)), detail::given(weight),
                                detail::given(bias), eps);
    }
    return cache.pass.forward(x, running_mean, running_var, detail::given(weight), detail::given(bias), eps);
  }

  Input backward(Output dy, Cache& cache, InstanceNorm2d* gradient,
                 InputGradient input_gradient = InputGradient::compute) const {
    cache.pass.stamp.check(this, gradient);
    return cache.pass.backward("InstanceNorm2d::backward", dy, detail::given(weight),
                               detail::given(gradient, &InstanceNorm2d::weight),
                               detail::given(gradient, &InstanceNorm2d::bias), input_gradient);
  }

  Output forward_tangent(Input dx, Cache& cache) const {
    cache.pass.stamp.check(this, nullptr);
    return cache.pass.forward_tangent("InstanceNorm2d::forward_tangent", dx, detail::given(weight));
  }

  TangentGradient<Input> backward_tangent(Output d_dy, Output dy, Cache& cache, InstanceNorm2d* gradient,
                                          InputGradient input_gradient = InputGradient::compute) const {
    cache.pass.stamp.check(this, gradient);
    return cache.pass.backward_tangent("InstanceNorm2d::backward_tangent", d_dy, dy, detail::given(weight),
                                       detail::given(gradient, &InstanceNorm2d::weight),
                                       detail::given(gradient, &InstanceNorm2d::bias), input_gradient);
  }

  /// Moves the running averages, if there are any, by the images of the cache's last forward, if that was a
  /// training one.
  void absorb(const Cache& cache) {
    const auto& [batch, channels, height, width, groups] = cache.pass.sets;
    const Index pixels = height * width;
    if (running_mean.size() == 0 || cache.pass.used != NormStatistics::of_batch || batch * pixels == 0)
      return;
    detail::expect_momentum("InstanceNorm2d::absorb", momentum);
    const Index features = running_mean.size();
    expect_shape("InstanceNorm2d::absorb", "running_mean", running_mean.shape(), {num_features});
    expect_shape("InstanceNorm2d::absorb", "running_var", running_var.shape(), {features});
    expect_shape("InstanceNorm2d::absorb", "mean", cache.pass.mean.shape(), {batch * features});
    const T share = static_cast<T>(momentum), each = T(1) / static_cast<T>(batch);
    const T unbiased = static_cast<T>(pixels) / static_cast<T>(pixels - 1);
    const auto mean = cache.pass.mean.view().reshape(Shape<2>{batch, features});
    const auto variance = cache.pass.variance.view().reshape(Shape<2>{batch, features});
    for (Index c = 0; c < features; ++c) {
      T of_mean = 0, of_variance = 0;
      for (Index b = 0; b < batch; ++b) {
        of_mean += each * mean(b, c);
        of_variance += each * unbiased * variance(b, c);
      }
      running_mean(c) += share * (of_mean - running_mean(c));
      running_var(c) += share * (of_variance - running_var(c));
    }
  }
};
RAPT_MODELS(TangentLayer<InstanceNorm2d<float>>, TangentLayer<InstanceNorm2d<double>>);
RAPT_MODELS(Layer<InstanceNorm2d<float>>, Layer<InstanceNorm2d<double>>);

}  // namespace rapt
