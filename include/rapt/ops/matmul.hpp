#pragma once
/// \file  The matrix product of views.

#include <rapt/core/tensor_view.hpp>
#include <rapt/kernels/gemm.hpp>

#include <type_traits>

namespace rapt {

/// How matmul reads its operands and writes its result.
struct MatmulOptions {
  bool transpose_a = false, transpose_b = false;
  bool accumulate = false;  // c += instead of c =
  double alpha = 1;
};

/// c = alpha op(a) op(b), or c += that; op transposes where asked. Layers call this, never Eigen products.
/// \shape  op(a) (M, K), op(b) (K, N) -> c (M, N), which must not overlap a or b
/// \throws ShapeError
template <std::floating_point T>
void matmul(std::type_identity_t<TensorView<const T, 2>> a, std::type_identity_t<TensorView<const T, 2>> b,
            TensorView<T, 2> c, MatmulOptions options = {}) {
  const Index m = a.extent(options.transpose_a ? 1 : 0), k = a.extent(options.transpose_a ? 0 : 1);
  const Index n = b.extent(options.transpose_b ? 0 : 1);
  expect_shape<2>("matmul", "b", b.shape(), options.transpose_b ? Shape<2>{any, k} : Shape<2>{k, any});
  expect_shape<2>("matmul", "c", c.shape(), {m, n});
  gemm<T>(m, n, k, static_cast<T>(options.alpha), {a.data(), a.extent(1), options.transpose_a},
          {b.data(), b.extent(1), options.transpose_b}, options.accumulate, c.data(), n);
}

}  // namespace rapt
