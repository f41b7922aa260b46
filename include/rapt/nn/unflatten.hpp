#pragma once
/// \file  Rows of numbers seen as images.

#include <rapt/core/checked.hpp>
#include <rapt/core/tangent.hpp>

#include <concepts>
#include <stdexcept>
#include <tuple>

namespace rapt {

/// `y_nchw = x_n,(c,h,w)`: each row as an image, channel by channel, as torch.nn.Unflatten(1, (C, H, W))
/// does.
///
/// Nothing is copied: the output is the memory of x under another shape, the input gradient that of dy, and
/// so it is with tangents.
/// \shape   x (N, E), E = C H W -> y (N, C, H, W)
/// \throws  ShapeError where x or dy does not fit; std::invalid_argument where an extent is negative;
///          std::overflow_error where C H W is more than an Index holds
/// \borrows x for as long as the output is used, and dy for as long as the input gradient is
template <std::floating_point T>
struct Unflatten {
  using Scalar = T;
  using Input = TensorView<const T, 2>;
  using Output = TensorView<const T, 4>;

  Index channels = 1, height = 1, width = 1;
  static constexpr std::tuple<> parameters{};
  static constexpr auto settings =
      std::tuple{field("channels", &Unflatten::channels), field("height", &Unflatten::height),
                 field("width", &Unflatten::width)};

  struct Cache {
    Shape<4> shape{};  // of y
    ForwardStamp stamp;
  };

  Unflatten() = default;
  Unflatten(Index channel_count, Index image_height, Index image_width)
      : channels(channel_count), height(image_height), width(image_width) {
    checked_element_count(Shape<3>{channels, height, width}, "Unflatten");
  }

  /// The shape of the output for x of that shape.
  Shape<4> output_shape(const Shape<2>& x) const {
    const Index elements = checked_element_count(Shape<3>{channels, height, width}, "Unflatten");
    expect_shape("Unflatten::forward", "x", x, {any, elements});
    return {x[0], channels, height, width};
  }

  Output forward(Input x, Cache& cache) const {
    const auto shape = output_shape(x.shape());
    cache.shape = shape;
    cache.stamp.set(this);
    return x.reshape(shape);
  }

  Input backward(Output dy, Cache& cache, Unflatten* gradient,
                 InputGradient input_gradient = InputGradient::compute) const {
    expect_shape("Unflatten::backward", "dy", dy.shape(), cache.shape);
    cache.stamp.check(this, gradient);
    if (input_gradient == InputGradient::skip) return {};
    // y = x
    return dy.reshape(rows_of(cache));
  }

  Output forward_tangent(Input dx, Cache& cache) const {
    expect_shape("Unflatten::forward_tangent", "dx", dx.shape(), rows_of(cache));
    cache.stamp.check(this, nullptr);
    return dx.reshape(cache.shape);
  }

  TangentGradient<Input> backward_tangent(Output d_dy, Output dy, Cache& cache, Unflatten* gradient,
                                          InputGradient input_gradient = InputGradient::compute) const {
    if (!d_dy.absent()) expect_shape("Unflatten::backward_tangent", "d_dy", d_dy.shape(), cache.shape);
    if (!dy.absent()) expect_shape("Unflatten::backward_tangent", "dy", dy.shape(), cache.shape);
    cache.stamp.check(this, gradient);
    TangentGradient<Input> result;
    if (input_gradient == InputGradient::skip) return result;
    // y' = x', y = x
    if (!d_dy.absent()) result.tangent = d_dy.reshape(rows_of(cache));
    if (!dy.absent()) result.input = dy.reshape(rows_of(cache));
    return result;
  }

 private:
  static Shape<2> rows_of(const Cache& cache) {
    const auto& [rows, c, h, w] = cache.shape;
    return {rows, c * h * w};
  }
};
RAPT_MODELS(Layer<Unflatten<float>>, Layer<Unflatten<double>>);
RAPT_MODELS(TangentLayer<Unflatten<float>>, TangentLayer<Unflatten<double>>);

}  // namespace rapt
