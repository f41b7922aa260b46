#pragma once
/// \file  The gradient of a discriminator by its samples, and the exact gradient of a penalty on it.

#include <rapt/core/parallel.hpp>
#include <rapt/core/random.hpp>
#include <rapt/core/tangent.hpp>
#include <rapt/core/training.hpp>
#include <rapt/optim/update.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <string_view>
#include <type_traits>
#include <utility>

namespace rapt::detail {

/// Working memory of a penalty on `g = d(sum of logits)/d(samples)`.
template <class D, class Wiring>
struct InputGradientCache {
  using T = typename D::Scalar;
  using Sample = decltype(Wiring::gradient(std::declval<const typename D::Input&>()));

  typename D::Cache discriminator;
  bool cold = true;  // caches in run-time vectors are not there before the first forward
  Tensor<T, D::Output::rank> ones;
  Tensor<T, Sample::rank> direction;                 // dP/dg
  Tensor<T, 1> zeros;                                // the direction of conditions
  Tensor<std::common_type_t<T, double>, 1> penalty;  // of each sample
  Tensor<T, Sample::rank> moved;                     // where a penalty looks beside the samples
};

/// \throws std::invalid_argument
inline void expect_penalty_weight(std::string_view where, double weight) {
  expect_option(std::isfinite(weight) && weight >= 0, where, "weight", weight, "finite and at least 0");
}
inline void expect_penalty_target(std::string_view where, double target) {
  expect_option(std::isfinite(target) && target >= 0, where, "target", target, "finite and at least 0");
}

/// What a penalty says of one sample whose gradient g has the norm n: its value P(n), and P'(n) / n, so that
/// dP/dg = (P'(n) / n) g.
template <class T>
struct NormPenalty {
  T value, slope_over_norm;
};

/// The direction {v, 0 for all that is no sample} of D's input x, v in `cache.direction`.
template <class Wiring, class D>
typename D::Input penalty_direction(typename D::Input x, InputGradientCache<D, Wiring>& cache) {
  if constexpr (is_view<typename D::Input>) {
    return cache.direction;
  } else {
    Index most = 0;
    zip_views([&](const auto& view) { most = std::max(most, view.size()); }, x);
    if (cache.zeros.size() < most) cache.zeros = Tensor<typename D::Scalar, 1>({most});
    zip_views([&](auto& view) { view = {std::as_const(cache.zeros).data(), view.shape()}; }, x);
    return Wiring::with_sample(x, cache.direction);
  }
}

/// `weight * mean over samples of P(|g_n|)`, g_n the gradient of the sum of D's logits by sample n of x, and
/// its exact gradient added to *gradient, unless that is null. `of_norm(n)` gives a NormPenalty.
///
/// With v = dP/dg held constant, dP/dw = d<v, g>/dw, and <v, g> is the sum of D's tangent in direction v: one
/// forward_tangent and one backward_tangent give what a tape would.
template <class Wiring, class D, class OfNorm>
typename D::Scalar add_norm_penalty(const D& d, const typename D::Input& x, double weight, OfNorm&& of_norm,
                                    const RandomStream& stream, InputGradientCache<D, Wiring>& cache,
                                    std::type_identity_t<D>* gradient) {
  expect_tangent_layer<D>();
  using T = typename D::Scalar;
  using Sum = std::common_type_t<T, double>;
  if (std::exchange(cache.cold, false)) d.forward(x, cache.discriminator);
  start_training(cache.discriminator, stream.substream("discriminator"));
  const auto logits = d.forward(x, cache.discriminator);
  cache.ones.resize(logits.shape());
  cache.ones.fill(1);
  const typename D::Input dx = d.backward(cache.ones, cache.discriminator, nullptr);
  const auto g = Wiring::gradient(dx);

  const Index rows = g.extent(0);
  if (rows == 0) return 0;
  const Index width = g.size() / rows;
  const Sum share = static_cast<Sum>(weight) / static_cast<Sum>(rows);
  T* const v = cache.direction.resize(g.shape()).data();
  Sum* const each = cache.penalty.resize({rows}).data();
  parallel_for_range(rows, std::max<Index>(1, 4096 / std::max<Index>(width, 1)), 3 * width,
                     [&](Index from, Index to) {
                       for (Index n = from; n < to; ++n) {
                         const T* const row = g.data() + n * width;
                         Sum square = 0;
                         for (Index i = 0; i < width; ++i) square += static_cast<Sum>(row[i]) * row[i];
                         const NormPenalty<Sum> p = of_norm(std::sqrt(square));
                         each[n] = p.value;
                         const T factor = static_cast<T>(share * p.slope_over_norm);
                         for (Index i = 0; i < width; ++i) v[n * width + i] = factor * row[i];
                       }
                     });
  Sum sum = 0;
  for (Index n = 0; n < rows; ++n) sum += each[n];
  if (gradient != nullptr) {
    d.forward_tangent(penalty_direction<Wiring>(x, cache), cache.discriminator);
    d.backward_tangent(cache.ones, {}, cache.discriminator, gradient, InputGradient::skip);
  }
  return static_cast<T>(share * sum);
}

/// `P = max(0, n - target)^2` one-sided, `(n - target)^2` two-sided. The norm has no slope at 0: there the
/// penalty has none, as in PyTorch.
template <class T>
NormPenalty<T> distance_to_norm(T norm, double target, bool one_sided) {
  const T excess = norm - static_cast<T>(target);
  if (one_sided && excess < 0) return {0, 0};
  return {excess * excess, norm == 0 ? T(0) : 2 * excess / norm};
}

/// `P = n^2 / 2`.
template <class T>
NormPenalty<T> half_square_of_norm(T norm) {
  return {norm * norm / 2, 1};
}

}  // namespace rapt::detail
