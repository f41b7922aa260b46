#pragma once
/// \file  The hinge loss of a generative adversarial network.

#include <rapt/loss/gan_loss.hpp>

#include <concepts>

namespace rapt {

/// `L_D = mean max(0, 1 - r) + mean max(0, 1 + f)` and `L_G = -mean f`, r and f the logits of real samples
/// and of fakes (Lim and Ye 2017, arXiv:1705.02894; as in Miyato et al. 2018, arXiv:1802.05957, eq. 16, 17).
///
/// \shape   real_logits (N, M), fake_logits (K, M) -> one number; a mean of nothing is 0
/// \throws  ShapeError
/// \borrows both logits until the matching backward
/// \note    on the kink the slope is 0, as torch.nn.functional.relu has it
template <std::floating_point T>
struct HingeGanLoss {
  using Scalar = T;
  using Logits = TensorView<const T, 2>;
  static constexpr bool generator_reads_real = false;

  struct Cache {
    Logits real, fake;            // borrowed (N, M), (K, M)
    Tensor<T, 2> d_real, d_fake;  // their gradients
  };

  T discriminator(Logits real_logits, Logits fake_logits, Cache& cache) const {
    detail::expect_gan_logits("HingeGanLoss::discriminator", real_logits, fake_logits);
    cache.real = real_logits;
    cache.fake = fake_logits;
    // A NaN is not below 0 and stays.
    const auto above_zero = [](auto margin) { return margin < 0 ? decltype(margin)(0) : margin; };
    return detail::mean_over_logits(real_logits, [&](auto r) { return above_zero(1 - r); }) +
           detail::mean_over_logits(fake_logits, [&](auto f) { return above_zero(1 + f); });
  }
  GanLossGradient<T> discriminator_backward(Cache& cache) const {
    // L = mean max(0, 1 - r) + mean max(0, 1 + f)
    return {detail::gradient_of_mean(cache.real, cache.d_real, [](T r) { return r < 1 ? T(-1) : T(0); }),
            detail::gradient_of_mean(cache.fake, cache.d_fake, [](T f) { return f > -1 ? T(1) : T(0); })};
  }

  T generator(Logits, Logits fake_logits, Cache& cache) const {
    cache.fake = fake_logits;
    return -detail::mean_over_logits(fake_logits, [](auto f) { return f; });
  }
  Logits generator_backward(Cache& cache) const {
    // L = -mean f
    return detail::gradient_of_mean(cache.fake, cache.d_fake, [](T) { return T(-1); });
  }
};
RAPT_MODELS(GanLoss<HingeGanLoss<float>>, GanLoss<HingeGanLoss<double>>);

}  // namespace rapt
