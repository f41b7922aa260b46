#pragma once
/// \file  The inverse of a symmetric positive definite matrix, on all threads.

#include <rapt/core/parallel.hpp>
#include <rapt/core/tensor.hpp>
#include <rapt/kernels/gemm.hpp>

#include <Eigen/Cholesky>

#include <algorithm>
#include <concepts>
#include <stdexcept>

namespace rapt {

namespace detail {

inline constexpr Index sweep_block = 128;

/// One step of the block sweep over pivots K = [k, k + b): with P the inverse of A_KK and W = A_:K P, writes
/// A_ij -= W_i A_jK^T for i, j outside K, A_iK = W_i, A_KK = -P. Only the lower triangle is read and written.
template <std::floating_point T>
void sweep(TensorView<T, 2> a, Index k, Tensor<T, 2>& panel, Tensor<T, 2>& scaled) {
  const Index n = a.extent(0), b = std::min(sweep_block, n - k), blocks = (n + sweep_block - 1) / sweep_block;
  auto all = a.matrix();
  auto f = panel.resize({n, b}).matrix();
  f.topRows(k) = all.block(k, 0, b, k).transpose();
  f.middleRows(k, b) = all.block(k, k, b, b).template selfadjointView<Eigen::Lower>();
  f.bottomRows(n - k - b) = all.block(k + b, k, n - k - b, b);
  const Eigen::LLT<RowMatrix<T>> factor(f.middleRows(k, b));
  if (factor.info() != Eigen::Success) {
    throw std::domain_error("invert_symmetric: the matrix is not positive definite (pivots " +
                            std::to_string(k) + " to " + std::to_string(k + b - 1) + ")");
  }
  const RowMatrix<T> inverse = factor.solve(RowMatrix<T>::Identity(b, b));
  gemm<T>(n, b, b, T(1), {panel.data(), b}, {inverse.data(), b}, false, scaled.resize({n, b}).data(), b);

  parallel_for(blocks * blocks, sweep_block * sweep_block * b, [&](Index tile) {
    const Index row = tile / blocks * sweep_block, column = tile % blocks * sweep_block;
    if (column > row || row == k || column == k) return;
    const Index rows = std::min(sweep_block, n - row), columns = std::min(sweep_block, n - column);
    gemm<T>(rows, columns, b, T(-1), {scaled.data() + row * b, b}, {panel.data() + column * b, b, true}, true,
            a.data() + row * n + column, n);
  });
  const auto w = scaled.matrix();
  all.block(k, 0, b, k) = w.topRows(k).transpose();
  all.block(k, k, b, b) = -inverse;
  all.block(k + b, k, n - k - b, b) = w.bottomRows(n - k - b);
}

}  // namespace detail

/// Replaces a symmetric positive definite matrix by its inverse: a block sweep (Goodnight 1979, "A tutorial
/// on the SWEEP operator") whose pivot blocks are inverted by Cholesky. Reads the lower triangle only, writes
/// both.
/// \shape  (N, N)
/// \cost   N^3 flops, in products of 128 x 128 blocks; the same bits at any number of threads
/// \throws ShapeError; std::domain_error where the matrix is not positive definite (its contents are lost
///         then)
template <std::floating_point T>
void invert_symmetric(TensorView<T, 2> a) {
  const Index n = a.extent(0);
  expect_shape<2>("invert_symmetric", "a", a.shape(), {n, n});
  Tensor<T, 2> panel, scaled;
  for (Index k = 0; k < n; k += detail::sweep_block) detail::sweep(a, k, panel, scaled);
  // All pivots swept, the lower triangle holds minus the inverse. Square tiles keep the mirrored reads in
  // cache.
  const Index blocks = (n + detail::sweep_block - 1) / detail::sweep_block;
  auto all = a.matrix();
  parallel_for(blocks * blocks, detail::sweep_block * detail::sweep_block, [&](Index tile) {
    const Index row = tile / blocks * detail::sweep_block, column = tile % blocks * detail::sweep_block;
    const Index rows = std::min(detail::sweep_block, n - row),
                columns = std::min(detail::sweep_block, n - column);
    if (column > row) return;
    auto block = all.block(row, column, rows, columns);
    if (column < row) {
      block *= T(-1);
      all.block(column, row, columns, rows) = block.transpose();
    } else {
      block.template triangularView<Eigen::Lower>() *= T(-1);
      block.template triangularView<Eigen::StrictlyUpper>() = block.transpose();
    }
  });
}

}  // namespace rapt
