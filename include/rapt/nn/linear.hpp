#pragma once
/// \file  The affine map y = x W^T + b.

#include <rapt/core/layer.hpp>
#include <rapt/core/random.hpp>
#include <rapt/core/tangent.hpp>
#include <rapt/ops/matmul.hpp>
#include <rapt/ops/reduce.hpp>

#include <cmath>
#include <concepts>
#include <tuple>

namespace rapt {

/// Whether a layer has a bias; without one the bias is an empty tensor.
enum class Bias { yes, no };

/// Affine map of the last axis, `y = x W^T + b`.
///
/// \shape   x (N, in), weight (out, in), bias (out) or (0) -> y (N, out). Use `x.rows()` for a higher rank.
/// \init    weight, bias ~ U(-1/sqrt(in), 1/sqrt(in)), as torch.nn.Linear does
/// \cost    2 N in out flops forward, twice that backward (half of it frozen or with InputGradient::skip)
/// \throws  ShapeError where x or dy does not fit
/// \borrows x until the matching backward
template <std::floating_point T>
struct Linear {
  using Scalar = T;
  using Input = TensorView<const T, 2>;
  using Output = TensorView<const T, 2>;

  Tensor<T, 2> weight;  // (out, in)
  Tensor<T, 1> bias;    // (out), or (0)
  static constexpr auto parameters =
      std::tuple{field("weight", &Linear::weight), field("bias", &Linear::bias)};

  struct Cache {
    Input x;          // borrowed (N, in)
    Tensor<T, 2> y;   // (N, out)
    Tensor<T, 2> dx;  // (N, in)
    Input tangent_x;  // borrowed (N, in)
    Tensor<T, 2> tangent_y, d_tangent_x, tangent_dx;
    ForwardStamp stamp;
  };

  Linear() = default;
  Linear(Index in, Index out, RandomStream& stream, Bias with_bias = Bias::yes)
      : weight({out, in}), bias({with_bias == Bias::yes ? out : 0}) {
    const T bound = in == 0 ? T(0) : T(1) / std::sqrt(static_cast<T>(in));
    fill_uniform(weight.view(), -bound, bound, stream);
    fill_uniform(bias.view(), -bound, bound, stream);
  }

  Index in() const { return weight.extent(1); }
  Index out() const { return weight.extent(0); }

  Output forward(Input x, Cache& cache) const {
    expect_shape("Linear::forward", "x", x.shape(), {any, in()});
    cache.x = x;
    cache.stamp.set(this);
    const auto y = cache.y.resize({x.extent(0), out()});
    matmul(x, weight, y, {.transpose_b = true},
           {.bias = bias.size() == 0 ? TensorView<const T, 1>{} : bias.view()});
    return cache.y;
  }

  Input backward(Output dy, Cache& cache, Linear* gradient,
                 InputGradient input_gradient = InputGradient::compute) const {
    expect_shape("Linear::backward", "dy", dy.shape(), {cache.x.extent(0), out()});
    cache.stamp.check(this, gradient);
    if (gradient != nullptr) {
      // y = x W^T
      matmul(dy, cache.x, gradient->weight.view(), {.transpose_a = true, .accumulate = true});
      // y = ... + b, the same b for every row
      if (bias.size() != 0) add_column_sums(dy, gradient->bias.view());
    }
    if (input_gradient == InputGradient::skip) return {};
    // y = x W^T
    matmul(dy, weight, cache.dx.resize(cache.x.shape()));
    return cache.dx;
  }

  Output forward_tangent(Input dx, Cache& cache) const {
    expect_shape("Linear::forward_tangent", "dx", dx.shape(), cache.x.shape());
    cache.stamp.check(this, nullptr);
    cache.tangent_x = dx;
    matmul(dx, weight, cache.tangent_y.resize(cache.y.shape()), {.transpose_b = true});
    return cache.tangent_y;
  }

  TangentGradient<Input> backward_tangent(Output d_dy, Output dy, Cache& cache, Linear* gradient,
                                          InputGradient input_gradient = InputGradient::compute) const {
    if (!d_dy.absent())
      expect_shape("Linear::backward_tangent", "d_dy", d_dy.shape(), cache.tangent_y.shape());
    if (!dy.absent()) expect_shape("Linear::backward_tangent", "dy", dy.shape(), cache.y.shape());
    cache.stamp.check(this, gradient);
    TangentGradient<Input> result;
    const bool wanted = input_gradient == InputGradient::compute;
    if (!d_dy.absent()) {
      // y' = x' W^T
      if (gradient != nullptr)
        matmul(d_dy, cache.tangent_x, gradient->weight.view(), {.transpose_a = true, .accumulate = true});
      if (wanted) {
        matmul(d_dy, weight, cache.d_tangent_x.resize(cache.x.shape()));
        result.tangent = cache.d_tangent_x;
      }
    }
    if (!dy.absent()) {
      // y = x W^T + b
      if (gradient != nullptr) {
        matmul(dy, cache.x, gradient->weight.view(), {.transpose_a = true, .accumulate = true});
        if (bias.size() != 0) add_column_sums(dy, gradient->bias.view());
      }
      if (wanted) {
        matmul(dy, weight, cache.tangent_dx.resize(cache.x.shape()));
        result.input = cache.tangent_dx;
      }
    }
    return result;
  }
};
RAPT_MODELS(TangentLayer<Linear<float>>, TangentLayer<Linear<double>>);
RAPT_MODELS(Layer<Linear<float>>, Layer<Linear<double>>);

}  // namespace rapt
