#pragma once
/// \file  Images brought to mean 0 and variance 1, a channel over the batch or groups of channels of one
/// image, and the gradients of first and second order.

#include <rapt/core/parallel.hpp>
#include <rapt/core/tensor_view.hpp>
#include <rapt/core/workspace.hpp>
#include <rapt/kernels/plane_norm.hpp>
#include <rapt/ops/normalization.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <string_view>
#include <type_traits>

namespace rapt {

/// Which planes (b, c) of images (B, C, H, W) share a mean and a variance.
struct NormSets {
  Index batch = 0, channels = 0, height = 0, width = 0;
  Index groups = 0;  // of an image's channels; 0: a channel over the whole batch

  /// Channel c of all images is set c, as in batch normalisation.
  static constexpr NormSets of_channels(const Shape<4>& x) { return {x[0], x[1], x[2], x[3], 0}; }
  /// Channels g C/groups ... of image b are set b groups + g; groups > 0 divides C.
  static constexpr NormSets of_groups(const Shape<4>& x, Index groups) {
    return {x[0], x[1], x[2], x[3], groups};
  }

  /// (B, C, H, W).
  constexpr Shape<4> shape() const { return {batch, channels, height, width}; }
  /// Planes of all images.
  constexpr Index planes() const { return batch * channels; }
  /// Numbers of one plane.
  constexpr Index extent() const { return height * width; }
  /// Number of sets.
  constexpr Index count() const { return groups == 0 ? channels : batch * groups; }
  /// Planes of one set.
  constexpr Index depth() const { return groups == 0 ? batch : channels / groups; }
  /// Numbers of one set.
  constexpr Index numbers() const { return depth() * extent(); }
  /// Where the planes of a set lie: the k-th is number first + k step, and of channel + k channel_step.
  struct Planes {
    Index first, step, channel, channel_step;
    constexpr Index plane(Index k) const { return first + k * step; }
    constexpr Index channel_of(Index k) const { return channel + k * channel_step; }
  };
  /// The planes of set s.
  constexpr Planes planes_of(Index s) const {
    if (groups == 0) return {s, channels, s, 0};
    return {s * depth(), 1, s % groups * depth(), 1};
  }
  /// The set of plane p.
  constexpr Index set_of(Index p) const { return groups == 0 ? p % channels : p / (channels / groups); }
};

namespace detail {

/// `planes(from, to)`, then `sets(from, to)` once their planes are done, then `results(from, to)` of planes
/// again. Where the planes of a set lie side by side one chunk does all three while they are in its cache.
template <class Planes, class Sets, class Results>
void for_norm_sets(const NormSets& t, Index passes, Planes&& planes, Sets&& sets, Results&& results) {
  if (t.groups == 0) {
    const Index grain = rows_of_chunk(t.extent()), cost = passes * t.extent() / 2;
    parallel_for_range(t.planes(), grain, cost, planes);
    sets(Index{0}, t.count());
    parallel_for_range(t.planes(), grain, cost, results);
    return;
  }
  const Index depth = t.depth();
  parallel_for_range(t.count(), rows_of_chunk(t.numbers()), passes * t.numbers(), [&](Index from, Index to) {
    planes(from * depth, to * depth);
    sets(from, to);
    results(from * depth, to * depth);
  });
}

/// Numbers of each plane, several lists of them, on the calling thread's workspace.
template <class T, int Lists>
struct PlaneLists {
  explicit PlaneLists(const NormSets& sets)
      : stride((sets.planes() + 15) / 16 * 16), memory(Lists * stride) {}
  T* operator[](int list) const { return memory.data() + list * stride; }
  Index stride;
  Workspace<T> memory;
};

/// What each channel is multiplied by: 1 without weights.
template <class T>
T weight_of(TensorView<const T, 1> weight, Index channel) {
  return weight.absent() ? T(1) : weight.data()[channel];
}

/// sum_c += the list's numbers of the planes of channel c, image by image.
template <class T>
void add_channel_sums(const NormSets& t, const T* list, TensorView<T, 1> sum) {
  for (Index b = 0; b < t.batch; ++b) {
    for (Index c = 0; c < t.channels; ++c) sum.data()[c] += list[b * t.channels + c];
  }
}

/// The number of each plane's set, for planes from ... to - 1.
template <class T>
void spread_to_planes(const NormSets& t, Index from, Index to, const T* of_sets, T* of_planes) {
  if (from == to) return;
  Index s = t.set_of(from);
  if (t.groups == 0) {
    for (Index p = from; p < to; ++p) {
      of_planes[p] = of_sets[s];
      if (++s == t.channels) s = 0;
    }
    return;
  }
  const Index depth = t.depth();
  for (Index p = from, left = depth - from % depth; p < to; ++p) {
    of_planes[p] = of_sets[s];
    if (--left == 0) {
      left = depth;
      ++s;
    }
  }
}

template <class T>
void plane_products_of(const NormSets& t, Index from, Index to, const T* u, const T* x, const T* center,
                       T* first, T* second) {
  RAPT_KERNEL_FOR(simd(), plane_products<T>)
  ({to - from, t.extent(), u + from * t.extent(), x + from * t.extent(), center + from, first + from,
    second + from});
}

/// y = constant + factor (x - center) + the terms, for planes from ... to - 1; the lists hold all planes.
template <class T, int Terms>
void plane_sums_of(const NormSets& t, Index from, Index to, PlaneSums<T> sum) {
  const Index at = from * t.extent();
  sum.planes = to - from;
  sum.extent = t.extent();
  sum.x += at;
  sum.y += at;
  sum.center += from;
  sum.factor += from;
  sum.constant += from;
  for (int k = 0; k < Terms; ++k) {
    sum.terms[k].factor += from;
    sum.terms[k].u += at;
  }
  RAPT_KERNEL_FOR(simd(), plane_sums<T, Terms>)(sum);
}

template <class T>
void expect_plane_norm(std::string_view where, const Shape<4>& x, const NormSets& sets,
                       TensorView<const T, 1> weight, const Shape<1>& mean, const Shape<1>& scale) {
  expect_shape(where, "x", x, sets.shape());
  if (!weight.absent()) expect_shape(where, "weight", weight.shape(), {sets.channels});
  expect_shape(where, "mean", mean, {sets.count()});
  expect_shape(where, "scale", scale, {sets.count()});
}

}  // namespace detail

/// `y = weight_c (x - mean_s) scale_s + bias_c`, scale = 1 / sqrt(variance + eps), for the numbers of set s
/// and channel c (Ioffe and Szegedy 2015, arXiv:1502.03167; Wu and He 2018, arXiv:1803.08494, eq. 1-3). With
/// NormStatistics::of_batch mean and variance (biased) are those of x and are written, else they are read.
/// \shape  x (B, C, H, W), weight, bias (C) or absent -> y (B, C, H, W), mean, variance, scale (S)
/// \throws ShapeError
template <std::floating_point T>
void plane_norm(std::type_identity_t<TensorView<const T, 4>> x, const NormSets& sets,
                NormStatistics statistics, std::type_identity_t<TensorView<const T, 1>> weight,
                std::type_identity_t<TensorView<const T, 1>> bias, std::type_identity_t<T> eps,
                TensorView<T, 4> y, std::type_identity_t<TensorView<T, 1>> mean,
                std::type_identity_t<TensorView<T, 1>> variance,
                std::type_identity_t<TensorView<T, 1>> scale) {
  detail::expect_plane_norm<T>("plane_norm", x.shape(), sets, weight, mean.shape(), scale.shape());
  if (!weight.absent()) expect_shape("plane_norm", "bias", bias.shape(), {sets.channels});
  expect_shape("plane_norm", "y", y.shape(), x.shape());
  expect_shape("plane_norm", "variance", variance.shape(), {sets.count()});
  const bool of_batch = statistics == NormStatistics::of_batch;
  const detail::PlaneLists<T, 4> lists(sets);
  T *const center = lists[0], *const squares = lists[1], *const factor = lists[2], *const constant = lists[3];
  const auto moments = [&](Index from, Index to) {
    if (!of_batch) return;
    RAPT_KERNEL_FOR(simd(), plane_moments<T>)
    ({to - from, sets.extent(), x.data() + from * sets.extent(), center + from, squares + from});
  };
  const Index depth = sets.depth();
  const T share = T(1) / static_cast<T>(std::max<Index>(depth, 1));
  const T numbers = static_cast<T>(std::max<Index>(sets.numbers(), 1)),
          extent = static_cast<T>(sets.extent());
  const auto of_sets = [&](Index from, Index to) {
    for (Index s = from; s < to; ++s) {
      const auto at = sets.planes_of(s);
      if (of_batch) {
        // The planes are of one size, so the mean is that of their means; the squares around it follow.
        T m = 0, around = 0;
        for (Index k = 0; k < depth; ++k) m += center[at.plane(k)];
        m *= share;
        for (Index k = 0; k < depth; ++k) {
          const Index p = at.plane(k);
          around += squares[p] + extent * (center[p] - m) * (center[p] - m);
        }
        mean.data()[s] = m;
        variance.data()[s] = around / numbers;
      }
      scale.data()[s] = T(1) / std::sqrt(variance.data()[s] + eps);
      for (Index k = 0; k < depth; ++k) {
        const Index p = at.plane(k), c = at.channel_of(k);
        center[p] = mean.data()[s];
        factor[p] = scale.data()[s] * detail::weight_of<T>(weight, c);
        constant[p] = weight.absent() ? T(0) : bias.data()[c];
      }
    }
  };
  detail::for_norm_sets(sets, 3, moments, of_sets, [&](Index from, Index to) {
    detail::plane_sums_of<T, 0>(sets, from, to, {0, 0, x.data(), center, factor, constant, y.data(), {}});
  });
}

/// The matching backward: dx is overwritten, d_weight and d_bias are added to. An absent dx, or an absent
/// d_weight and d_bias, are not computed.
/// \shape  dy, x (B, C, H, W), mean, scale (S), weight (C) or absent -> dx (B, C, H, W), d_weight, d_bias (C)
/// \throws ShapeError
template <std::floating_point T>
void plane_norm_backward(std::type_identity_t<TensorView<const T, 4>> dy,
                         std::type_identity_t<TensorView<const T, 4>> x, const NormSets& sets,
                         NormStatistics statistics, std::type_identity_t<TensorView<const T, 1>> weight,
                         std::type_identity_t<TensorView<const T, 1>> mean,
                         std::type_identity_t<TensorView<const T, 1>> scale, TensorView<T, 4> dx,
                         std::type_identity_t<TensorView<T, 1>> d_weight,
                         std::type_identity_t<TensorView<T, 1>> d_bias) {
  constexpr std::string_view where = "plane_norm_backward";
  detail::expect_plane_norm<T>(where, x.shape(), sets, weight, mean.shape(), scale.shape());
  expect_shape(where, "dy", dy.shape(), x.shape());
  if (!dx.absent()) expect_shape(where, "dx", dx.shape(), x.shape());
  if (!d_weight.absent()) {
    expect_shape(where, "d_weight", d_weight.shape(), {sets.channels});
    expect_shape(where, "d_bias", d_bias.shape(), {sets.channels});
  }
  const detail::PlaneLists<T, 6> lists(sets);
  T *const center = lists[0], *const first = lists[1], *const second = lists[2];
  T *const factor = lists[3], *const constant = lists[4], *const of_dy = lists[5];
  // Sums over what is constant have no derivative.
  const T share = statistics == NormStatistics::of_batch
                      ? T(1) / static_cast<T>(std::max<Index>(sets.numbers(), 1))
                      : T(0);
  const Index depth = sets.depth();
  const auto products = [&](Index from, Index to) {
    detail::spread_to_planes(sets, from, to, mean.data(), center);
    detail::plane_products_of<T>(sets, from, to, dy.data(), x.data(), center, first, second);
  };
  const auto of_sets = [&](Index from, Index to) {
    for (Index s = from; s < to; ++s) {
      const auto at = sets.planes_of(s);
      const T r = scale.data()[s];
      T mean_dz = 0, mean_dz_z = 0;
      for (Index k = 0; k < depth; ++k) {
        const Index p = at.plane(k);
        const T w = detail::weight_of<T>(weight, at.channel_of(k));
        second[p] *= r;  // sum of dy z
        of_dy[p] = r * w;
        mean_dz += w * first[p];
        mean_dz_z += w * second[p];
      }
      // z = (x - mean(x)) scale(x):  dx = scale (dz - mean(dz) - z mean(dz z)), dz = weight dy
      for (Index k = 0; k < depth; ++k) {
        const Index p = at.plane(k);
        factor[p] = -r * r * share * mean_dz_z;
        constant[p] = -r * share * mean_dz;
      }
    }
  };
  detail::for_norm_sets(sets, 3, products, of_sets, [&](Index from, Index to) {
    if (dx.absent()) return;
    detail::plane_sums_of<T, 1>(sets, from, to,
                                {0, 0, x.data(), center, factor, constant, dx.data(), {{of_dy, dy.data()}}});
  });
  // y = weight z + bias
  if (d_weight.absent()) return;
  detail::add_channel_sums<T>(sets, second, d_weight);
  detail::add_channel_sums<T>(sets, first, d_bias);
}

}  // namespace rapt
