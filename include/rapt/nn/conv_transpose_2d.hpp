#pragma once
/// \file  Transposed convolution of images.

#include <rapt/core/random.hpp>
#include <rapt/core/tangent.hpp>
#include <rapt/nn/linear.hpp>
#include <rapt/ops/conv.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <string_view>
#include <tuple>

namespace rapt {

/// Settings of ConvTranspose2d beside its channels and kernel, with PyTorch's names and defaults.
struct ConvTranspose2dOptions {
  PerAxis stride = 1, padding = 0, output_padding = 0, dilation = 1;
  Index groups = 1;
  Bias bias = Bias::yes;
};

/// Transposed convolution of images, as torch.nn.ConvTranspose2d: `y_r = b_r + sum over channels c of the
/// group, inputs p and taps t of W_cr(t) x_c(p)`, each added to pixel `p stride - padding + t dilation`: the
/// gradient by its input of a Conv2d with the same settings.
///
/// \shape   x (B, in, H, W), weight (in, out / groups, kh, kw), bias (out) or (0) -> y (B, out, OH, OW),
///          OH = (H - 1) stride - 2 padding + dilation (kh - 1) + output_padding + 1; OW likewise
/// \init    weight, bias ~ U(-1/sqrt(n), 1/sqrt(n)), n = out / groups kh kw, as torch.nn.ConvTranspose2d does
/// \cost    2 B H W out in / groups kh kw flops forward, twice that backward (half of it frozen or with
///          InputGradient::skip)
/// \throws  ShapeError where x, dy or the gradient's parameters do not fit, y would be empty, or settings
///          changed after forward no longer give its y; std::invalid_argument for settings that do not fit
///          together
/// \borrows x until the matching backward
template <std::floating_point T>
struct ConvTranspose2d {
  using Scalar = T;
  using Input = TensorView<const T, 4>;
  using Output = TensorView<const T, 4>;

  Tensor<T, 4> weight;  // (in, out / groups, kh, kw)
  Tensor<T, 1> bias;    // (out), or (0)
  PerAxis stride = 1, padding = 0, output_padding = 0, dilation = 1;
  Index groups = 1;
  static constexpr auto parameters =
      std::tuple{field("weight", &ConvTranspose2d::weight), field("bias", &ConvTranspose2d::bias)};
  static constexpr auto settings =
      std::tuple{field("stride", &ConvTranspose2d::stride), field("padding", &ConvTranspose2d::padding),
                 field("output_padding", &ConvTranspose2d::output_padding),
                 field("dilation", &ConvTranspose2d::dilation), field("groups", &ConvTranspose2d::groups)};

  struct Cache {
    Input x;          // borrowed (B, in, H, W)
    Tensor<T, 4> y;   // (B, out, OH, OW)
    Tensor<T, 4> dx;  // (B, in, H, W)
    Input tangent_x;  // borrowed (B, in, H, W)
    Tensor<T, 4> tangent_y, d_tangent_x, tangent_dx;
    ForwardStamp stamp;
  };

  ConvTranspose2d() = default;
  ConvTranspose2d(Index in_channels, Index out_channels, PerAxis kernel_size, RandomStream& stream,
                  const ConvTranspose2dOptions& options = {})
      : stride(options.stride),
        padding(options.padding),
        output_padding(options.output_padding),
        dilation(options.dilation),
        groups(options.groups) {
    detail::expect_conv_options("ConvTranspose2d", geometry(), in_channels, out_channels, kernel_size);
    expect_output_padding();
    weight = Tensor<T, 4>({in_channels, out_channels / groups, kernel_size.height, kernel_size.width});
    bias = Tensor<T, 1>({options.bias == Bias::yes ? out_channels : 0});
    const Index fan = weight.extent(1) * kernel_size.height * kernel_size.width;
    const T bound = fan == 0 ? T(0) : T(1) / std::sqrt(static_cast<T>(fan));
    fill_uniform(weight.view(), -bound, bound, stream);
    fill_uniform(bias.view(), -bound, bound, stream);
  }

  Index in_channels() const { return weight.extent(0); }
  Index out_channels() const { return weight.extent(1) * groups; }
  PerAxis kernel_size() const { return {weight.extent(2), weight.extent(3)}; }

  Output forward(Input x, Cache& cache) const {
    const Shape<4> shape = checked_output_shape("ConvTranspose2d::forward", x.shape());
    cache.x = x;
    cache.stamp.set(this);
    conv2d_input(x, weight, bias.size() == 0 ? TensorView<const T, 1>{} : bias.view(), cache.y.resize(shape),
                 geometry());
    return cache.y;
  }

  Input backward(Output dy, Cache& cache, ConvTranspose2d* gradient,
                 InputGradient input_gradient = InputGradient::compute) const {
    expect_shape("ConvTranspose2d::backward", "dy", dy.shape(), cache.y.shape());
    cache.stamp.check(this, gradient);
    expect_as_in_forward("ConvTranspose2d::backward", cache, gradient);
    if (gradient != nullptr) add_parameter_gradients(cache.x, dy, *gradient);
    if (input_gradient == InputGradient::skip) return {};
    // y = W *^T x
    conv2d(dy, weight, {}, cache.dx.resize(cache.x.shape()), geometry());
    return cache.dx;
  }

  Output forward_tangent(Input dx, Cache& cache) const {
    expect_shape("ConvTranspose2d::forward_tangent", "dx", dx.shape(), cache.x.shape());
    cache.stamp.check(this, nullptr);
    expect_as_in_forward("ConvTranspose2d::forward_tangent", cache, nullptr);
    cache.tangent_x = dx;
    conv2d_input(dx, weight, {}, cache.tangent_y.resize(cache.y.shape()), geometry());
    return cache.tangent_y;
  }

  TangentGradient<Input> backward_tangent(Output d_dy, Output dy, Cache& cache, ConvTranspose2d* gradient,
                                          InputGradient input_gradient = InputGradient::compute) const {
    if (!d_dy.absent())
      expect_shape("ConvTranspose2d::backward_tangent", "d_dy", d_dy.shape(), cache.tangent_y.shape());
    if (!dy.absent()) expect_shape("ConvTranspose2d::backward_tangent", "dy", dy.shape(), cache.y.shape());
    cache.stamp.check(this, gradient);
    expect_as_in_forward("ConvTranspose2d::backward_tangent", cache, gradient);
    TangentGradient<Input> result;
    const bool wanted = input_gradient == InputGradient::compute;
    if (!d_dy.absent()) {
      // y' = W *^T x'
      if (gradient != nullptr) add_conv2d_weight(d_dy, cache.tangent_x, gradient->weight.view(), geometry());
      if (wanted) {
        conv2d(d_dy, weight, {}, cache.d_tangent_x.resize(cache.x.shape()), geometry());
        result.tangent = cache.d_tangent_x;
      }
    }
    if (!dy.absent()) {
      // y = W *^T x + b
      if (gradient != nullptr) add_parameter_gradients(cache.x, dy, *gradient);
      if (wanted) {
        conv2d(dy, weight, {}, cache.tangent_dx.resize(cache.x.shape()), geometry());
        result.input = cache.tangent_dx;
      }
    }
    return result;
  }

 private:
  // The output of the convolution that is transposed here may be smaller than it could be.
  ConvOptions geometry() const { return {stride, padding, dilation, groups, true}; }

  /// The shape of the output for x of that shape. Throws where settings, parameters and x do not fit.
  Shape<4> checked_output_shape(std::string_view where, const Shape<4>& x) const {
    detail::expect_groups(where, groups);
    detail::expect_conv_options(where, geometry(), in_channels(), out_channels(), kernel_size());
    expect_output_padding();
    if (bias.size() != 0) expect_shape(where, "bias", bias.shape(), {out_channels()});
    expect_shape(where, "x", x, {any, in_channels(), any, any});
    const PerAxis out = detail::conv_transpose_output(where, x, kernel_size(), geometry(), output_padding);
    return {x[0], out_channels(), out.height, out.width};
  }

  /// Throws where settings and parameters do not give the output of forward, or the gradient has other ones.
  void expect_as_in_forward(std::string_view where, const Cache& cache,
                            const ConvTranspose2d* gradient) const {
    expect_shape(where, "forward's y", cache.y.shape(), checked_output_shape(where, cache.x.shape()));
    if (gradient == nullptr) return;
    expect_shape(where, "gradient->weight", gradient->weight.shape(), weight.shape());
    expect_shape(where, "gradient->bias", gradient->bias.shape(), bias.shape());
  }

  /// PyTorch's limit.
  void expect_output_padding() const {
    const auto fits = [](Index more, Index step, Index spread) {
      return more >= 0 && more < std::max(step, spread);
    };
    if (fits(output_padding.height, stride.height, dilation.height) &&
        fits(output_padding.width, stride.width, dilation.width))
      return;
    detail::throw_setting("ConvTranspose2d", "output_padding", to_string(output_padding),
                          "at least 0 and below stride " + to_string(stride) + " or dilation " +
                              to_string(dilation) + " on each axis");
  }

  void add_parameter_gradients(Input x, Output dy, ConvTranspose2d& gradient) const {
    // y = W *^T x: a convolution of dy would give x's gradient, so dy is its input here
    add_conv2d_weight(dy, x, gradient.weight.view(), geometry());
    // y = ... + b, the same b in every pixel
    if (bias.size() != 0) add_channel_sums(dy, gradient.bias.view());
  }
};
RAPT_MODELS(TangentLayer<ConvTranspose2d<float>>, TangentLayer<ConvTranspose2d<double>>);

}  // namespace rapt
