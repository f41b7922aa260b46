#pragma once
/// \file  The gradient penalty of DRAGAN.

#include <rapt/core/random.hpp>
#include <rapt/gan/input_gradient.hpp>

#include <cmath>
#include <cstdint>
#include <type_traits>

namespace rapt {

/// `weight * mean of (|grad D(x + noise)| - target)^2` around real samples, exact to rounding (Kodali et al.
/// 2017, arXiv:1705.07215). The noise is normal, its deviation `noise` times that of all numbers
/// of the batch.
///
/// \shape  real as D reads it, of any rank; the first axis counts the samples
/// \units  noise in deviations of the batch, as in the authors' program (the paper gives a variance)
/// \cost   about three forward and backward passes of D on the batch
/// \throws what D throws; std::invalid_argument for a setting that is not finite or below 0
/// \note   At a gradient of 0 the norm has no slope, and there the penalty has none (torch.norm has it so).
///         Where D gives several logits a sample, their sum is differentiated.
struct DraganPenalty {
  double weight = 10, target = 1, noise = 0.5;

  template <class D, class Wiring>
  using Cache = detail::InputGradientCache<D, Wiring>;

  template <class D, class Wiring, class Fake, class GInput>
  typename D::Scalar add(const D& d, const typename D::Input& real, const Fake&, const GInput&,
                         const RandomStream& stream, detail::InputGradientCache<D, Wiring>& cache,
                         std::type_identity_t<D>* gradient) const {
    using T = typename D::Scalar;
    detail::expect_penalty_weight("DraganPenalty", weight);
    detail::expect_penalty_target("DraganPenalty", target);
    detail::expect_option(std::isfinite(noise) && noise >= 0, "DraganPenalty", "noise", noise,
                          "finite and at least 0");
    const auto x = Wiring::gradient(real);
    const Index rows = x.extent(0), width = rows == 0 ? 0 : x.size() / rows;
    const T reach = static_cast<T>(noise * deviation(x));
    const RandomStream draws = stream.substream("around");
    T* const around = cache.moved.resize(x.shape()).data();
    parallel_for_range(rows, 1, 64 * width, [&](Index from, Index to) {
      for (Index n = from; n < to; ++n) {
        RandomStream own = draws.substream(static_cast<std::uint64_t>(n));
        for (Index i = n * width; i < (n + 1) * width; ++i) around[i] = x.data()[i] + reach * normal<T>(own);
      }
    });
    return detail::add_norm_penalty(
        d, Wiring::with_sample(real, cache.moved), weight,
        [this](auto norm) { return detail::distance_to_norm(norm, target, false); }, stream, cache, gradient);
  }

 private:
  template <class View>
  static double deviation(const View& x) {
    if (x.size() == 0) return 0;
    double sum = 0, squares = 0;
    for (const auto v : x) sum += static_cast<double>(v);
    const double mean = sum / static_cast<double>(x.size());
    for (const auto v : x) squares += (static_cast<double>(v) - mean) * (static_cast<double>(v) - mean);
    return std::sqrt(squares / static_cast<double>(x.size()));
  }
};

}  // namespace rapt
