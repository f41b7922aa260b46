#pragma once
/// \file  Projections of queries, keys and values by rows of a larger matrix.

#include <rapt/attention/materialized.hpp>
#include <rapt/ops/reduce.hpp>

#include <concepts>

namespace rapt::detail {

/// A matrix (out, in) inside a larger one, `stride` elements from row to row, and a bias (out) or null. As a
/// gradient, null pointers say that it is frozen.
template <class T>
struct Projection {
  T* weight = nullptr;
  Index stride = 0;
  T* bias = nullptr;
};

/// y = x W^T + b for every row of x (B, L, in), y (B, L, out).
template <std::floating_point T>
void project(TensorView<const T, 3> x, const Projection<const T>& p, TensorView<T, 3> y) {
  const Index count = x.extent(0) * x.extent(1), in = x.extent(2), out = y.extent(2);
  gemm<T>(count, out, in, 1, {x.data(), in}, {p.weight, p.stride, true}, false, y.data(), out,
          {.bias = p.bias});
}

/// The gradients of that: added to `gradient`, and written or with `add` added to dx unless it is
/// absent.
template <std::floating_point T>
void project_backward(TensorView<const T, 3> dy, TensorView<const T, 3> x, const Projection<const T>& p,
                      const Projection<T>& gradient, TensorView<T, 3> dx, bool add = false) {
  const Index count = x.extent(0) * x.extent(1), in = x.extent(2), out = dy.extent(2);
  if (gradient.weight != nullptr) {
    // y = x W^T; a row of x that was ignored has dy = 0 and may be NaN
    mix<T>(out, in, count, 1, {dy.data(), out, true}, x.data(), in, true, gradient.weight, p.stride);
  }
  // y = ... + b, the same b for every row
  if (gradient.bias != nullptr) {
    add_column_sums<T>(dy.rows(), TensorView<T, 1>(gradient.bias, {out}));
  }
  if (dx.absent()) return;
  // y = x W^T
  gemm<T>(count, in, out, 1, {dy.data(), out}, {p.weight, p.stride}, add, dx.data(), in);
}

}  // namespace rapt::detail
