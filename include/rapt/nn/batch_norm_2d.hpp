#pragma once
/// \file  Channels of images brought to mean 0 and variance 1 over the batch.

#include <rapt/nn/image_norm.hpp>

#include <concepts>
#include <stdexcept>
#include <tuple>

namespace rapt {

/// `y = weight (x - mean) / sqrt(variance + eps) + bias` with mean and variance of each channel: of all its
/// pixels in the batch in training, of the running averages in prediction (Ioffe and Szegedy 2015,
/// arXiv:1502.03167, section 3.2).
///
/// A training forward leaves the layer as it is; `absorb(cache)`, once a forward, moves the running averages,
/// `running = (1 - momentum) running + momentum batch`, the variance unbiased, as torch.nn.BatchNorm2d does.
/// \shape   x (B, C, H, W), weight, bias, running_mean, running_var (C) -> y (B, C, H, W)
/// \init    weight 1, bias 0, running_mean 0, running_var 1
/// \throws  ShapeError where x or dy does not fit; std::invalid_argument where training meets one pixel a
///          channel, where eps is negative, or momentum is not in [0, 1]
/// \borrows x until the matching backward
/// \note    A training batch without pixels passes, and there is nothing to absorb.
template <std::floating_point T>
struct BatchNorm2d {
  using Scalar = T;
  using Input = TensorView<const T, 4>;
  using Output = TensorView<const T, 4>;

  Tensor<T, 1> weight, bias;               // (C)
  Tensor<T, 1> running_mean, running_var;  // (C)
  double eps = 1e-5, momentum = 0.1;
  static constexpr auto parameters =
      std::tuple{field("weight", &BatchNorm2d::weight), field("bias", &BatchNorm2d::bias)};
  static constexpr auto buffers = std::tuple{field("running_mean", &BatchNorm2d::running_mean),
                                             field("running_var", &BatchNorm2d::running_var)};
  static constexpr auto settings =
      std::tuple{field("eps", &BatchNorm2d::eps), field("momentum", &BatchNorm2d::momentum)};

  struct Cache {
    Training training;
    detail::ImageNormPass<T> pass;
  };

  BatchNorm2d() = default;
  explicit BatchNorm2d(Index channels, double epsilon = 1e-5, double share = 0.1)
      : weight({channels}),
        bias({channels}),
        running_mean({channels}),
        running_var({channels}),
        eps(epsilon),
        momentum(share) {
    detail::expect_eps("BatchNorm2d", eps);
    detail::expect_momentum("BatchNorm2d", momentum);
    weight.fill(1);
    running_var.fill(1);
  }

  Index channels() const { return weight.extent(0); }

  Output forward(Input x, Cache& cache) const {
    detail::expect_eps("BatchNorm2d::forward", eps);
    expect_shape("BatchNorm2d::forward", "x", x.shape(), {any, channels(), any, any});
    const auto sets = NormSets::of_channels(x.shape());
    if (cache.training.on && sets.numbers() == 1) {
      throw std::invalid_argument("BatchNorm2d::forward: x has shape " + to_string(x.shape()) +
                                  ", but one pixel has no variance to train on; expected B H W at least 2");
    }
    cache.pass.stamp.set(this);
    if (cache.training.on) return cache.pass.forward(x, sets, weight, bias, eps);
    return cache.pass.forward(x, running_mean, running_var, weight, bias, eps);
  }

  Input backward(Output dy, Cache& cache, BatchNorm2d* gradient,
                 InputGradient input_gradient = InputGradient::compute) const {
    cache.pass.stamp.check(this, gradient);
    return cache.pass.backward("BatchNorm2d::backward", dy, weight,
                               detail::given(gradient, &BatchNorm2d::weight),
                               detail::given(gradient, &BatchNorm2d::bias), input_gradient);
  }

  Output forward_tangent(Input dx, Cache& cache) const {
    cache.pass.stamp.check(this, nullptr);
    return cache.pass.forward_tangent("BatchNorm2d::forward_tangent", dx, weight);
  }

  TangentGradient<Input> backward_tangent(Output d_dy, Output dy, Cache& cache, BatchNorm2d* gradient,
                                          InputGradient input_gradient = InputGradient::compute) const {
    cache.pass.stamp.check(this, gradient);
    return cache.pass.backward_tangent("BatchNorm2d::backward_tangent", d_dy, dy, weight,
                                       detail::given(gradient, &BatchNorm2d::weight),
                                       detail::given(gradient, &BatchNorm2d::bias), input_gradient);
  }

  /// Moves the running averages by the batch of the cache's last forward, if that was a training one.
  void absorb(const Cache& cache) {
    const auto& pass = cache.pass;
    const Index pixels = pass.sets.numbers();
    if (pass.used != NormStatistics::of_batch || pixels < 2) return;
    detail::expect_momentum("BatchNorm2d::absorb", momentum);
    expect_shape("BatchNorm2d::absorb", "running_mean", running_mean.shape(), {channels()});
    expect_shape("BatchNorm2d::absorb", "running_var", running_var.shape(), {channels()});
    expect_shape("BatchNorm2d::absorb", "mean", pass.mean.shape(), {channels()});
    const T share = static_cast<T>(momentum), unbiased = static_cast<T>(pixels) / static_cast<T>(pixels - 1);
    running_mean.array() += share * (pass.mean.array() - running_mean.array());
    running_var.array() += share * (unbiased * pass.variance.array() - running_var.array());
  }
};
RAPT_MODELS(TangentLayer<BatchNorm2d<float>>, TangentLayer<BatchNorm2d<double>>);
RAPT_MODELS(Layer<BatchNorm2d<float>>, Layer<BatchNorm2d<double>>);

}  // namespace rapt
