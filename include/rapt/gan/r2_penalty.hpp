#pragma once
/// \file  The penalty on a discriminator's gradient at fakes.

#include <rapt/core/random.hpp>
#include <rapt/gan/input_gradient.hpp>

#include <type_traits>

namespace rapt {

/// `R2 = weight / 2 * mean over fakes of |grad D(x)|^2`, on the logits, exact to rounding (Mescheder et al.
/// 2018, arXiv:1801.04406, eq. 10). The fakes are constants: the generator gets no gradient from it.
///
/// \shape  fakes as G writes them, of any rank; the first axis counts the samples
/// \units  weight is the paper's gamma
/// \cost   about three forward and backward passes of D on the batch
/// \throws what D throws; std::invalid_argument for a weight that is not finite or below 0
/// \note   where D gives several logits a sample, their sum is differentiated
struct R2Penalty {
  double weight = 10;

  template <class D, class Wiring>
  using Cache = detail::InputGradientCache<D, Wiring>;

  template <class D, class Wiring, class Fake, class GInput>
  typename D::Scalar add(const D& d, const typename D::Input&, const Fake& fake, const GInput& input,
                         const RandomStream& stream, detail::InputGradientCache<D, Wiring>& cache,
                         std::type_identity_t<D>* gradient) const {
    detail::expect_penalty_weight("R2Penalty", weight);
    return detail::add_norm_penalty(
        d, Wiring::input(input, fake), weight, [](auto norm) { return detail::half_square_of_norm(norm); },
        stream, cache, gradient);
  }
};

}  // namespace rapt
