#pragma once
/// \file  The penalty on a discriminator's gradient at real samples.

#include <rapt/core/random.hpp>
#include <rapt/gan/input_gradient.hpp>

#include <type_traits>

namespace rapt {

/// `R1 = weight / 2 * mean over real samples of |grad D(x)|^2`, on the logits, exact to rounding (Mescheder
/// et al. 2018, arXiv:1801.04406, eq. 9).
///
/// \shape  real as D reads it, of any rank; the first axis counts the samples
/// \units  weight is the paper's gamma
/// \cost   about three forward and backward passes of D on the batch
/// \throws what D throws; std::invalid_argument for a weight that is not finite or below 0
/// \note   where D gives several logits a sample, their sum is differentiated
struct R1Penalty {
  double weight = 10;

  template <class D, class Wiring>
  using Cache = detail::InputGradientCache<D, Wiring>;

  template <class D, class Wiring, class Fake, class GInput>
  typename D::Scalar add(const D& d, const typename D::Input& real, const Fake&, const GInput&,
                         const RandomStream& stream, detail::InputGradientCache<D, Wiring>& cache,
                         std::type_identity_t<D>* gradient) const {
    detail::expect_penalty_weight("R1Penalty", weight);
    return detail::add_norm_penalty(
        d, real, weight, [](auto norm) { return detail::half_square_of_norm(norm); }, stream, cache,
        gradient);
  }
};

}  // namespace rapt
