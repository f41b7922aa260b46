#pragma once
/// \file  Directional derivatives of layer_norm, rms_norm and batch_norm, and the gradients of these.

#include <rapt/kernels/norm_tangent.hpp>
#include <rapt/ops/normalization.hpp>

#include <algorithm>
#include <concepts>
#include <string_view>
#include <type_traits>

namespace rapt {

/// What the tangents of a norm share: a direction x' for x, and what their forward kept. The means are absent
/// for rms_norm.
template <std::floating_point T>
struct NormTangent {
  TensorView<const T, 2> tangent, x;           // (N, E)
  TensorView<const T, 1> weight;               // (E)
  TensorView<const T, 1> mean, scale;          // of rows (N), of columns (E)
  TensorView<const T, 1> tangent_mean, slope;  // the same, from the tangent's forward
};

/// The adjoints of y' and y; dy may be absent for 0.
template <std::floating_point T>
struct NormAdjoints {
  TensorView<const T, 2> d_dy, dy;  // (N, E)
};

/// Gradients of `S = <d_dy, y'> + <dy, y>`. d_tangent and dx, where absent, which they are together, are not
/// computed; nor are absent d_weight and d_bias, which are added to.
template <std::floating_point T>
struct NormTangentGradients {
  TensorView<T, 2> d_tangent, dx;     // (N, E)
  TensorView<T, 1> d_weight, d_bias;  // (E); no d_bias for rms_norm
};

namespace detail {

template <class T>
void expect_norm_tangent(std::string_view where, const NormTangent<T>& t, Index sets, bool centred,
                         Index width) {
  expect_shape(where, "tangent", t.tangent.shape(), t.x.shape());
  expect_shape(where, "weight", t.weight.shape(), {width});
  expect_shape(where, "scale", t.scale.shape(), {sets});
  if (centred) expect_shape(where, "mean", t.mean.shape(), {sets});
}

template <class T>
void expect_norm_gradients(std::string_view where, const NormTangent<T>& t, Index sets, bool centred,
                           const NormAdjoints<T>& adjoints, const NormTangentGradients<T>& out) {
  const Index width = t.x.extent(1);
  expect_norm_tangent(where, t, sets, centred, width);
  expect_shape(where, "slope", t.slope.shape(), {sets});
  if (centred) expect_shape(where, "tangent_mean", t.tangent_mean.shape(), {sets});
  expect_shape(where, "d_dy", adjoints.d_dy.shape(), t.x.shape());
  if (!adjoints.dy.absent()) expect_shape(where, "dy", adjoints.dy.shape(), t.x.shape());
  if (!out.dx.absent()) {
    expect_shape(where, "dx", out.dx.shape(), t.x.shape());
    expect_shape(where, "d_tangent", out.d_tangent.shape(), t.x.shape());
  }
  if (!out.d_weight.absent()) {
    expect_shape(where, "d_weight", out.d_weight.shape(), {width});
    if (centred) expect_shape(where, "d_bias", out.d_bias.shape(), {width});
  }
}

template <class T, bool centred>
void norm_tangent_of_rows(std::string_view where, const NormTangent<T>& t, TensorView<T, 2> y,
                          TensorView<T, 1> tangent_mean, TensorView<T, 1> slope) {
  const Index rows = t.x.extent(0), width = t.x.extent(1);
  expect_norm_tangent(where, t, rows, centred, width);
  expect_shape(where, "y", y.shape(), t.x.shape());
  expect_shape(where, "slope", slope.shape(), {rows});
  if (centred) expect_shape(where, "tangent_mean", tangent_mean.shape(), {rows});
  const auto kernel = RAPT_KERNEL_FOR(simd(), layer_norm_tangent_rows<T, centred>);
  parallel_for_range(rows, rows_of_chunk(width), 2 * width, [&](Index from, Index to) {
    const Index at = from * width;
    kernel({to - from, width, t.tangent.data() + at, t.x.data() + at, t.weight.data(),
            centred ? t.mean.data() + from : nullptr, t.scale.data() + from, y.data() + at,
            centred ? tangent_mean.data() + from : nullptr, slope.data() + from});
  });
}

template <class T, bool centred>
void norm_backward_tangent_of_rows(std::string_view where, const NormTangent<T>& t,
                                   const NormAdjoints<T>& adjoints, const NormTangentGradients<T>& out) {
  const Index rows = t.x.extent(0), width = t.x.extent(1);
  expect_norm_gradients(where, t, rows, centred, adjoints, out);
  const auto kernel = RAPT_KERNEL_FOR(simd(), layer_norm_backward_tangent_rows<T, centred>);
  for_norm_blocks<T>(
      rows, width, data_or_null(out.d_weight), data_or_null(out.d_bias),
      [&](Index from, Index count, T* d_weight, T* d_bias) {
        const Index at = from * width;
        kernel({count, width, adjoints.d_dy.data() + at,
                adjoints.dy.absent() ? nullptr : adjoints.dy.data() + at, t.tangent.data() + at,
                t.x.data() + at, t.weight.data(), centred ? t.mean.data() + from : nullptr,
                t.scale.data() + from, centred ? t.tangent_mean.data() + from : nullptr,
                t.slope.data() + from, out.dx.absent() ? nullptr : out.d_tangent.data() + at,
                out.dx.absent() ? nullptr : out.dx.data() + at, d_weight, d_bias});
      });
}

}  // namespace detail

/// The derivative of layer_norm in direction x': `z' = scale (x' - mean(x') - z slope)`, y' = weight z', with
/// slope = mean(z x') of each row.
/// \shape  t -> y (N, E), tangent_mean, slope (N), which its backward takes
/// \throws ShapeError
template <std::floating_point T>
void layer_norm_tangent(const NormTangent<T>& t, std::type_identity_t<TensorView<T, 2>> y,
                        std::type_identity_t<TensorView<T, 1>> tangent_mean,
                        std::type_identity_t<TensorView<T, 1>> slope) {
  detail::norm_tangent_of_rows<T, true>("layer_norm_tangent", t, y, tangent_mean, slope);
}

/// The matching backward; kernels/norm_tangent.hpp has the formulas.
/// \throws ShapeError
template <std::floating_point T>
void layer_norm_backward_tangent(const NormTangent<T>& t,
                                 const std::type_identity_t<NormAdjoints<T>>& adjoints,
                                 const std::type_identity_t<NormTangentGradients<T>>& out) {
  detail::norm_backward_tangent_of_rows<T, true>("layer_norm_backward_tangent", t, adjoints, out);
}

/// The derivative of rms_norm in direction x': `z' = scale (x' - z slope)`, y' = weight z', with slope =
/// mean(z x') of each row.
/// \shape  t -> y (N, E), slope (N), which its backward takes
/// \throws ShapeError
template <std::floating_point T>
void rms_norm_tangent(const NormTangent<T>& t, std::type_identity_t<TensorView<T, 2>> y,
                      std::type_identity_t<TensorView<T, 1>> slope) {
  detail::norm_tangent_of_rows<T, false>("rms_norm_tangent", t, y, {}, slope);
}

/// The matching backward.
/// \throws ShapeError
template <std::floating_point T>
void rms_norm_backward_tangent(const NormTangent<T>& t, const std::type_identity_t<NormAdjoints<T>>& adjoints,
                               const std::type_identity_t<NormTangentGradients<T>>& out) {
  detail::norm_backward_tangent_of_rows<T, false>("rms_norm_backward_tangent", t, adjoints, out);
}

/// The derivative of batch_norm in direction x', with mean and scale of the columns of x or constants.
/// \shape  t -> y (N, C), tangent_mean, slope (C), which its backward takes
/// \throws ShapeError
template <std::floating_point T>
void batch_norm_tangent(const NormTangent<T>& t, NormStatistics statistics,
                        std::type_identity_t<TensorView<T, 2>> y,
                        std::type_identity_t<TensorView<T, 1>> tangent_mean,
                        std::type_identity_t<TensorView<T, 1>> slope) {
  const Index rows = t.x.extent(0), width = t.x.extent(1);
  constexpr std::string_view where = "batch_norm_tangent";
  detail::expect_norm_tangent(where, t, width, true, width);
  expect_shape(where, "y", y.shape(), t.x.shape());
  expect_shape(where, "tangent_mean", tangent_mean.shape(), {width});
  expect_shape(where, "slope", slope.shape(), {width});
  // A column has one weight, so y' = J x' with the symmetric J of backward, which also gives the sums of x'
  // and of z x'.
  std::fill_n(tangent_mean.data(), width, T(0));
  std::fill_n(slope.data(), width, T(0));
  batch_norm_backward(t.tangent, t.x, t.mean, t.scale, t.weight, statistics, y, slope, tangent_mean);
  const T share =
      statistics == NormStatistics::of_batch ? T(1) / static_cast<T>(std::max<Index>(rows, 1)) : T(0);
  detail::FlatArray<T>(tangent_mean.data(), width) *= share;
  detail::FlatArray<T>(slope.data(), width) *= share;
}

/// The matching backward.
/// \throws ShapeError
template <std::floating_point T>
void batch_norm_backward_tangent(const NormTangent<T>& t, NormStatistics statistics,
                                 const std::type_identity_t<NormAdjoints<T>>& adjoints,
                                 const std::type_identity_t<NormTangentGradients<T>>& out) {
  const Index rows = t.x.extent(0), width = t.x.extent(1);
  detail::expect_norm_gradients("batch_norm_backward_tangent", t, width, true, adjoints, out);
  const T share =
      statistics == NormStatistics::of_batch ? T(1) / static_cast<T>(std::max<Index>(rows, 1)) : T(0);
  const auto kernel = RAPT_KERNEL_FOR(simd(), batch_norm_backward_tangent_columns<T>);
  // A chunk owns columns and takes the rows in their order.
  parallel_for_range(width, detail::columns_of_strip(width), 4 * rows, [&](Index from, Index to) {
    kernel({rows, width, from, to, adjoints.d_dy.data(), detail::data_or_null(adjoints.dy), t.tangent.data(),
            t.x.data(), t.weight.data(), t.mean.data(), t.scale.data(), t.tangent_mean.data(), t.slope.data(),
            share, detail::data_or_null(out.d_tangent), detail::data_or_null(out.dx),
            detail::data_or_null(out.d_weight), detail::data_or_null(out.d_bias)});
  });
}

}  // namespace rapt
