#pragma once
/// \file  Columns brought to mean 0 and variance 1 over the batch.

#include <rapt/core/layer.hpp>
#include <rapt/core/number_text.hpp>
#include <rapt/core/tangent.hpp>
#include <rapt/core/training.hpp>
#include <rapt/ops/norm_tangent.hpp>
#include <rapt/ops/normalization.hpp>

#include <concepts>
#include <stdexcept>
#include <string>
#include <tuple>

namespace rapt {

/// `y = weight (x - mean) / sqrt(variance + eps) + bias` with mean and variance of each column: of the batch
/// in training, of the running averages in prediction (Ioffe and Szegedy 2015, arXiv:1502.03167, algorithms
/// 1, 2).
///
/// A training forward leaves the layer as it is; `absorb(cache)`, once a forward, moves the running averages,
/// `running = (1 - momentum) running + momentum batch`, the variance unbiased, as torch.nn.BatchNorm1d does.
/// \shape   x (N, C), weight, bias, running_mean, running_var (C) -> y (N, C)
/// \init    weight 1, bias 0, running_mean 0, running_var 1
/// \throws  ShapeError where x or dy does not fit; std::invalid_argument where training meets a batch of one
///          row, where eps is negative, or momentum is not in [0, 1]
/// \borrows x until the matching backward
/// \note    A training batch without rows passes, and there is nothing to absorb.
template <std::floating_point T>
struct BatchNorm1d {
  using Scalar = T;
  using Input = TensorView<const T, 2>;
  using Output = TensorView<const T, 2>;

  Tensor<T, 1> weight, bias;               // (C)
  Tensor<T, 1> running_mean, running_var;  // (C)
  double eps = 1e-5, momentum = 0.1;
  static constexpr auto parameters =
      std::tuple{field("weight", &BatchNorm1d::weight), field("bias", &BatchNorm1d::bias)};
  static constexpr auto buffers = std::tuple{field("running_mean", &BatchNorm1d::running_mean),
                                             field("running_var", &BatchNorm1d::running_var)};
  static constexpr auto settings =
      std::tuple{field("eps", &BatchNorm1d::eps), field("momentum", &BatchNorm1d::momentum)};

  struct Cache {
    Training training;
    Input x;                                         // borrowed (N, C)
    NormStatistics used = NormStatistics::constant;  // by the last forward
    Tensor<T, 1> mean, variance, scale;              // (C); the variance in training only
    Tensor<T, 2> y;                                  // (N, C)
    Tensor<T, 2> dx;                                 // (N, C)
    Input direction;                                 // x' of the tangent, borrowed (N, C)
    Tensor<T, 1> tangent_mean, slope;                // (C)
    Tensor<T, 2> tangent_y, d_tangent, tangent_dx;   // (N, C)
    ForwardStamp stamp;
  };

  BatchNorm1d() = default;
  explicit BatchNorm1d(Index width, double epsilon = 1e-5, double share = 0.1)
      : weight({width}),
        bias({width}),
        running_mean({width}),
        running_var({width}),
        eps(epsilon),
        momentum(share) {
    expect_eps("BatchNorm1d");
    expect_momentum("BatchNorm1d");
    weight.fill(1);
    running_var.fill(1);
  }

  Index width() const { return weight.extent(0); }

  Output forward(Input x, Cache& cache) const {
    expect_eps("BatchNorm1d::forward");
    expect_shape("BatchNorm1d::forward", "x", x.shape(), {any, width()});
    if (!cache.training.on) expect_buffers("BatchNorm1d::forward");
    if (cache.training.on && x.extent(0) == 1) {
      throw std::invalid_argument("BatchNorm1d::forward: x has shape " + to_string(x.shape()) +
                                  ", but one row has no variance to train on; expected at least 2 rows");
    }
    cache.x = x;
    cache.direction = {};  // a tangent of the forward before is none of this one
    cache.stamp.set(this);
    auto scale = cache.scale.resize({width()}).array();
    if (cache.training.on) {
      cache.used = NormStatistics::of_batch;
      column_statistics(x, cache.mean.resize({width()}), cache.variance.resize({width()}));
      scale = (cache.variance.array() + static_cast<T>(eps)).sqrt().inverse();
    } else {
      cache.used = NormStatistics::constant;
      cache.mean.copy_from(running_mean);
      scale = (running_var.array() + static_cast<T>(eps)).sqrt().inverse();
    }
    batch_norm(x, cache.mean, cache.scale, weight, bias, cache.y.resize(x.shape()));
    return cache.y;
  }

  Input backward(Output dy, Cache& cache, BatchNorm1d* gradient,
                 InputGradient input_gradient = InputGradient::compute) const {
    expect_shape("BatchNorm1d::backward", "dy", dy.shape(), cache.x.shape());
    cache.stamp.check(this, gradient);
    const bool wanted = input_gradient == InputGradient::compute;
    const TensorView<T, 1> none;
    batch_norm_backward(dy, cache.x, cache.mean, cache.scale, weight, cache.used,
                        wanted ? cache.dx.resize(cache.x.shape()) : TensorView<T, 2>{},
                        gradient == nullptr ? none : gradient->weight.view(),
                        gradient == nullptr ? none : gradient->bias.view());
    if (!wanted) return {};
    return cache.dx;
  }

  Output forward_tangent(Input dx, Cache& cache) const {
    expect_shape("BatchNorm1d::forward_tangent", "dx", dx.shape(), cache.x.shape());
    cache.stamp.check(this, nullptr);
    cache.direction = dx;
    const auto y = cache.tangent_y.resize(dx.shape());
    const auto moved = cache.tangent_mean.resize({width()}), slope = cache.slope.resize({width()});
    batch_norm_tangent(tangent(cache), cache.used, y, moved, slope);
    return cache.tangent_y;
  }

  TangentGradient<Input> backward_tangent(Output d_dy, Output dy, Cache& cache, BatchNorm1d* gradient,
                                          InputGradient input_gradient = InputGradient::compute) const {
    constexpr auto where = "BatchNorm1d::backward_tangent";
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
      batch_norm_backward(dy, cache.x, cache.mean, cache.scale, weight, cache.used, dx, d_weight, d_bias);
    } else {
      const auto d_tangent = wanted ? cache.d_tangent.resize(cache.x.shape()) : TensorView<T, 2>{};
      batch_norm_backward_tangent(tangent(cache), cache.used, {d_dy, dy}, {d_tangent, dx, d_weight, d_bias});
      if (wanted) result.tangent = cache.d_tangent;
    }
    // Constant statistics make y linear in x: y' does not depend on x.
    if (wanted && !(dy.absent() && cache.used == NormStatistics::constant)) result.input = cache.tangent_dx;
    return result;
  }

  /// Moves the running averages by the batch of the cache's last forward, if that was a training one.
  void absorb(const Cache& cache) {
    const Index rows = cache.x.extent(0);
    if (cache.used != NormStatistics::of_batch || rows < 2) return;
    expect_momentum("BatchNorm1d::absorb");
    expect_buffers("BatchNorm1d::absorb");
    expect_shape("BatchNorm1d::absorb", "mean", cache.mean.shape(), {width()});
    const T share = static_cast<T>(momentum), unbiased = static_cast<T>(rows) / static_cast<T>(rows - 1);
    running_mean.array() += share * (cache.mean.array() - running_mean.array());
    running_var.array() += share * (unbiased * cache.variance.array() - running_var.array());
  }

 private:
  void expect_eps(const char* where) const {
    if (!(eps >= 0)) {
      throw std::invalid_argument(std::string(where) + ": eps is " + detail::number_text(eps) +
                                  ", expected at least 0");
    }
  }
  void expect_momentum(const char* where) const {
    if (!(momentum >= 0 && momentum <= 1)) {
      throw std::invalid_argument(std::string(where) + ": momentum is " + detail::number_text(momentum) +
                                  ", expected 0 <= momentum <= 1");
    }
  }
  void expect_buffers(const char* where) const {
    expect_shape(where, "running_mean", running_mean.shape(), {width()});
    expect_shape(where, "running_var", running_var.shape(), {width()});
  }
  NormTangent<T> tangent(const Cache& cache) const {
    return {cache.direction, cache.x, weight, cache.mean, cache.scale, cache.tangent_mean, cache.slope};
  }
};
RAPT_MODELS(TangentLayer<BatchNorm1d<float>>, TangentLayer<BatchNorm1d<double>>);
RAPT_MODELS(Layer<BatchNorm1d<float>>, Layer<BatchNorm1d<double>>);

}  // namespace rapt
