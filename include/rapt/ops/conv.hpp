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
  Index batch, groups, channels, rows = 0;
  CorrelationAxis height, width;
  ConvProblem(std::string_view where, const Shape<4>& x, const Shape<4>& weight, const Shape<4>& y,
              const ConvOptions& options)
      : batch(x[0]), groups(options.groups), channels(weight[1]) {
    const PerAxis kernel(weight[2], weight[3]);
    expect_groups(where, groups);
    expect_conv_options(where, options, weight[1] * groups, weight[0], kernel);
    rows = weight[0] / groups;
    expect_shape(where, "x", x, {any, weight[1] * groups, any, any});
    const PerAxis most = conv_output(where, x, kernel, options);
    const PerAxis out =
        options.fewer_outputs ? PerAxis(std::min(y[2], most.height), std::min(y[3], most.width)) : most;
    expect_shape(where, "y", y, {x[0], weight[0], out.height, out.width});
    height = conv_axis(x[2], out.height, kernel.height, options.stride.height, options.padding.height,
                       options.dilation.height);
    width = conv_axis(x[3], out.width, kernel.width, options.stride.width, options.padding.width,
                      options.dilation.width);
  }
  Index in() const { return height.in * width.in; }
  Index out() const { return height.out * width.out; }
  /// Whether the kernel covers the image: one product of matrices for the batch.
  bool whole_image() const {
    const auto covered = [](const CorrelationAxis& axis) {
      return axis.out == 1 && axis.taps == axis.in && axis.first == 0 &&
             (axis.taps == 1 || axis.dilation == 1);
    };
    return groups == 1 && covered(height) && covered(width);
  }
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

/// turned (g, c, r, i, j): the taps of one phase in reverse, input and output channels exchanged.
template <class T>
void turn_weight(const ConvProblem& p, const TapsOfPhase& rows, const TapsOfPhase& columns, const T* weight,
                 T* turned) {
  const Index taps = rows.axis.taps * columns.axis.taps, kernel = p.height.taps * p.width.taps;
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
}

/// dx in every row `row + m stride` of the inputs; room for all phases of a row and their part of the weight.
template <class T>
void conv_input_rows(const ConvProblem& p, Index row, const T* dy, const T* weight, const T* bias, T* dx,
                     CorrelationPhase<T>* phases, Index count, T* turned) {
  const TapsOfPhase rows = taps_of_phase(p.height, row);
  CorrelationAxis width = taps_of_phase(p.width, 0).axis;
  for (Index f = 0; f < count; ++f) {
    const TapsOfPhase columns = taps_of_phase(p.width, f);
    if (columns.axis.taps > 0) width.first = std::min(width.first, columns.axis.first);
  }
  for (Index f = 0; f < count; ++f) {
    const TapsOfPhase columns = taps_of_phase(p.width, f);
    turn_weight(p, rows, columns, weight, turned);
    const bool empty = columns.axis.taps == 0;
    phases[f] = {columns.axis.taps, columns.axis.out, empty ? 0 : columns.axis.first - width.first, f,
                 turned};
    turned += p.groups * p.rows * p.channels * rows.axis.taps * columns.axis.taps;
  }
  correlate<T>({.batch = p.batch,
                .groups = p.groups,
                .channels = p.rows,
                .rows = p.channels,
                .height = rows.axis,
                .width = width,
                .phases = phases,
                .phase_count = count,
                .x = dy,
                .bias = bias,
                .y = dx});
}

/// to (n, channels, pixels) = the bias of its channel.
template <class T>
void fill_bias(const T* bias, Index channels, Index pixels, T* to) {
  for (Index c = 0; c < channels; ++c) std::fill_n(to + c * pixels, pixels, bias[c]);
}

/// dx = the transposed convolution of dy, plus bias: each phase of the inputs is a correlation of dy of its
/// own, so that no product is with a zero between two outputs.
template <class T>
void conv_input(const ConvProblem& p, const T* dy, const T* weight, const T* bias, T* dx) {
  // Without images or channels there would still be all the phases.
  if (p.batch == 0 || p.channels == 0) return;
  if (p.whole_image()) {
    const Index size = p.channels * p.in();
    if (bias != nullptr)
      parallel_for(p.batch, size, [&](Index n) { fill_bias(bias, p.channels, p.in(), dx + n * size); });
    return gemm<T>(p.batch, size, p.rows, 1, {dy, p.rows}, {weight, size}, bias != nullptr, dx, size);
  }
  if (p.pointwise()) {
    return parallel_for(p.batch * p.groups, 2 * p.channels * p.rows * p.out() / 32, [&](Index n) {
      T* const to = dx + n * p.channels * p.in();
      const Index group = n % p.groups;
      if (bias != nullptr) fill_bias(bias + group * p.channels, p.channels, p.in(), to);
      gemm<T>(p.channels, p.in(), p.rows, 1, {weight + group * p.rows * p.channels, p.channels, true},
              {dy + n * p.rows * p.out(), p.out()}, bias != nullptr, to, p.in());
    });
  }
  const Workspace<T> turned(p.groups * p.rows * p.channels * p.height.taps * p.width.taps);
  const Index columns = std::min(p.width.stride, p.width.in);
  const Workspace<CorrelationPhase<T>> phases(columns);
  for (Index row = 0; row < std::min(p.height.stride, p.height.in); ++row)
    conv_input_rows(p, row, dy, weight, bias, dx, phases.data(), columns, turned.data());
}

/// y = the convolution of x, plus bias.
template <class T>
void conv_forward(const ConvProblem& p, const T* x, const T* weight, const T* bias, T* y) {
  if (p.batch == 0 || p.rows == 0) return;
  if (p.whole_image()) {
    const Index size = p.channels * p.in();
    return gemm<T>(p.batch, p.rows, size, 1, {x, size}, {weight, size, true}, false, y, p.rows, {bias});
  }
  if (p.pointwise()) {
    return parallel_for(p.batch * p.groups, 2 * p.channels * p.rows * p.out() / 32, [&](Index n) {
      T* const to = y + n * p.rows * p.out();
      const Index group = n % p.groups;
      if (bias != nullptr) fill_bias(bias + group * p.rows, p.rows, p.out(), to);
      gemm<T>(p.rows, p.out(), p.channels, 1, {weight + group * p.rows * p.channels, p.channels},
              {x + n * p.channels * p.in(), p.in()}, bias != nullptr, to, p.out());
    });
  }
  const CorrelationPhase<T> all{p.width.taps, p.width.out, 0, 0, weight};
  correlate<T>({p.batch, p.groups, p.channels, p.rows, p.height, p.width, &all, 1, x, bias, y});
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
///         With options.fewer_outputs, a y of fewer rows or columns takes the first ones; so for the
///         gradients below.
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
