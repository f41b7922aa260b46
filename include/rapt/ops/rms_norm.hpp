#pragma once
/// \file  Rows brought to mean square 1, then scaled.

#include <rapt/ops/normalization.hpp>

#include <algorithm>
#include <concepts>
#include <string_view>
#include <type_traits>

namespace rapt {

/// `y_ne = weight_e x_ne scale_n`, scale_n = 1 / sqrt(mean of the squares of row n + eps) (Zhang and Sennrich
/// 2019, arXiv:1910.07467, eq. 4).
/// \shape  x (N, E), weight (E) -> y (N, E), scale (N), which backward takes
/// \throws ShapeError
template <std::floating_point T>
void rms_norm(std::type_identity_t<TensorView<const T, 2>> x,
              std::type_identity_t<TensorView<const T, 1>> weight, std::type_identity_t<T> eps,
              TensorView<T, 2> y, std::type_identity_t<TensorView<T, 1>> scale) {
  const Index rows = x.extent(0), width = x.extent(1);
  expect_shape("rms_norm", "weight", weight.shape(), {width});
  expect_shape("rms_norm", "y", y.shape(), x.shape());
  expect_shape("rms_norm", "scale", scale.shape(), {rows});
  const auto kernel = RAPT_KERNEL_FOR(simd(), layer_norm_rows<T, false>);
  const Index grain = std::max<Index>(detail::rows_of_chunk(width), 4);
  parallel_for_range(rows, grain, width, [&](Index from, Index to) {
    const Index at = from * width;
    kernel({to - from, width, x.data() + at, weight.data(), nullptr, eps, y.data() + at, nullptr,
            scale.data() + from});
  });
}

/// The matching backward: dx is overwritten, d_weight is added to. An absent dx or d_weight is not computed.
/// \shape  dy, x (N, E), weight (E), scale (N) -> dx (N, E), d_weight (E)
/// \throws ShapeError
template <std::floating_point T>
void rms_norm_backward(std::type_identity_t<TensorView<const T, 2>> dy,
                       std::type_identity_t<TensorView<const T, 2>> x,
                       std::type_identity_t<TensorView<const T, 1>> weight,
                       std::type_identity_t<TensorView<const T, 1>> scale, TensorView<T, 2> dx,
                       std::type_identity_t<TensorView<T, 1>> d_weight) {
  const Index rows = x.extent(0), width = x.extent(1);
  constexpr std::string_view where = "rms_norm_backward";
  expect_shape(where, "dy", dy.shape(), x.shape());
  expect_shape(where, "weight", weight.shape(), {width});
  expect_shape(where, "scale", scale.shape(), {rows});
  if (!dx.absent()) expect_shape(where, "dx", dx.shape(), x.shape());
  if (!d_weight.absent()) expect_shape(where, "d_weight", d_weight.shape(), {width});
  detail::layer_norm_backward_blocks<T, false>({rows, width, dy.data(), x.data(), weight.data(), nullptr,
                                                scale.data(), detail::data_or_null(dx),
                                                detail::data_or_null(d_weight), nullptr});
}

}  // namespace rapt
