#pragma once
/// \file  Averages over the windows of images.

#include <rapt/core/parallel.hpp>
#include <rapt/core/tensor_view.hpp>
#include <rapt/core/workspace.hpp>
#include <rapt/ops/pool_windows.hpp>
#include <rapt/ops/reduce.hpp>

#include <algorithm>
#include <concepts>
#include <type_traits>

namespace rapt {

/// Whether an average counts the zeros of the padding.
enum class PaddingInAverage { counted, left_out };

namespace detail {

template <class T>
struct AveragedWindow {
  Index begin, end;
  T length;  // by which the sum is divided
};

/// One axis of windows, worked out once for all planes.
template <class T>
struct AverageAxis {
  const AveragedWindow<T>* windows;
  Index out;
  Index kernel, step;  // of even windows; 0 of others

  AverageAxis(const PoolAxis& axis, PaddingInAverage padding, AveragedWindow<T>* memory)
      : windows(memory), out(axis.out), kernel(0), step(0) {
    for (Index o = 0; o < out; ++o) {
      const Index begin = axis.begin(o), end = axis.end(o);
      const Index length = padding == PaddingInAverage::counted ? axis.padded_length(o) : end - begin;
      memory[o] = {begin, end, static_cast<T>(length)};
    }
    if (!axis.even()) return;
    kernel = axis.end(0);
    step = axis.step();
  }
};

/// y_o = sum of the window o of one row, divided by its length and by that of the rows above it.
template <class T>
void average_row(const T* __restrict row, const AverageAxis<T>& axis, T rows, T* __restrict y) {
  if (axis.kernel == 2) {
    const T length = rows * 2;
    const Index step = axis.step;
    for (Index o = 0; o < axis.out; ++o) y[o] = (row[o * step] + row[o * step + 1]) / length;
    return;
  }
  for (Index o = 0; o < axis.out; ++o) {
    const auto [begin, end, length] = axis.windows[o];
    T sum = 0;
    for (Index w = begin; w < end; ++w) sum += row[w];
    y[o] = sum / (rows * length);
  }
}

/// The transpose: row is overwritten.
template <class T>
void average_row_transposed(const T* __restrict dy, const AverageAxis<T>& axis, T rows, T* __restrict row,
                            Index width) {
  if (axis.kernel == 2 && axis.step == 2) {
    const T length = rows * 2;
    for (Index o = 0; o < axis.out; ++o) row[2 * o] = row[2 * o + 1] = dy[o] / length;
    for (Index w = 2 * axis.out; w < width; ++w) row[w] = 0;
    return;
  }
  std::fill_n(row, width, T(0));
  for (Index o = 0; o < axis.out; ++o) {
    const auto [begin, end, length] = axis.windows[o];
    const T share = dy[o] / (rows * length);
    for (Index w = begin; w < end; ++w) row[w] += share;
  }
}

/// Planes of one chunk: about 4096 numbers.
constexpr Index planes_of_chunk(Index plane) { return std::max<Index>(1, 4096 / std::max<Index>(plane, 1)); }

/// Calls body(plane, rows, columns) for each plane of each image.
template <class T, class Body>
void for_each_averaged_plane(const Shape<4>& x, const PoolWindows& windows, PaddingInAverage padding,
                             Body&& body) {
  const Workspace<AveragedWindow<T>> memory(windows.rows.out + windows.columns.out);
  const AverageAxis<T> rows(windows.rows, padding, memory.data());
  const AverageAxis<T> columns(windows.columns, padding, memory.data() + windows.rows.out);
  const Index plane = x[2] * x[3];
  parallel_for_range(x[0] * x[1], planes_of_chunk(plane), plane, [&](Index from, Index to) {
    for (Index p = from; p < to; ++p) body(p, rows, columns);
  });
}

}  // namespace detail

/// y = the average of each window.
/// \shape  x (B, C, H, W) -> y (B, C, windows.rows.out, windows.columns.out)
/// \throws ShapeError
template <std::floating_point T>
void average_windows(std::type_identity_t<TensorView<const T, 4>> x, const PoolWindows& windows,
                     PaddingInAverage padding, TensorView<T, 4> y) {
  const auto& shape = x.shape();
  const Index height = shape[2], width = shape[3], out = windows.columns.out;
  expect_shape("average_windows", "x", shape, {any, any, windows.rows.in, windows.columns.in});
  expect_shape("average_windows", "y", y.shape(), {shape[0], shape[1], windows.rows.out, out});
  detail::for_each_averaged_plane<T>(
      shape, windows, padding, [&](Index p, const auto& rows, const auto& columns) {
        const Workspace<T> sum(width);
        detail::FlatArray<T> total(sum.data(), width);
        const auto row = [&](Index h) { return x.data() + (p * height + h) * width; };
        for (Index o = 0; o < rows.out; ++o) {
          const auto [first, end, length] = rows.windows[o];
          const T* source = row(first);
          if (end - first > 1) {
            total =
                detail::ConstFlatArray<T>(source, width) + detail::ConstFlatArray<T>(row(first + 1), width);
            for (Index h = first + 2; h < end; ++h) total += detail::ConstFlatArray<T>(row(h), width);
            source = sum.data();
          }
          detail::average_row(source, columns, length, y.data() + (p * rows.out + o) * out);
        }
      });
}

/// The matching backward; dx is overwritten.
/// \shape  dy (B, C, windows.rows.out, windows.columns.out) -> dx (B, C, H, W)
/// \throws ShapeError
template <std::floating_point T>
void average_windows_backward(std::type_identity_t<TensorView<const T, 4>> dy, const PoolWindows& windows,
                              PaddingInAverage padding, TensorView<T, 4> dx) {
  const auto& shape = dx.shape();
  const Index height = shape[2], width = shape[3], out = windows.columns.out;
  expect_shape("average_windows_backward", "dx", shape, {any, any, windows.rows.in, windows.columns.in});
  expect_shape("average_windows_backward", "dy", dy.shape(), {shape[0], shape[1], windows.rows.out, out});
  detail::for_each_averaged_plane<T>(
      shape, windows, padding, [&](Index p, const auto& rows, const auto& columns) {
        const Workspace<T> share(width);
        Index written = 0;  // rows of dx
        const auto row = [&](Index h) {
          return detail::FlatArray<T>(dx.data() + (p * height + h) * width, width);
        };
        for (Index o = 0; o < rows.out; ++o) {
          const auto [begin, end, length] = rows.windows[o];
          // y_o = sum of rows begin .. end, each averaged
          detail::average_row_transposed(dy.data() + (p * rows.out + o) * out, columns, length, share.data(),
                                         width);
          const detail::ConstFlatArray<T> source(share.data(), width);
          for (; written < begin; ++written) row(written).setZero();
          for (Index h = begin; h < std::min(written, end); ++h) row(h) += source;
          for (; written < end; ++written) row(written) = source;
        }
        for (; written < height; ++written) row(written).setZero();
      });
}

}  // namespace rapt
