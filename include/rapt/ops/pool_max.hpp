#pragma once
/// \file  The largest number of each window of images, and where it stands.

#include <rapt/core/parallel.hpp>
#include <rapt/core/tensor_view.hpp>
#include <rapt/core/workspace.hpp>
#include <rapt/ops/pool_average.hpp>
#include <rapt/ops/pool_windows.hpp>

#include <algorithm>
#include <concepts>
#include <limits>
#include <type_traits>

namespace rapt {

namespace detail {

struct WindowRange {
  Index begin, end;
};

/// Position of the largest number of a window of one plane, by the rule of max_windows; -1 of an empty one.
template <class T>
Index largest_of_window(const T* plane, Index width, WindowRange rows, Index row_step, WindowRange columns,
                        Index column_step) {
  if (rows.begin >= rows.end || columns.begin >= columns.end) return -1;
  Index at = rows.begin * width + columns.begin;
  if ((rows.end - rows.begin) * (columns.end - columns.begin) <= 16) {
    // Which of a few is the largest no processor predicts: so the position is chosen without a branch, and
    // the number is read again.
    for (Index h = rows.begin; h < rows.end; h += row_step) {
      for (Index i = h * width + columns.begin; i < h * width + columns.end; i += column_step) {
        const T v = plane[i];
        at += (i - at) & -static_cast<Index>((v > plane[at]) | (v != v));
      }
    }
    return at;
  }
  T best = plane[at];
  for (Index h = rows.begin; h < rows.end; h += row_step) {
    for (Index i = h * width + columns.begin; i < h * width + columns.end; i += column_step) {
      const T v = plane[i];
      if (v > best || v != v) [[unlikely]] {
        best = v;
        at = i;
      }
    }
  }
  return at;
}

/// Calls body(plane) for each plane of `size` numbers.
template <class Body>
void for_each_plane(Index planes, Index size, Body&& body) {
  parallel_for_range(planes, planes_of_chunk(size), size, [&](Index from, Index to) {
    for (Index p = from; p < to; ++p) body(p);
  });
}

}  // namespace detail

/// y = the largest number of each window, positions = where it stands, `h W + w`.
///
/// As in PyTorch, the first of equal numbers counts, and NaN is larger than any number (of several the last
/// counts). The padding is never larger: a window of padding alone, which dilation can make, gives -infinity
/// and position -1.
/// \shape  x (B, C, H, W) -> y, positions (B, C, windows.rows.out, windows.columns.out)
/// \throws ShapeError
template <std::floating_point T>
void max_windows(std::type_identity_t<TensorView<const T, 4>> x, const PoolWindows& windows,
                 TensorView<T, 4> y, TensorView<Index, 4> positions) {
  const PoolAxis &rows = windows.rows, &columns = windows.columns;
  const Index size = rows.in * columns.in;
  expect_shape("max_windows", "x", x.shape(), {any, any, rows.in, columns.in});
  expect_shape("max_windows", "y", y.shape(), {x.extent(0), x.extent(1), rows.out, columns.out});
  expect_shape("max_windows", "positions", positions.shape(), y.shape());
  const Workspace<detail::WindowRange> memory(columns.out);
  detail::WindowRange* const ranges = memory.data();
  for (Index j = 0; j < columns.out; ++j) ranges[j] = {columns.begin(j), columns.end(j)};
  const Index row_step = rows.adaptive ? 1 : rows.dilation;
  const Index column_step = columns.adaptive ? 1 : columns.dilation;
  detail::for_each_plane(x.extent(0) * x.extent(1), size, [&](Index p) {
    Index at = p * rows.out * columns.out;
    for (Index i = 0; i < rows.out; ++i) {
      const detail::WindowRange range{rows.begin(i), rows.end(i)};
      for (Index j = 0; j < columns.out; ++j, ++at) {
        const T* const plane = x.data() + p * size;
        const Index largest =
            detail::largest_of_window(plane, columns.in, range, row_step, ranges[j], column_step);
        positions.data()[at] = largest;
        y.data()[at] = largest < 0 ? -std::numeric_limits<T>::infinity() : plane[largest];
      }
    }
  });
}

/// y_i = x at positions_i of the same plane, 0 where that is -1: the derivative of max_windows.
/// \shape  x (B, C, H, W), positions (B, C, h, w) -> y (B, C, h, w)
/// \throws ShapeError
template <std::floating_point T>
void pick_positions(std::type_identity_t<TensorView<const T, 4>> x, TensorView<const Index, 4> positions,
                    TensorView<T, 4> y) {
  expect_shape("pick_positions", "positions", positions.shape(), {x.extent(0), x.extent(1), any, any});
  expect_shape("pick_positions", "y", y.shape(), positions.shape());
  const Index in = x.extent(2) * x.extent(3), out = y.extent(2) * y.extent(3);
  detail::for_each_plane(x.extent(0) * x.extent(1), std::max(in, out), [&](Index p) {
    for (Index i = p * out; i < (p + 1) * out; ++i) {
      const Index position = positions.data()[i];
      y.data()[i] = position < 0 ? T(0) : x.data()[p * in + position];
    }
  });
}

/// The matching backward; dx is overwritten.
/// \shape  dy, positions (B, C, h, w) -> dx (B, C, H, W)
/// \throws ShapeError
template <std::floating_point T>
void pick_positions_backward(std::type_identity_t<TensorView<const T, 4>> dy,
                             TensorView<const Index, 4> positions, TensorView<T, 4> dx) {
  expect_shape("pick_positions_backward", "positions", positions.shape(),
               {dx.extent(0), dx.extent(1), any, any});
  expect_shape("pick_positions_backward", "dy", dy.shape(), positions.shape());
  const Index in = dx.extent(2) * dx.extent(3), out = dy.extent(2) * dy.extent(3);
  detail::for_each_plane(dx.extent(0) * dx.extent(1), std::max(in, out), [&](Index p) {
    T* const plane = dx.data() + p * in;
    std::fill_n(plane, in, T(0));
    for (Index i = p * out; i < (p + 1) * out; ++i) {
      const Index position = positions.data()[i];
      if (position >= 0) plane[position] += dy.data()[i];
    }
  });
}

}  // namespace rapt
