#pragma once
/// \file  What a penalty on a discriminator is.

#include <rapt/core/random.hpp>
#include <rapt/core/tangent.hpp>

#include <concepts>
#include <type_traits>

namespace rapt {

/// A number beside the discriminator's loss that keeps its slope in check, with its exact gradient by the
/// parameters of D. A value that holds settings and nothing else; working memory is the caller's.
///
///     add(d, real, fake, input, stream, cache, gradient) const
///
/// `real` is D's input of real samples, `fake` what G wrote for `input`; the part of D's input that is the
/// sample is what `Wiring::gradient` picks, and only that part is penalised, not its condition. Returns
/// `weight` times the penalty, averaged over the batch, and ADDS the gradient of that to *gradient, unless it
/// is null. D runs in training mode, with draws of `stream`; nothing is absorbed.
template <class P, class D, class Wiring, class GInput>
concept GanPenalty = std::copyable<P> && std::default_initializable<typename P::template Cache<D, Wiring>> &&
    requires(const P& penalty, const D& d, const typename D::Input& x, const GInput& input,
             const RandomStream& stream, typename P::template Cache<D, Wiring>& cache, D* gradient) {
  {
    penalty.add(d, x, Wiring::gradient(x), input, stream, cache, gradient)
    } -> std::same_as<typename D::Scalar>;
};

/// No penalty: 0, at no cost.
struct NoPenalty {
  template <class D, class Wiring>
  struct Cache {};

  template <class D, class Wiring, class Fake, class GInput>
  typename D::Scalar add(const D&, const typename D::Input&, const Fake&, const GInput&, const RandomStream&,
                         Cache<D, Wiring>&, std::type_identity_t<D>*) const {
    return 0;
  }
};

}  // namespace rapt
