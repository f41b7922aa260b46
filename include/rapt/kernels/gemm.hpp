#pragma once
/// \file  The matrix product on raw pointers and strides: the seam behind which faster kernels go.

#include <rapt/core/parallel.hpp>
#include <rapt/core/tensor_view.hpp>

#include <algorithm>
#include <concepts>

namespace rapt {

/// One operand of gemm: row-major memory with a row stride, taken as it is or transposed.
template <class T>
struct GemmOperand {
  const T* data = nullptr;
  Index stride = 0;  // elements from one row to the next, as stored
  bool transposed = false;
};

namespace detail {

// A product of blocks this small packs its operands on the stack: Eigen then never allocates.
inline constexpr Index gemm_block = 128;

template <class T>
using StridedMap = Eigen::Map<RowMatrix<T>, 0, Eigen::OuterStride<>>;
template <class T>
using ConstStridedMap = Eigen::Map<const RowMatrix<T>, 0, Eigen::OuterStride<>>;

template <class T>
ConstStridedMap<T> gemm_stored_block(const GemmOperand<T>& x, Index row, Index column, Index rows,
                                     Index columns) {
  return x.transposed ? ConstStridedMap<T>(x.data + column * x.stride + row, columns, rows,
                                           Eigen::OuterStride<>(x.stride))
                      : ConstStridedMap<T>(x.data + row * x.stride + column, rows, columns,
                                           Eigen::OuterStride<>(x.stride));
}

// One row of C, as a matrix times a vector: the form below would copy alpha times the row to the heap.
template <class T>
void gemm_row(StridedMap<T> c, Index row, Index column, Index depth, T alpha, const GemmOperand<T>& a,
              const GemmOperand<T>& b) {
  using Vector = Eigen::Matrix<T, Eigen::Dynamic, 1>;
  Eigen::Map<Vector> out(c.data(), c.cols());
  for (Index p = 0; p < depth; p += gemm_block) {
    const Index k = std::min(gemm_block, depth - p), step = a.transposed ? a.stride : 1;
    const T* from = a.transposed ? a.data + p * a.stride + row : a.data + row * a.stride + p;
    const Eigen::Map<const Vector, 0, Eigen::InnerStride<>> left(from, k, Eigen::InnerStride<>(step));
    const auto right = gemm_stored_block(b, p, column, k, c.cols());
    if (b.transposed)
      out.noalias() += alpha * (right * left);
    else
      out.noalias() += alpha * (right.transpose() * left);
  }
}

template <class T>
void gemm_tile(StridedMap<T> c, Index row, Index column, Index depth, T alpha, const GemmOperand<T>& a,
               const GemmOperand<T>& b) {
  if (c.rows() == 1) return gemm_row(c, row, column, depth, alpha, a, b);
  for (Index p = 0; p < depth; p += gemm_block) {
    const Index k = std::min(gemm_block, depth - p);
    const auto left = gemm_stored_block(a, row, p, c.rows(), k);
    const auto right = gemm_stored_block(b, p, column, k, c.cols());
    if (!a.transposed && !b.transposed) c.noalias() += alpha * (left * right);
    if (a.transposed && !b.transposed) c.noalias() += alpha * (left.transpose() * right);
    if (!a.transposed && b.transposed) c.noalias() += alpha * (left * right.transpose());
    if (a.transposed && b.transposed) c.noalias() += alpha * (left.transpose() * right.transpose());
  }
}

}  // namespace detail

/// C (m, n) = alpha op(A) (m, k) op(B) (k, n), or C += that; row strides are in elements.
/// Portable path on Eigen in fixed tiles; the same bits at any thread count, and it allocates nothing.
template <std::floating_point T>
void gemm(Index m, Index n, Index k, T alpha, GemmOperand<T> a, GemmOperand<T> b, bool accumulate, T* c,
          Index c_stride) {
  const Index block = detail::gemm_block, across = (n + block - 1) / block, down = (m + block - 1) / block;
  parallel_for(across * down, 2 * std::min(m, block) * std::min(n, block) * k, [&](Index tile) {
    const Index row = tile / across * block, column = tile % across * block;
    detail::StridedMap<T> out(c + row * c_stride + column, std::min(block, m - row),
                              std::min(block, n - column), Eigen::OuterStride<>(c_stride));
    if (!accumulate) out.setZero();
    if (k > 0) detail::gemm_tile(out, row, column, k, alpha, a, b);
  });
}

}  // namespace rapt
