#pragma once
/// \file  Rows or columns brought to mean 0 and variance 1, then scaled and shifted.

#include <rapt/core/parallel.hpp>
#include <rapt/core/tensor_view.hpp>
#include <rapt/core/workspace.hpp>
#include <rapt/kernels/batch_norm.hpp>
#include <rapt/kernels/layer_norm.hpp>
#include <rapt/ops/reduce.hpp>

#include <algorithm>
#include <concepts>
#include <string_view>
#include <type_traits>

namespace rapt {

/// `y_ne = weight_e (x_ne - mean_n) scale_n + bias_e`, scale_n = 1 / sqrt(variance_n + eps), with mean and
/// variance of row n (Ba et al. 2016, arXiv:1607.06450, eq. 4).
/// \shape  x (N, E), weight, bias (E) -> y (N, E), mean, scale (N), which backward takes
/// \throws ShapeError
template <std::floating_point T>
void layer_norm(std::type_identity_t<TensorView<const T, 2>> x,
                std::type_identity_t<TensorView<const T, 1>> weight,
                std::type_identity_t<TensorView<const T, 1>> bias, std::type_identity_t<T> eps,
                TensorView<T, 2> y, std::type_identity_t<TensorView<T, 1>> mean,
                std::type_identity_t<TensorView<T, 1>> scale) {
  const Index rows = x.extent(0), width = x.extent(1);
  expect_shape("layer_norm", "weight", weight.shape(), {width});
  expect_shape("layer_norm", "bias", bias.shape(), {width});
  expect_shape("layer_norm", "y", y.shape(), x.shape());
  expect_shape("layer_norm", "mean", mean.shape(), {rows});
  expect_shape("layer_norm", "scale", scale.shape(), {rows});
  const auto kernel = RAPT_KERNEL_FOR(simd(), layer_norm_rows<T>);
  const Index grain = std::max<Index>(detail::rows_of_chunk(width), 4);
  parallel_for_range(rows, grain, width, [&](Index from, Index to) {
    const Index at = from * width;
    kernel({to - from, width, x.data() + at, weight.data(), bias.data(), eps, y.data() + at,
            mean.data() + from, scale.data() + from});
  });
}

namespace detail {

/// The sums over rows are taken block by block, the blocks cut by the number of rows alone.
constexpr Index rows_of_norm_block(Index rows) { return std::max<Index>(32, (rows + 255) / 256 * 4); }

/// `block(from, count, d_weight, d_bias)` for blocks of rows on several threads, each with sums of its own;
/// added to the given ones, unless these are null, in the order of the blocks.
template <class T, class Block>
void for_norm_blocks(Index rows, Index width, T* d_weight, T* d_bias, Block&& block) {
  const Index size = rows_of_norm_block(rows), blocks = (rows + size - 1) / size;
  const Index stride = (width + 15) / 16 * 16;  // blocks share no cache line
  const Index kinds = (d_weight == nullptr ? 0 : 1) + (d_bias == nullptr ? 0 : 1);
  const Workspace<T> sums(kinds * blocks * stride);
  const auto own_of = [&](Index chunk) { return sums.data() + kinds * chunk * stride; };
  parallel_for(blocks, size * width, [&](Index chunk) {
    T* const own = kinds == 0 ? nullptr : own_of(chunk);
    std::fill_n(own, kinds * stride, T(0));
    const Index from = chunk * size;
    block(from, std::min(size, rows - from), own, kinds == 2 ? own + stride : nullptr);
  });
  if (kinds == 0) return;
  for (Index chunk = 0; chunk < blocks; ++chunk) {
    FlatArray<T>(d_weight, width) += ConstFlatArray<T>(own_of(chunk), width);
    if (kinds == 2) FlatArray<T>(d_bias, width) += ConstFlatArray<T>(own_of(chunk) + stride, width);
  }
}

/// The gradients of all rows; without a mean, mean and d_bias are null.
template <class T, bool centred>
void layer_norm_backward_blocks(const LayerNormBackwardRows<T>& all) {
  const auto kernel = RAPT_KERNEL_FOR(simd(), layer_norm_backward_rows<T, centred>);
  for_norm_blocks<T>(
      all.rows, all.width, all.d_weight, all.d_bias, [&](Index from, Index count, T* d_weight, T* d_bias) {
        const Index at = from * all.width;
        kernel({count, all.width, all.dy + at, all.x + at, all.weight, centred ? all.mean + from : nullptr,
                all.scale + from, all.dx == nullptr ? nullptr : all.dx + at, d_weight, d_bias});
      });
}

/// The memory of a view; null where it is absent.
template <class T, std::size_t Rank>
T* data_or_null(TensorView<T, Rank> view) {
  return view.absent() ? nullptr : view.data();
}

}  // namespace detail

/// The matching backward: dx is overwritten, d_weight and d_bias are added to. An absent dx, or an absent
/// d_weight and d_bias, are not computed.
/// \shape  dy, x (N, E), weight (E), mean, scale (N) -> dx (N, E), d_weight, d_bias (E)
/// \throws ShapeError
template <std::floating_point T>
void layer_norm_backward(std::type_identity_t<TensorView<const T, 2>> dy,
                         std::type_identity_t<TensorView<const T, 2>> x,
                         std::type_identity_t<TensorView<const T, 1>> weight,
                         std::type_identity_t<TensorView<const T, 1>> mean,
                         std::type_identity_t<TensorView<const T, 1>> scale, TensorView<T, 2> dx,
                         std::type_identity_t<TensorView<T, 1>> d_weight,
                         std::type_identity_t<TensorView<T, 1>> d_bias) {
  const Index rows = x.extent(0), width = x.extent(1);
  expect_shape("layer_norm_backward", "dy", dy.shape(), x.shape());
  expect_shape("layer_norm_backward", "weight", weight.shape(), {width});
  expect_shape("layer_norm_backward", "mean", mean.shape(), {rows});
  expect_shape("layer_norm_backward", "scale", scale.shape(), {rows});
  if (!dx.absent()) expect_shape("layer_norm_backward", "dx", dx.shape(), x.shape());
  if (!d_weight.absent()) {
    expect_shape("layer_norm_backward", "d_weight", d_weight.shape(), {width});
    expect_shape("layer_norm_backward", "d_bias", d_bias.shape(), {width});
  }
  detail::layer_norm_backward_blocks<T, true>({rows, width, dy.data(), x.data(), weight.data(), mean.data(),
                                               scale.data(), detail::data_or_null(dx),
                                               detail::data_or_null(d_weight), detail::data_or_null(d_bias)});
}

/// Mean and (biased) variance of every column.
/// \shape  x (N, C) -> mean, variance (C); 0 without rows
/// \throws ShapeError
template <std::floating_point T>
void column_statistics(std::type_identity_t<TensorView<const T, 2>> x, TensorView<T, 1> mean,
                       std::type_identity_t<TensorView<T, 1>> variance) {
  const Index rows = x.extent(0), width = x.extent(1);
  expect_shape("column_statistics", "mean", mean.shape(), {width});
  expect_shape("column_statistics", "variance", variance.shape(), {width});
  const auto kernel = RAPT_KERNEL_FOR(simd(), column_statistics<T>);
  parallel_for_range(width, detail::columns_of_strip(width), rows, [&](Index from, Index to) {
    kernel({rows, width, from, to, x.data(), mean.data(), variance.data()});
  });
}

/// `y_nc = weight_c (x_nc - mean_c) scale_c + bias_c` for mean and scale = 1 / sqrt(variance + eps) of the
/// columns of x, or of what was learned (Ioffe and Szegedy 2015, arXiv:1502.03167, algorithms 1 and 2).
/// \shape  x (N, C), mean, scale, weight, bias (C) -> y (N, C)
/// \throws ShapeError
template <std::floating_point T>
void batch_norm(std::type_identity_t<TensorView<const T, 2>> x,
                std::type_identity_t<TensorView<const T, 1>> mean,
                std::type_identity_t<TensorView<const T, 1>> scale,
                std::type_identity_t<TensorView<const T, 1>> weight,
                std::type_identity_t<TensorView<const T, 1>> bias, TensorView<T, 2> y) {
  const Index width = x.extent(1);
  expect_shape("batch_norm", "mean", mean.shape(), {width});
  expect_shape("batch_norm", "scale", scale.shape(), {width});
  expect_shape("batch_norm", "weight", weight.shape(), {width});
  expect_shape("batch_norm", "bias", bias.shape(), {width});
  expect_shape("batch_norm", "y", y.shape(), x.shape());
  const auto kernel = RAPT_KERNEL_FOR(simd(), batch_norm_rows<T>);
  parallel_for_range(x.extent(0), detail::rows_of_chunk(width), width, [&](Index from, Index to) {
    const Index at = from * width;
    kernel({to - from, width, x.data() + at, mean.data(), scale.data(), weight.data(), bias.data(),
            y.data() + at});
  });
}

/// Whether mean and scale of batch_norm were taken from x itself, or are constants.
enum class NormStatistics { of_batch, constant };

/// The matching backward: dx is overwritten, d_weight and d_bias are added to. An absent dx, or an absent
/// d_weight and d_bias, are not computed.
/// \shape  dy, x (N, C), mean, scale, weight (C) -> dx (N, C), d_weight, d_bias (C)
/// \throws ShapeError
template <std::floating_point T>
void batch_norm_backward(std::type_identity_t<TensorView<const T, 2>> dy,
                         std::type_identity_t<TensorView<const T, 2>> x,
                         std::type_identity_t<TensorView<const T, 1>> mean,
                         std::type_identity_t<TensorView<const T, 1>> scale,
                         std::type_identity_t<TensorView<const T, 1>> weight, NormStatistics statistics,
                         TensorView<T, 2> dx, std::type_identity_t<TensorView<T, 1>> d_weight,
                         std::type_identity_t<TensorView<T, 1>> d_bias) {
  const Index rows = x.extent(0), width = x.extent(1);
  constexpr std::string_view where = "batch_norm_backward";
  expect_shape(where, "dy", dy.shape(), x.shape());
  expect_shape(where, "mean", mean.shape(), {width});
  expect_shape(where, "scale", scale.shape(), {width});
  expect_shape(where, "weight", weight.shape(), {width});
  if (!dx.absent()) expect_shape(where, "dx", dx.shape(), x.shape());
  if (!d_weight.absent()) {
    expect_shape(where, "d_weight", d_weight.shape(), {width});
    expect_shape(where, "d_bias", d_bias.shape(), {width});
  }
  const T share =
      statistics == NormStatistics::of_batch ? T(1) / static_cast<T>(std::max<Index>(rows, 1)) : T(0);
  const auto kernel = RAPT_KERNEL_FOR(simd(), batch_norm_backward_columns<T>);
  // A chunk owns columns and takes the rows in their order.
  parallel_for_range(width, detail::columns_of_strip(width), 2 * rows, [&](Index from, Index to) {
    kernel({rows, width, from, to, dy.data(), x.data(), mean.data(), scale.data(), weight.data(), share,
            dx.absent() ? nullptr : dx.data(), d_weight.absent() ? nullptr : d_weight.data(),
            d_bias.absent() ? nullptr : d_bias.data()});
  });
}

}  // namespace rapt
