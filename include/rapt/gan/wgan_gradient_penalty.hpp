#pragma once
/// \file  The gradient penalty of Wasserstein GANs.

#include <rapt/core/random.hpp>
#include <rapt/gan/input_gradient.hpp>

#include <cstdint>
#include <type_traits>

namespace rapt {

/// Whether a gradient is kept at a norm or only kept from exceeding it.
enum class PenaltySide { both, above };

/// `weight * mean of (|grad D(x)| - target)^2` at points between real samples and fakes, `x = e real + (1 -
/// e) fake` with one e ~ U[0, 1) a sample, exact to rounding (Gulrajani et al. 2017, arXiv:1704.00028, eq.
/// 3). With PenaltySide::above only norms above the target count (one-sided, section 4 there).
///
/// \shape  real as D reads it, of any rank, and as many fakes; a condition is that of the fake
/// \cost   about three forward and backward passes of D on the batch
/// \throws ShapeError where real samples and fakes differ in shape; what D throws; std::invalid_argument for
/// a
///         weight or target that is not finite or below 0
/// \note   At a gradient of 0 the norm has no slope, and there the penalty has none (torch.norm has it so).
///         Where D gives several logits a sample, their sum is differentiated.
struct WganGradientPenalty {
  double weight = 10, target = 1;
  PenaltySide side = PenaltySide::both;

  template <class D, class Wiring>
  using Cache = detail::InputGradientCache<D, Wiring>;

  template <class D, class Wiring, class Fake, class GInput>
  typename D::Scalar add(const D& d, const typename D::Input& real, const Fake& fake, const GInput& input,
                         const RandomStream& stream, detail::InputGradientCache<D, Wiring>& cache,
                         std::type_identity_t<D>* gradient) const {
    using T = typename D::Scalar;
    detail::expect_penalty_weight("WganGradientPenalty", weight);
    detail::expect_penalty_target("WganGradientPenalty", target);
    const auto x = Wiring::gradient(real);
    expect_shape("WganGradientPenalty::add", "fake", fake.shape(), x.shape());
    const Index rows = x.extent(0), width = rows == 0 ? 0 : x.size() / rows;
    const RandomStream draws = stream.substream("between");
    T* const between = cache.moved.resize(x.shape()).data();
    parallel_for_range(rows, 1, 8 * width, [&](Index from, Index to) {
      for (Index n = from; n < to; ++n) {
        RandomStream own = draws.substream(static_cast<std::uint64_t>(n));
        const T e = uniform<T>(own);
        for (Index i = n * width; i < (n + 1) * width; ++i)
          between[i] = e * x.data()[i] + (1 - e) * fake.data()[i];
      }
    });
    return detail::add_norm_penalty(
        d, Wiring::input(input, cache.moved), weight,
        [this](auto norm) { return detail::distance_to_norm(norm, target, side == PenaltySide::above); },
        stream, cache, gradient);
  }
};

}  // namespace rapt
