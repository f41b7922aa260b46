#pragma once
/// \file  Softmax and its logarithm over the last axis, with masks.

#include <rapt/core/parallel.hpp>
#include <rapt/core/tensor_view.hpp>
#include <rapt/ops/reduce.hpp>

#include <cmath>
#include <concepts>
#include <cstddef>
#include <limits>
#include <string_view>
#include <type_traits>

namespace rapt {

namespace detail {

/// Copies a row, -infinity where it is ignored; what is ignored is not read.
template <std::floating_point T>
void take_row(const T* x, const bool* ignored, T* y, Index n) {
  if (ignored == nullptr) {
    if (x != y) FlatArray<T>(y, n) = ConstFlatArray<T>(x, n);
  } else {
    for (Index i = 0; i < n; ++i) y[i] = ignored[i] ? -std::numeric_limits<T>::infinity() : x[i];
  }
}

template <std::floating_point T>
void softmax_row(const T* x, const bool* ignored, T* y, Index n) {
  take_row(x, ignored, y, n);
  FlatArray<T> row(y, n);
  const T top = largest(y, n);
  if (top == -std::numeric_limits<T>::infinity()) {
    row = T(0);
    return;
  }
  row = (row - top).exp();
  // Eigen's exponential of -infinity is no 0 but a denormal number, so what is ignored would keep a trace.
  constexpr T tiny = std::numeric_limits<T>::min();
  if (row.minCoeff() < tiny) {
    for (Index i = 0; i < n; ++i) y[i] = y[i] < tiny ? T(0) : y[i];
  }
  row /= row.sum();
}

template <std::floating_point T>
void softmax_backward_row(const T* dy, const T* y, T* dx, Index n) {
  const ConstFlatArray<T> p(y, n), d(dy, n);
  FlatArray<T> out(dx, n);
  // y = softmax(x):  dx = y * (dy - sum_j y_j dy_j)
  const T sum = (p * d).sum();
  if (std::isfinite(sum)) {
    out = p * (d - sum);
  } else {  // perhaps only because of what is ignored: there y = 0, and dy says nothing
    T seen = 0;
    for (Index i = 0; i < n; ++i) seen += y[i] == T(0) ? T(0) : y[i] * dy[i];
    for (Index i = 0; i < n; ++i) dx[i] = y[i] == T(0) ? T(0) : y[i] * (dy[i] - seen);
  }
}

template <std::floating_point T>
void log_softmax_row(const T* x, const bool* ignored, T* y, Index n) {
  take_row(x, ignored, y, n);
  FlatArray<T> row(y, n);
  const T top = largest(y, n);
  if (top == std::numeric_limits<T>::infinity()) {
    row = std::numeric_limits<T>::quiet_NaN();
  } else if (top != -std::numeric_limits<T>::infinity()) {
    row -= top;  // first, or large scores would cost digits
    row -= std::log(row.exp().sum());
  }
}

template <std::floating_point T>
void log_softmax_backward_row(const T* dy, const T* y, T* dx, Index n) {
  constexpr T ignored = -std::numeric_limits<T>::infinity();
  const ConstFlatArray<T> log_p(y, n), d(dy, n);
  FlatArray<T> out(dx, n);
  // y = x - log(sum_j exp(x_j)):  dx = dy - exp(y) sum_j dy_j
  if (n == 0 || log_p.minCoeff() > ignored) {
    out = d - log_p.exp() * d.sum();
  } else {
    T sum = 0;
    for (Index i = 0; i < n; ++i) sum += y[i] == ignored ? T(0) : dy[i];
    for (Index i = 0; i < n; ++i) dx[i] = y[i] == ignored ? T(0) : dy[i] - std::exp(y[i]) * sum;
  }
}

/// Calls row(first element, width) for every row, in chunks fixed by the shape.
template <std::size_t Rank, class Row>
void for_each_row(const Shape<Rank>& shape, Index operations, Row&& row) {
  const Index width = shape[Rank - 1];
  Index rows = 1;
  for (std::size_t axis = 0; axis + 1 < Rank; ++axis) rows *= shape[axis];
  parallel_for_range(rows, rows_of_chunk(width), operations * width, [&](Index from, Index to) {
    for (Index n = from; n < to; ++n) row(n * width, width);
  });
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
/// \note   `ignored` is true where an element takes no part: it is not read, and its y is 0. So is that of
///         -infinity. A row without any other element is 0, not NaN. NaN and +infinity make their row NaN.
template <std::floating_point T, std::size_t Rank>
void softmax(std::type_identity_t<TensorView<const T, Rank>> x, TensorView<T, Rank> y,
             std::type_identity_t<TensorView<const bool, Rank>> ignored = {}) {
  expect_shape("softmax", "y", y.shape(), x.shape());
  detail::check_mask("softmax", ignored, x.shape());
  detail::for_each_row(x.shape(), 10, [&](Index at, Index n) {
    detail::softmax_row(x.data() + at, ignored.absent() ? nullptr : ignored.data() + at, y.data() + at, n);
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
  detail::for_each_row(y.shape(), 4, [&](Index at, Index n) {
    detail::softmax_backward_row(dy.data() + at, y.data() + at, dx.data() + at, n);
  });
}

/// `y_j = x_j - log(sum_k exp(x_k))` over the last axis, without overflow.
/// \shape  x (..., C) -> y (..., C), which may be x; ignored (..., C) or absent
/// \throws ShapeError
/// \note   What is `ignored` is not read, and its y is -infinity, the logarithm of what softmax gives there:
///         so is a whole row without any other element. NaN and +infinity make their row NaN.
template <std::floating_point T, std::size_t Rank>
void log_softmax(std::type_identity_t<TensorView<const T, Rank>> x, TensorView<T, Rank> y,
                 std::type_identity_t<TensorView<const bool, Rank>> ignored = {}) {
  expect_shape("log_softmax", "y", y.shape(), x.shape());
  detail::check_mask("log_softmax", ignored, x.shape());
  detail::for_each_row(x.shape(), 10, [&](Index at, Index n) {
    detail::log_softmax_row(x.data() + at, ignored.absent() ? nullptr : ignored.data() + at, y.data() + at,
                            n);
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
  detail::for_each_row(y.shape(), 10, [&](Index at, Index n) {
    detail::log_softmax_backward_row(dy.data() + at, y.data() + at, dx.data() + at, n);
  });
}

}  // namespace rapt
