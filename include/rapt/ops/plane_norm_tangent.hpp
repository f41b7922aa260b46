#pragma once
/// \file  The directional derivative of plane_norm, and the gradient of it.

#include <rapt/ops/plane_norm.hpp>

#include <algorithm>
#include <concepts>
#include <string_view>
#include <type_traits>

namespace rapt {

/// A direction x' for the x of plane_norm, and what its forward and the tangent's forward kept.
template <std::floating_point T>
struct PlaneNormTangent {
  TensorView<const T, 4> tangent, x;           // (B, C, H, W)
  NormSets sets;                               // S sets
  NormStatistics statistics;                   // as in plane_norm
  TensorView<const T, 1> weight;               // (C) or absent
  TensorView<const T, 1> mean, scale;          // (S)
  TensorView<const T, 1> tangent_mean, slope;  // (S), from the tangent's forward

  /// What turns the sum over a set into its mean; sums over what is constant have no derivative.
  T share() const {
    if (statistics == NormStatistics::constant) return 0;
    return T(1) / static_cast<T>(std::max<Index>(sets.numbers(), 1));
  }
};

/// The derivative in direction x': `z' = scale (x' - mean(x') - z slope)`, y' = weight z', with slope =
/// mean(z x') of each set; both 0 where mean and scale are constants.
/// \shape  t -> y (B, C, H, W), tangent_mean, slope (S), which its backward takes
/// \throws ShapeError
template <std::floating_point T>
void plane_norm_tangent(const PlaneNormTangent<T>& t, std::type_identity_t<TensorView<T, 4>> y,
                        std::type_identity_t<TensorView<T, 1>> tangent_mean,
                        std::type_identity_t<TensorView<T, 1>> slope) {
  constexpr std::string_view where = "plane_norm_tangent";
  const NormSets& sets = t.sets;
  detail::expect_plane_norm<T>(where, t.x.shape(), sets, t.weight, t.mean.shape(), t.scale.shape());
  expect_shape(where, "tangent", t.tangent.shape(), t.x.shape());
  expect_shape(where, "y", y.shape(), t.x.shape());
  expect_shape(where, "tangent_mean", tangent_mean.shape(), {sets.count()});
  expect_shape(where, "slope", slope.shape(), {sets.count()});
  const detail::PlaneLists<T, 6> lists(sets);
  T *const center = lists[0], *const first = lists[1], *const second = lists[2];
  T *const factor = lists[3], *const constant = lists[4], *const of_tangent = lists[5];
  const T share = t.share();
  const Index depth = sets.depth();
  const auto products = [&](Index from, Index to) {
    detail::spread_to_planes(sets, from, to, t.mean.data(), center);
    detail::plane_products_of<T>(sets, from, to, t.tangent.data(), t.x.data(), center, first, second);
  };
  const auto of_sets = [&](Index from, Index to) {
    for (Index s = from; s < to; ++s) {
      const auto at = sets.planes_of(s);
      const T r = t.scale.data()[s];
      T mean = 0, product = 0;
      for (Index k = 0; k < depth; ++k) {
        mean += first[at.plane(k)];
        product += second[at.plane(k)];
      }
      tangent_mean.data()[s] = share * mean;
      slope.data()[s] = share * r * product;
      for (Index k = 0; k < depth; ++k) {
        const Index p = at.plane(k);
        const T w = r * detail::weight_of<T>(t.weight, at.channel_of(k));
        of_tangent[p] = w;
        factor[p] = -w * r * slope.data()[s];
        constant[p] = -w * tangent_mean.data()[s];
      }
    }
  };
  detail::for_norm_sets(sets, 3, products, of_sets, [&](Index from, Index to) {
    detail::plane_sums_of<T, 1>(
        sets, from, to,
        {0, 0, t.x.data(), center, factor, constant, y.data(), {{of_tangent, t.tangent.data()}}});
  });
}

/// The adjoints of y' and y; dy may be absent for 0.
template <std::floating_point T>
struct PlaneNormAdjoints {
  TensorView<const T, 4> d_dy, dy;  // (B, C, H, W)
};

/// Gradients of `S = <d_dy, y'> + <dy, y>`; what is absent is not computed. d_weight and d_bias, absent
/// together, are added to.
template <std::floating_point T>
struct PlaneNormTangentGradients {
  TensorView<T, 4> d_tangent, dx;     // (B, C, H, W)
  TensorView<T, 1> d_weight, d_bias;  // (C)
};

namespace detail {

/// Numbers of each plane that the gradients of S are made of; kernels/norm_tangent.hpp has the formulas.
template <class T>
struct PlaneTangentLists {
  // The sums of d_dy, d_dy (x - mean), d_dy (x' - mean(x')), dy, dy (x - mean).
  T *d, *d_away, *d_moved, *e, *e_away;
  // d_tangent = tangent_x (x - mean) + direct d_dy + tangent_0
  // dx = of_x (x - mean) + of_d d_dy + of_tangent x' + direct dy + of_0
  T *center, *moved, *direct, *tangent_x, *tangent_0, *of_x, *of_d, *of_tangent, *of_0;
  PlaneLists<T, 14> memory;

  explicit PlaneTangentLists(const NormSets& sets) : memory(sets) {
    int next = 0;
    for (T** list : {&d, &d_away, &d_moved, &e, &e_away, &center, &moved, &direct, &tangent_x, &tangent_0,
                     &of_x, &of_d, &of_tangent, &of_0}) {
      *list = memory[next++];
    }
  }

  void products(const PlaneNormTangent<T>& t, const PlaneNormAdjoints<T>& adjoints, Index from, Index to) {
    const NormSets& sets = t.sets;
    spread_to_planes(sets, from, to, t.mean.data(), center);
    spread_to_planes(sets, from, to, t.tangent_mean.data(), moved);
    std::fill(e + from, e + to, T(0));
    std::fill(e_away + from, e_away + to, T(0));
    const T *const d_dy = adjoints.d_dy.data(), *const x = t.x.data();
    plane_products_of<T>(sets, from, to, d_dy, t.tangent.data(), moved, d, d_moved);
    plane_products_of<T>(sets, from, to, d_dy, x, center, d, d_away);
    if (!adjoints.dy.absent()) plane_products_of<T>(sets, from, to, adjoints.dy.data(), x, center, e, e_away);
  }

  /// From the sums of the planes of set s: their factors, and in d_moved dS/dweight.
  void factors(const PlaneNormTangent<T>& t, Index s) {
    const NormSets& sets = t.sets;
    const auto at = sets.planes_of(s);
    const Index depth = sets.depth();
    const T r = t.scale.data()[s], slope = t.slope.data()[s], share = t.share();
    T mean_a = 0, a_z = 0, a_moved = 0, mean_c = 0, c_z = 0;
    for (Index k = 0; k < depth; ++k) {
      const Index p = at.plane(k);
      const T w = share * weight_of<T>(t.weight, at.channel_of(k));
      mean_a += w * d[p];
      a_z += w * r * d_away[p];
      a_moved += w * d_moved[p];
      mean_c += w * e[p];
      c_z += w * r * e_away[p];
    }
    for (Index k = 0; k < depth; ++k) {
      const Index p = at.plane(k);
      const T w = weight_of<T>(t.weight, at.channel_of(k));
      direct[p] = r * w;
      tangent_x[p] = -r * r * a_z;
      tangent_0[p] = -r * mean_a;
      of_x[p] = -r * r * (c_z + r * (a_moved - 3 * a_z * slope));
      of_d[p] = -r * r * slope * w;
      of_tangent[p] = -r * r * a_z;
      of_0[p] = r * (r * (slope * mean_a + a_z * moved[p]) - mean_c);
      // y' = weight z', y = weight z + bias
      d_moved[p] = r * (d_moved[p] - slope * r * d_away[p]) + r * e_away[p];
    }
  }

  void results(const PlaneNormTangent<T>& t, const PlaneNormAdjoints<T>& adjoints,
               const PlaneNormTangentGradients<T>& out, Index from, Index to) const {
    const T* const x = t.x.data();
    const PlaneTerm<T> by_tangent{of_tangent, t.tangent.data()};
    if (!out.d_tangent.absent()) {
      plane_sums_of<T, 1>(
          t.sets, from, to,
          {0, 0, x, center, tangent_x, tangent_0, out.d_tangent.data(), {{direct, adjoints.d_dy.data()}}});
    }
    if (out.dx.absent()) return;
    const PlaneTerm<T> by_d{of_d, adjoints.d_dy.data()}, by_dy{direct, adjoints.dy.data()};
    PlaneSums<T> sum{0, 0, x, center, of_x, of_0, out.dx.data(), {by_d, by_tangent, by_dy}};
    if (adjoints.dy.absent()) {
      plane_sums_of<T, 2>(t.sets, from, to, sum);
    } else {
      plane_sums_of<T, 3>(t.sets, from, to, sum);
    }
  }
};

template <class T>
void expect_plane_gradients(std::string_view where, const PlaneNormTangent<T>& t,
                            const PlaneNormAdjoints<T>& adjoints, const PlaneNormTangentGradients<T>& out) {
  expect_plane_norm<T>(where, t.x.shape(), t.sets, t.weight, t.mean.shape(), t.scale.shape());
  expect_shape(where, "tangent", t.tangent.shape(), t.x.shape());
  expect_shape(where, "tangent_mean", t.tangent_mean.shape(), {t.sets.count()});
  expect_shape(where, "slope", t.slope.shape(), {t.sets.count()});
  expect_shape(where, "d_dy", adjoints.d_dy.shape(), t.x.shape());
  if (!adjoints.dy.absent()) expect_shape(where, "dy", adjoints.dy.shape(), t.x.shape());
  if (!out.d_tangent.absent()) expect_shape(where, "d_tangent", out.d_tangent.shape(), t.x.shape());
  if (!out.dx.absent()) expect_shape(where, "dx", out.dx.shape(), t.x.shape());
  if (!out.d_weight.absent()) {
    expect_shape(where, "d_weight", out.d_weight.shape(), {t.sets.channels});
    expect_shape(where, "d_bias", out.d_bias.shape(), {t.sets.channels});
  }
}

}  // namespace detail

/// The backward of plane_norm_tangent; kernels/norm_tangent.hpp has the formulas.
/// \throws ShapeError
template <std::floating_point T>
void plane_norm_backward_tangent(const PlaneNormTangent<T>& t,
                                 const std::type_identity_t<PlaneNormAdjoints<T>>& adjoints,
                                 const std::type_identity_t<PlaneNormTangentGradients<T>>& out) {
  detail::expect_plane_gradients("plane_norm_backward_tangent", t, adjoints, out);
  detail::PlaneTangentLists<T> lists(t.sets);
  detail::for_norm_sets(
      t.sets, 8, [&](Index from, Index to) { lists.products(t, adjoints, from, to); },
      [&](Index from, Index to) {
        for (Index s = from; s < to; ++s) lists.factors(t, s);
      },
      [&](Index from, Index to) { lists.results(t, adjoints, out, from, to); });
  if (out.d_weight.absent()) return;
  detail::add_channel_sums<T>(t.sets, lists.d_moved, out.d_weight);
  detail::add_channel_sums<T>(t.sets, lists.e, out.d_bias);
}

}  // namespace rapt
