#pragma once
/// \file  Images at another size: the nearest position, or a mixture of the four around it, by PyTorch's
/// rules.

#include <rapt/core/parallel.hpp>
#include <rapt/core/tensor.hpp>
#include <rapt/core/workspace.hpp>
#include <rapt/ops/reduce.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <type_traits>

namespace rapt {

/// What each position of one output axis reads: input position `index` with weight 1 - share, and the next
/// one (where there is one, else the same) with weight share.
template <std::floating_point T>
struct ResampleAxis {
  Index in = 0;
  Tensor<Index, 1> index;  // (out), not decreasing
  Tensor<T, 1> share;      // (out); (0) for the nearest
};

/// Position `floor(o step)` for output o, where step is `1 / scale_factor` or, for scale_factor 0, in / out.
/// \note   computed in float for every scalar, as PyTorch does, so that rounding moves no index
template <std::floating_point T>
void set_nearest(ResampleAxis<T>& axis, Index in, Index out, double scale_factor) {
  const float step = scale_factor > 0 ? static_cast<float>(1 / scale_factor)
                                      : static_cast<float>(in) / static_cast<float>(out);
  axis.in = in;
  axis.share.resize({0});
  const auto index = axis.index.resize({out});
  for (Index o = 0; o < out; ++o) {
    index(o) = std::min(static_cast<Index>(std::floor(static_cast<float>(o) * step)), in - 1);
  }
}

/// Positions around `max(0, (o + 1/2) step - 1/2)` for output o, step as for the nearest, so that the borders
/// of both images lie on each other; with align_corners around `o (in - 1) / (out - 1)`, so that the centres
/// of their corners do.
template <std::floating_point T>
void set_linear(ResampleAxis<T>& axis, Index in, Index out, double scale_factor, bool align_corners) {
  double step = scale_factor > 0 ? 1 / scale_factor : static_cast<double>(in) / static_cast<double>(out);
  if (align_corners) step = out > 1 ? static_cast<double>(in - 1) / static_cast<double>(out - 1) : 0;
  axis.in = in;
  const auto index = axis.index.resize({out});
  const auto share = axis.share.resize({out});
  for (Index o = 0; o < out; ++o) {
    const double place = static_cast<double>(o);
    const double at = align_corners ? place * step : std::max(0.0, (place + 0.5) * step - 0.5);
    index(o) = std::min(static_cast<Index>(at), in - 1);
    share(o) = static_cast<T>(std::min(1.0, at - static_cast<double>(index(o))));
  }
}

/// Both axes of an image.
template <std::floating_point T>
struct ResamplePlan {
  ResampleAxis<T> rows, columns;
  bool mixes() const { return rows.share.size() != 0; }
};

namespace detail {

template <class T>
void resample_row(const T* __restrict row, const ResampleAxis<T>& axis, T* __restrict y) {
  const Index out = axis.index.size(), last = axis.in - 1;
  const Index* const index = axis.index.data();
  if (axis.share.size() == 0) {
    for (Index o = 0; o < out; ++o) y[o] = row[index[o]];
    return;
  }
  const T* const share = axis.share.data();
  for (Index o = 0; o < out; ++o) {
    const Index left = index[o], right = left + (left < last);
    y[o] = (1 - share[o]) * row[left] + share[o] * row[right];
  }
}

/// The transpose: row is overwritten.
template <class T>
void resample_row_transposed(const T* __restrict dy, const ResampleAxis<T>& axis, T* __restrict row) {
  const Index out = axis.index.size(), last = axis.in - 1;
  const Index* const index = axis.index.data();
  std::fill_n(row, axis.in, T(0));
  if (axis.share.size() == 0) {
    for (Index o = 0; o < out; ++o) row[index[o]] += dy[o];
    return;
  }
  const T* const share = axis.share.data();
  for (Index o = 0; o < out; ++o) {
    const Index left = index[o], right = left + (left < last);
    row[left] += (1 - share[o]) * dy[o];
    row[right] += share[o] * dy[o];
  }
}

template <class T>
Shape<4> resampled(const Shape<4>& x, const ResamplePlan<T>& plan) {
  return {x[0], x[1], plan.rows.index.size(), plan.columns.index.size()};
}

/// Planes of one chunk: about 4096 numbers of the larger image.
constexpr Index resampled_planes_of_chunk(Index in, Index out) {
  return std::max<Index>(1, 4096 / std::max<Index>({in, out, 1}));
}

template <class T>
void resample_plane(const T* x, const ResamplePlan<T>& plan, T* y) {
  const Index width = plan.columns.in, out = plan.columns.index.size(), last = plan.rows.in - 1;
  if (!plan.mixes()) {
    for (Index o = 0; o < plan.rows.index.size(); ++o) {
      const Index h = plan.rows.index(o);
      if (o > 0 && h == plan.rows.index(o - 1)) {
        std::copy_n(y + (o - 1) * out, out, y + o * out);
      } else {
        resample_row(x + h * width, plan.columns, y + o * out);
      }
    }
    return;
  }
  const Workspace<T> mixed(width);
  FlatArray<T> mixture(mixed.data(), width);
  for (Index o = 0; o < plan.rows.index.size(); ++o) {
    const Index upper = plan.rows.index(o), lower = upper + (upper < last);
    const T share = plan.rows.share(o);
    mixture = (1 - share) * ConstFlatArray<T>(x + upper * width, width) +
              share * ConstFlatArray<T>(x + lower * width, width);
    resample_row(mixed.data(), plan.columns, y + o * out);
  }
}

template <class T>
void resample_plane_transposed(const T* dy, const ResamplePlan<T>& plan, T* dx) {
  const Index width = plan.columns.in, out = plan.columns.index.size(), last = plan.rows.in - 1;
  const auto row = [&](Index h) { return FlatArray<T>(dx + h * width, width); };
  std::fill_n(dx, plan.rows.in * width, T(0));
  const Workspace<T> memory(std::max(width, out));
  if (!plan.mixes()) {
    FlatArray<T> sum(memory.data(), out);
    for (Index o = 0, next = 0; o < plan.rows.index.size(); o = next) {
      const Index h = plan.rows.index(o);
      // Output rows o .. next repeat one row of x.
      sum = ConstFlatArray<T>(dy + o * out, out);
      for (next = o + 1; next < plan.rows.index.size() && plan.rows.index(next) == h; ++next) {
        sum += ConstFlatArray<T>(dy + next * out, out);
      }
      resample_row_transposed(memory.data(), plan.columns, dx + h * width);
    }
    return;
  }
  const ConstFlatArray<T> mixture(memory.data(), width);
  for (Index o = 0; o < plan.rows.index.size(); ++o) {
    const Index upper = plan.rows.index(o), lower = upper + (upper < last);
    const T share = plan.rows.share(o);
    // y_o = (1 - share) x_upper + share x_lower, each resampled
    resample_row_transposed(dy + o * out, plan.columns, memory.data());
    row(upper) += (1 - share) * mixture;
    row(lower) += share * mixture;
  }
}

}  // namespace detail

/// y = x at the size of the plan.
/// \shape  x (B, C, H, W) -> y (B, C, rows of the plan, columns of the plan)
/// \throws ShapeError
template <std::floating_point T>
void resample(std::type_identity_t<TensorView<const T, 4>> x, const ResamplePlan<T>& plan,
              TensorView<T, 4> y) {
  expect_shape("resample", "x", x.shape(), {any, any, plan.rows.in, plan.columns.in});
  expect_shape("resample", "y", y.shape(), detail::resampled(x.shape(), plan));
  const Index in = plan.rows.in * plan.columns.in, out = plan.rows.index.size() * plan.columns.index.size();
  parallel_for_range(x.extent(0) * x.extent(1), detail::resampled_planes_of_chunk(in, out),
                     4 * std::max(in, out), [&](Index from, Index to) {
                       for (Index p = from; p < to; ++p)
                         detail::resample_plane(x.data() + p * in, plan, y.data() + p * out);
                     });
}

/// The matching backward; dx is overwritten.
/// \shape  dy (B, C, rows of the plan, columns of the plan) -> dx (B, C, H, W)
/// \throws ShapeError
template <std::floating_point T>
void resample_backward(std::type_identity_t<TensorView<const T, 4>> dy, const ResamplePlan<T>& plan,
                       TensorView<T, 4> dx) {
  expect_shape("resample_backward", "dx", dx.shape(), {any, any, plan.rows.in, plan.columns.in});
  expect_shape("resample_backward", "dy", dy.shape(), detail::resampled(dx.shape(), plan));
  const Index in = plan.rows.in * plan.columns.in, out = plan.rows.index.size() * plan.columns.index.size();
  parallel_for_range(dx.extent(0) * dx.extent(1), detail::resampled_planes_of_chunk(in, out),
                     4 * std::max(in, out), [&](Index from, Index to) {
                       for (Index p = from; p < to; ++p)
                         detail::resample_plane_transposed(dy.data() + p * out, plan, dx.data() + p * in);
                     });
}

}  // namespace rapt
