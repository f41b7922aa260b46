#pragma once
/// \file  Images seen as rows of numbers.

#include <rapt/core/tangent.hpp>

#include <concepts>
#include <tuple>

namespace rapt {

/// `y_b,(c,h,w) = x_bchw`: each image of a batch as one row, channel by channel, as torch.nn.Flatten does.
///
/// Nothing is copied: the output is the memory of x under another shape, the input gradient that of dy, and
/// so it is with tangents.
/// \shape   x (B, C, H, W) -> y (B, C H W)
/// \throws  ShapeError where dy does not fit
/// \borrows x for as long as the output is used, and dy for as long as the input gradient is
template <std::floating_point T>
struct Flatten {
  using Scalar = T;
  using Input = TensorView<const T, 4>;
  using Output = TensorView<const T, 2>;
  static constexpr std::tuple<> parameters{};

  struct Cache {
    Shape<4> shape{};  // of x
    ForwardStamp stamp;
  };

  /// The shape of the output for x of that shape.
  static constexpr Shape<2> output_shape(const Shape<4>& x) { return {x[0], x[1] * x[2] * x[3]}; }

  Output forward(Input x, Cache& cache) const {
    cache.shape = x.shape();
    cache.stamp.set(this);
    return x.reshape(output_shape(x.shape()));
  }

  Input backward(Output dy, Cache& cache, Flatten* gradient,
                 InputGradient input_gradient = InputGradient::compute) const {
    expect_shape("Flatten::backward", "dy", dy.shape(), output_shape(cache.shape));
    cache.stamp.check(this, gradient);
    if (input_gradient == InputGradient::skip) return {};
    // y = x
    return dy.reshape(cache.shape);
  }

  Output forward_tangent(Input dx, Cache& cache) const {
    expect_shape("Flatten::forward_tangent", "dx", dx.shape(), cache.shape);
    cache.stamp.check(this, nullptr);
    return dx.reshape(output_shape(cache.shape));
  }

  TangentGradient<Input> backward_tangent(Output d_dy, Output dy, Cache& cache, Flatten* gradient,
                                          InputGradient input_gradient = InputGradient::compute) const {
    const auto shape = output_shape(cache.shape);
    if (!d_dy.absent()) expect_shape("Flatten::backward_tangent", "d_dy", d_dy.shape(), shape);
    if (!dy.absent()) expect_shape("Flatten::backward_tangent", "dy", dy.shape(), shape);
    cache.stamp.check(this, gradient);
    TangentGradient<Input> result;
    if (input_gradient == InputGradient::skip) return result;
    // y' = x', y = x
    if (!d_dy.absent()) result.tangent = d_dy.reshape(cache.shape);
    if (!dy.absent()) result.input = dy.reshape(cache.shape);
    return result;
  }
};
RAPT_MODELS(Layer<Flatten<float>>, Layer<Flatten<double>>);
RAPT_MODELS(TangentLayer<Flatten<float>>, TangentLayer<Flatten<double>>);

}  // namespace rapt
