#pragma once
/// \file  Sums over rows and columns, and the log of a sum of exponentials.

#include <rapt/core/parallel_sum.hpp>
#include <rapt/core/tensor_view.hpp>
#include <rapt/kernels/gemm.hpp>
#include <rapt/kernels/softmax.hpp>

#include <algorithm>
#include <concepts>
#include <limits>
#include <type_traits>

namespace rapt {

namespace detail {

template <class T>
using FlatArray = Eigen::Map<Eigen::Array<T, Eigen::Dynamic, 1>>;
template <class T>
using ConstFlatArray = Eigen::Map<const Eigen::Array<T, Eigen::Dynamic, 1>>;

/// Rows of one chunk: about 4096 numbers, whatever the width.
constexpr Index rows_of_chunk(Index width) { return std::max<Index>(1, 4096 / std::max<Index>(width, 1)); }

/// Columns of one chunk where a chunk walks down all rows: several cache lines wide.
inline constexpr Index columns_of_chunk = 32;

}  // namespace detail

/// sums_c += sum_n x_nc: what the gradient of a row added to every row needs.
/// \shape  x (N, C), sums (C)
/// \throws ShapeError
template <std::floating_point T>
void add_column_sums(std::type_identity_t<TensorView<const T, 2>> x, TensorView<T, 1> sums) {
  expect_shape("add_column_sums", "sums", sums.shape(), {x.extent(1)});
  // A column of ones, transposed, times x: with stride 0 each of its elements is `one`.
  const T one = 1;
  const Index width = x.extent(1);
  gemm<T>(1, width, x.extent(0), 1, {&one, 0, true}, {x.data(), width}, true, sums.data(), width);
}

/// sums_n = sum_c x_nc.
/// \shape  x (N, C) -> sums (N)
/// \throws ShapeError
template <std::floating_point T>
void row_sums(std::type_identity_t<TensorView<const T, 2>> x, TensorView<T, 1> sums) {
  expect_shape("row_sums", "sums", sums.shape(), {x.extent(0)});
  const Index width = x.extent(1);
  parallel_for_range(x.extent(0), detail::rows_of_chunk(width), width, [&](Index from, Index to) {
    for (Index n = from; n < to; ++n) {
      sums.data()[n] = detail::ConstFlatArray<T>(x.data() + n * width, width).sum();
    }
  });
}

/// Mean of all elements, 0 of none.
template <std::floating_point T, std::size_t Rank>
T mean(TensorView<const T, Rank> x) {
  if (x.size() == 0) return 0;
  const T sum = parallel_sum<T>(x.size(), 4096, 1, [&](Index from, Index to) {
    return detail::ConstFlatArray<T>(x.data() + from, to - from).sum();
  });
  return sum / static_cast<T>(x.size());
}

/// y_n = log(sum_c exp(x_nc)), without overflow; -infinity where a row is empty or all -infinity,
/// +infinity where one of its numbers is; NaN goes before.
/// \shape  x (N, C) -> y (N)
/// \throws ShapeError
template <std::floating_point T>
void log_sum_exp(std::type_identity_t<TensorView<const T, 2>> x, TensorView<T, 1> y) {
  expect_shape("log_sum_exp", "y", y.shape(), {x.extent(0)});
  const Index width = x.extent(1);
  const auto kernel = RAPT_KERNEL_FOR(simd(), log_sum_exp_rows<T, false>);
  parallel_for_range(x.extent(0), detail::rows_of_chunk(width), 3 * width, [&](Index from, Index to) {
    kernel(x.data() + from * width, nullptr, y.data() + from, to - from, width);
  });
}

/// dx_nc = dy_n exp(x_nc - y_n), from the x and y of log_sum_exp; 0 in a row that is all -infinity.
/// \shape  dy (N), x (N, C), y (N) -> dx (N, C)
/// \throws ShapeError
template <std::floating_point T>
void log_sum_exp_backward(std::type_identity_t<TensorView<const T, 1>> dy,
                          std::type_identity_t<TensorView<const T, 2>> x,
                          std::type_identity_t<TensorView<const T, 1>> y, TensorView<T, 2> dx) {
  expect_shape("log_sum_exp_backward", "dy", dy.shape(), {x.extent(0)});
  expect_shape("log_sum_exp_backward", "y", y.shape(), {x.extent(0)});
  expect_shape("log_sum_exp_backward", "dx", dx.shape(), x.shape());
  const Index width = x.extent(1);
  const auto kernel = RAPT_KERNEL_FOR(simd(), scaled_exponentials<T>);
  parallel_for_range(x.extent(0), detail::rows_of_chunk(width), 3 * width, [&](Index from, Index to) {
    for (Index n = from; n < to; ++n) {
      T* const row = dx.data() + n * width;
      if (y.data()[n] == -std::numeric_limits<T>::infinity()) {
        std::fill(row, row + width, T(0));
      } else {
        // y = log(sum_c exp(x_c))
        kernel(x.data() + n * width, row, width, y.data()[n], dy.data()[n]);
      }
    }
  });
}

}  // namespace rapt
