#pragma once
/// \file  The matrix product of views.

#include <rapt/core/tensor_view.hpp>
#include <rapt/kernels/gemm.hpp>

#include <concepts>
#include <string_view>
#include <type_traits>

namespace rapt {

/// How matmul reads its operands and writes its result.
struct MatmulOptions {
  bool transpose_a = false, transpose_b = false;
  bool accumulate = false;  // c += instead of c =
  double alpha = 1;
};

/// What matmul applies to each element before it writes it: `f(c + bias)`, in the same pass.
template <std::floating_point T>
struct MatmulEpilogue {
  TensorView<const T, 1> bias{};  // (N) or absent: the same for every row
  FusedActivation activation = FusedActivation::none;
  T slope = T(0.01);  // of leaky_relu
};

namespace detail {

/// Shapes of one product, checked.
struct MatmulSize {
  Index m, n, k;
};
template <std::size_t Rank>
MatmulSize matmul_size(std::string_view where, const Shape<Rank>& a, const Shape<Rank>& b,
                       const Shape<Rank>& c, const MatmulOptions& options) {
  constexpr std::size_t row = Rank - 2, column = Rank - 1;
  const MatmulSize size{a[options.transpose_a ? column : row], b[options.transpose_b ? row : column],
                        a[options.transpose_a ? row : column]};
  Shape<Rank> b_shape = a, c_shape = a;
  b_shape[row] = options.transpose_b ? any : size.k;
  b_shape[column] = options.transpose_b ? size.k : any;
  c_shape[row] = size.m;
  c_shape[column] = size.n;
  expect_shape<Rank>(where, "b", b, b_shape);
  expect_shape<Rank>(where, "c", c, c_shape);
  return size;
}

template <std::floating_point T>
GemmEpilogue<T> gemm_epilogue(std::string_view where, const MatmulEpilogue<T>& epilogue, Index columns) {
  if (!epilogue.bias.absent()) expect_shape(where, "bias", epilogue.bias.shape(), {columns});
  return {epilogue.bias.absent() ? nullptr : epilogue.bias.data(), epilogue.activation, epilogue.slope};
}

}  // namespace detail

/// c = f(alpha op(a) op(b) + bias), or of c + that; op transposes where asked. Layers call this, never Eigen
/// products.
/// \shape  op(a) (M, K), op(b) (K, N) -> c (M, N), which must not overlap a or b; bias (N) or absent
/// \throws ShapeError
template <std::floating_point T>
void matmul(std::type_identity_t<TensorView<const T, 2>> a, std::type_identity_t<TensorView<const T, 2>> b,
            TensorView<T, 2> c, MatmulOptions options = {},
            const std::type_identity_t<MatmulEpilogue<T>>& epilogue = {}) {
  const auto [m, n, k] = detail::matmul_size("matmul", a.shape(), b.shape(), c.shape(), options);
  gemm<T>(m, n, k, static_cast<T>(options.alpha), {a.data(), a.extent(1), options.transpose_a},
          {b.data(), b.extent(1), options.transpose_b}, options.accumulate, c.data(), n,
          detail::gemm_epilogue("matmul", epilogue, n));
}

/// The same for each sample of a batch.
/// \shape  op(a) (B, M, K), op(b) (B, K, N) -> c (B, M, N), which must not overlap a or b; bias (N) or absent
/// \throws ShapeError
template <std::floating_point T>
void matmul(std::type_identity_t<TensorView<const T, 3>> a, std::type_identity_t<TensorView<const T, 3>> b,
            TensorView<T, 3> c, MatmulOptions options = {},
            const std::type_identity_t<MatmulEpilogue<T>>& epilogue = {}) {
  const auto [m, n, k] = detail::matmul_size("matmul", a.shape(), b.shape(), c.shape(), options);
  const auto finish = detail::gemm_epilogue("matmul", epilogue, n);
  const auto one = [&, m = m, n = n, k = k](Index i) {
    gemm<T>(m, n, k, static_cast<T>(options.alpha), {a.data() + i * m * k, a.extent(2), options.transpose_a},
            {b.data() + i * k * n, b.extent(2), options.transpose_b}, options.accumulate,
            c.data() + i * m * n, n, finish);
  };
  parallel_for(m * n == 0 ? 0 : a.extent(0), 2 * m * n * k / 32, one);
}

}  // namespace rapt
