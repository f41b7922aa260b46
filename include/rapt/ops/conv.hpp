#pragma once
/// \file  Convolution of images, and its gradients.

#include <rapt/core/tensor_view.hpp>
#include <rapt/kernels/conv.hpp>
#include <rapt/kernels/conv_weight.hpp>
#include <rapt/ops/conv_options.hpp>

#include <algorithm>
#include <concepts>
#include <numeric>
#include <type_traits>

namespace rapt {

namespace detail {

/// The axes of a convolution of an image (in) to (out).
constexpr CorrelationAxis conv_axis(Index in, Index out, Index kernel, Index stride, Index padding,
                                    Index dilation) {
  return {.in = in,
          .out = out,
          .taps = kernel,
          .stride = stride,
          .dilation = dilation,
          .first = -padding,
          .y_extent = out};
}

/// Shapes of one convolution, checked: x (B, G C, H, W), weight (G R, C, kh, kw), y (B, G R, OH, OW).
struct ConvProblem {
  Index batch, groups, channels, rows;
  CorrelationAxis height, width;
  ConvProblem(std::string_view where, const Shape<4>& x, const Shape<4>& weight, const Shape<4>& y,
              const ConvOptions& options)
      : batch(x[0]), groups(options.groups), channels(weight[1]), rows(weight[0] / groups) {
    const PerAxis kernel(weight[2], weight[3]);
    expect_conv_options(where, options, weight[1] * groups, weight[0], kernel);
    expect_shape(where, "x", x, {any, weight[1] * groups, any, any});
    const PerAxis most = conv_output(where, x, kernel, options);
    // Fewer outputs than there is room for: the first ones.
    const PerAxis out(std::min(y[2], most.height), std::min(y[3], most.width));
    expect_shape(where, "y", y, {x[0], weight[0], out.height, out.width});
    height = conv_axis(x[2], out.height, kernel.height, options.stride.height, options.padding.height,
                       options.dilation.height);
    width = conv_axis(x[3], out.width, kernel.width, options.stride.width, options.padding.width,
                      options.dilation.width);
  }
  Index in() const { return height.in * width.in; }
  Index out() const { return height.out * width.out; }
  /// Whether it is a product of matrices for each image.
  bool pointwise() const {
    const auto trivial = [](const CorrelationAxis& axis) {
      return axis.taps == 1 && axis.stride == 1 && axis.first == 0;
    };
    return trivial(height) && trivial(width);
  }
};

/// The taps of one axis that reach the inputs `first_input + m stride`, from the last one down: tap t is
/// `last - t step`.
struct TapsOfPhase {
  Index last, step;
  CorrelationAxis axis;  // of the correlation of dy that gives these inputs' gradients
};
inline TapsOfPhase taps_of_phase(const CorrelationAxis& conv, Index input) {
  const Index stride = conv.stride, common = std::gcd(stride, conv.dilation), step = stride / common;
  // Output o reads input i by tap k where o stride + k dilation + first = i.
  Index tap = 0;
  while (tap < conv.taps && (input - conv.first - tap * conv.dilation) % stride != 0) ++tap;
  const Index taps = tap < conv.taps ? (conv.taps - 1 - tap) / step + 1 : 0, last = tap + (taps - 1) * step;
  return {last,
          step,
          {.in = conv.out,
           .out = (conv.in - input + stride - 1) / stride,
           .taps = taps,
           .stride = 1,
           .dilation = conv.dilation / common,
           .first = taps == 0 ? 0 : (input - conv.first - last * conv.dilation) / stride,
           .y_extent = conv.in,
           .y_stride = stride,
           .y_first = input}};
}

/// dx of one phase of the inputs, `turned` room for its part of the weight.
template <class T>
void conv_input_phase(const ConvProblem& p, const TapsOfPhase& rows, const TapsOfPhase& columns, const T* dy,
                      const T* weight, const T* bias, T* dx, T* turned) {
  const Index taps = rows.axis.taps * columns.axis.taps, kernel = p.height.taps * p.width.taps;
  // turned (g, c, r, i, j): the taps in reverse, input and output channels exchanged
  parallel_for(p.groups * p.channels, p.rows * taps, [&](Index chunk) {
    const Index group = chunk / p.channels, c = chunk % p.channels;
    T* to = turned + chunk * p.rows * taps;
    for (Index r = 0; r < p.rows; ++r) {
      const T* const from = weight + ((group * p.rows + r) * p.channels + c) * kernel;
      for (Index i = 0; i < rows.axis.taps; ++i) {
        const T* const line = from + (rows.last - i * rows.step) * p.width.taps + columns.last;
        for (Index j = 0; j < columns.axis.taps; ++j) *to++ = line[-j * columns.step];
      }
    }
  });
  correlate<T>({.batch = p.batch,
                .groups = p.groups,
                .channels = p.rows,
                .rows = p.channels,
                .height = rows.axis,
                .width = columns.axis,
                .x = dy,
                .weight = turned,
                .bias = bias,
                .y = dx});
}

/// dx = the transposed convolution of dy, plus bias: each phase of the inputs is a correlation of dy of its
/// own, so that no product is with a zero between two outputs.
template <class T>
void conv_input(const ConvProblem& p, const T* dy, const T* weight, const T* bias, T* dx) {
  if (p.pointwise()) {
    return parallel_for(p.batch * p.groups, 2 * p.channels * p.rows * p.out() / 32, [&](Index n) {
      T* const to = dx + n * p.channels * p.in();
      for (Index c = 0; bias != nullptr && c < p.channels; ++c)
        std::fill_n(to + c * p.in(), p.in(), bias[n % p.groups * p.channels + c]);
      gemm<T>(p.channels, p.in(), p.rows, 1, {weight + n % p.groups * p.rows * p.channels, p.channels, true},
              {dy + n * p.rows * p.out(), p.out()}, bias != nullptr, to, p.in());
    });
  }
  const Workspace<T> turned(p.groups * p.rows * p.channels * p.height.taps * p.width.taps);
  for (Index row = 0; row < std::min(p.height.stride, p.height.in); ++row) {
    for (Index column = 0; column < std::min(p.width.stride, p.width.in); ++column) {
      conv_input_phase(p, taps_of_phase(p.height, row), taps_of_phase(p.width, column), dy, weight, bias, dx,
                       turned.data());
    }
  }
}

/// y = the convolution of x, plus bias.
template <class T>
void conv_forward(const ConvProblem& p, const T* x, const T* weight, const T* bias, T* y) {
  if (!p.pointwise()) {
    return correlate<T>({p.batch, p.groups, p.channels, p.rows, p.height, p.width, x, weight, bias, y});
  }
  parallel_for(p.batch * p.groups, 2 * p.channels * p.rows * p.out() / 32, [&](Index n) {
    T* const to = y + n * p.rows * p.out();
    for (Index r = 0; bias != nullptr && r < p.rows; ++r)
      std::fill_n(to + r * p.out(), p.out(), bias[n % p.groups * p.rows + r]);
    gemm<T>(p.rows, p.out(), p.channels, 1, {weight + n % p.groups * p.rows * p.channels, p.channels},
            {x + n * p.channels * p.in(), p.in()}, bias != nullptr, to, p.out());
  });
}

template <class T>
const T* conv_bias(std::string_view where, TensorView<const T, 1> bias, Index channels) {
  if (bias.absent()) return nullptr;
  expect_shape(where, "bias", bias.shape(), {channels});
  return bias.data();
}

}  // namespace detail

/// y_brp = bias_r + sum over channels c of the group and taps of weight_rc x_bc: what PyTorch calls conv2d.
/// \shape  x (B, C, H, W), weight (R, C / groups, kh, kw), bias (R) or absent -> y (B, R, OH, OW) with
///         OH = (H + 2 padding - dilation (kh - 1) - 1) / stride + 1, rounded down; OW likewise.
///         A y of fewer rows or columns takes the first ones; so for the gradients below.
/// \throws ShapeError, std::invalid_argument for settings
template <std::floating_point T>
void conv2d(std::type_identity_t<TensorView<const T, 4>> x,
            std::type_identity_t<TensorView<const T, 4>> weight,
            std::type_identity_t<TensorView<const T, 1>> bias, TensorView<T, 4> y,
            const ConvOptions& options = {}) {
  const detail::ConvProblem p("conv2d", x.shape(), weight.shape(), y.shape(), options);
  detail::conv_forward<T>(p, x.data(), weight.data(), detail::conv_bias<T>("conv2d", bias, weight.extent(0)),
                          y.data());
}

/// dx = the gradient of conv2d by x, plus bias_c in every pixel where one is given: a transposed convolution.
/// \shape  dy (B, R, OH, OW), weight (R, C / groups, kh, kw), bias (C) or absent -> dx (B, C, H, W)
/// \throws ShapeError, std::invalid_argument for settings
template <std::floating_point T>
void conv2d_input(std::type_identity_t<TensorView<const T, 4>> dy,
                  std::type_identity_t<TensorView<const T, 4>> weight,
                  std::type_identity_t<TensorView<const T, 1>> bias, TensorView<T, 4> dx,
                  const ConvOptions& options = {}) {
  const detail::ConvProblem p("conv2d_input", dx.shape(), weight.shape(), dy.shape(), options);
  detail::conv_input<T>(p, dy.data(), weight.data(), detail::conv_bias<T>("conv2d_input", bias, dx.extent(1)),
                        dx.data());
}

/// d_weight += the gradient of conv2d by its weight.
/// \shape  x (B, C, H, W), dy (B, R, OH, OW), d_weight (R, C / groups, kh, kw)
/// \throws ShapeError, std::invalid_argument for settings
template <std::floating_point T>
void add_conv2d_weight(std::type_identity_t<TensorView<const T, 4>> x,
                       std::type_identity_t<TensorView<const T, 4>> dy, TensorView<T, 4> d_weight,
                       const ConvOptions& options = {}) {
  const detail::ConvProblem p("add_conv2d_weight", x.shape(), d_weight.shape(), dy.shape(), options);
  detail::add_correlation_weight<T>(
      {p.batch, p.groups, p.channels, p.rows, p.height, p.width, x.data(), dy.data(), d_weight.data()});
}

/// sums_c += sum over images and pixels of x_bc: the gradient of a bias that is the same in every pixel.
/// \shape  x (B, C, H, W), sums (C)
/// \throws ShapeError
template <std::floating_point T>
void add_channel_sums(std::type_identity_t<TensorView<const T, 4>> x, TensorView<T, 1> sums) {
  expect_shape("add_channel_sums", "sums", sums.shape(), {x.extent(1)});
  detail::add_channel_sums<T>(x.extent(0), x.extent(1), x.extent(2) * x.extent(3), x.data(), sums.data());
}

}  // namespace rapt
