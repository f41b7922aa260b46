#pragma once
/// \file  Softmax and its logarithm over the last axis, with masks.

#include <rapt/core/parallel.hpp>
#include <rapt/core/tensor_view.hpp>
#include <rapt/kernels/softmax.hpp>
#include <rapt/ops/reduce.hpp>

#include <concepts>
#include <cstddef>
#include <string_view>
#include <type_traits>

namespace rapt {

namespace detail {

/// Calls rows(first element, rows, width) for all rows, in chunks fixed by the shape.
template <std::size_t Rank, class Rows>
void for_each_block_of_rows(const Shape<Rank>& shape, Index operations, Rows&& body) {
  const Index width = shape[Rank - 1];
  Index rows = 1;
  for (std::size_t axis = 0; axis + 1 < Rank; ++axis) rows *= shape[axis];
  parallel_for_range(rows, rows_of_chunk(width), operations * width,
                     [&](Index from, Index to) { body(from * width, to - from, width); });
}

template <std::size_t Rank>
void check_mask(std::string_view where, const TensorView<const bool, Rank>& ignored,
                const Shape<Rank>& shape) {
  if (!ignored.absent()) expect_shape(where, "ignored", ignored.shape(), shape);
}

}  // namespace detail

/// `y_j = exp(x_j) / sum_k exp(x_k)` over the last axis, without overflow.
/// \shape  x (..., C) -> y (..., C), which may be x; ignored (..., C) or absent
/// \throws ShapeError
/// \note   `ignored` is true where an element takes no part: it reaches no result, and its y is 0. So is that
///         of -infinity. A row without any other element is 0, not NaN. NaN and +infinity make their row NaN.
template <std::floating_point T, std::size_t Rank>
void softmax(std::type_identity_t<TensorView<const T, Rank>> x, TensorView<T, Rank> y,
             std::type_identity_t<TensorView<const bool, Rank>> ignored = {}) {
  expect_shape("softmax", "y", y.shape(), x.shape());
  detail::check_mask("softmax", ignored, x.shape());
  const bool masked = !ignored.absent();
  const auto kernel = masked ? RAPT_KERNEL_FOR(simd(), softmax_rows<T, true>)
                             : RAPT_KERNEL_FOR(simd(), softmax_rows<T, false>);
  detail::for_each_block_of_rows(x.shape(), 3, [&](Index at, Index rows, Index n) {
    kernel(x.data() + at, masked ? ignored.data() + at : nullptr, y.data() + at, rows, n);
  });
}

/// `dx_j = y_j (dy_j - sum_k y_k dy_k)` from the y of softmax; 0 where y is 0, be dy there what it may.
/// \shape  dy, y (..., C) -> dx (..., C), which may be dy
/// \throws ShapeError
template <std::floating_point T, std::size_t Rank>
void softmax_backward(std::type_identity_t<TensorView<const T, Rank>> dy,
                      std::type_identity_t<TensorView<const T, Rank>> y, TensorView<T, Rank> dx) {
  expect_shape("softmax_backward", "dy", dy.shape(), y.shape());
  expect_shape("softmax_backward", "dx", dx.shape(), y.shape());
  const auto kernel = RAPT_KERNEL_FOR(simd(), softmax_backward_rows<T>);
  detail::for_each_block_of_rows(y.shape(), 1, [&](Index at, Index rows, Index n) {
    kernel(dy.data() + at, y.data() + at, dx.data() + at, rows, n);
  });
}

/// `y_j = x_j - log(sum_k exp(x_k))` over the last axis, without overflow.
/// \shape  x (..., C) -> y (..., C), which may be x; ignored (..., C) or absent
/// \throws ShapeError
/// \note   What is `ignored` reaches no result, and its y is -infinity, the logarithm of what softmax gives
///         there: so is a whole row without any other element. NaN and +infinity make their row NaN.
template <std::floating_point T, std::size_t Rank>
void log_softmax(std::type_identity_t<TensorView<const T, Rank>> x, TensorView<T, Rank> y,
                 std::type_identity_t<TensorView<const bool, Rank>> ignored = {}) {
  expect_shape("log_softmax", "y", y.shape(), x.shape());
  detail::check_mask("log_softmax", ignored, x.shape());
  const bool masked = !ignored.absent();
  const auto kernel = masked ? RAPT_KERNEL_FOR(simd(), log_softmax_rows<T, true>)
                             : RAPT_KERNEL_FOR(simd(), log_softmax_rows<T, false>);
  detail::for_each_block_of_rows(x.shape(), 3, [&](Index at, Index rows, Index n) {
    kernel(x.data() + at, masked ? ignored.data() + at : nullptr, y.data() + at, rows, n);
  });
}

/// `dx_j = dy_j - exp(y_j) sum_k dy_k` from the y of log_softmax; 0 where y is -infinity, whose dy is left
/// out.
/// \shape  dy, y (..., C) -> dx (..., C), which may be dy
/// \throws ShapeError
template <std::floating_point T, std::size_t Rank>
void log_softmax_backward(std::type_identity_t<TensorView<const T, Rank>> dy,
                          std::type_identity_t<TensorView<const T, Rank>> y, TensorView<T, Rank> dx) {
  expect_shape("log_softmax_backward", "dy", dy.shape(), y.shape());
  expect_shape("log_softmax_backward", "dx", dx.shape(), y.shape());
  const auto kernel = RAPT_KERNEL_FOR(simd(), log_softmax_backward_rows<T>);
  detail::for_each_block_of_rows(y.shape(), 3, [&](Index at, Index rows, Index n) {
    kernel(dy.data() + at, y.data() + at, dx.data() + at, rows, n);
  });
}

}  // namespace rapt
