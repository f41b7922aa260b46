#pragma once
/// \file  The Wasserstein loss of a generative adversarial network.

#include <rapt/loss/gan_loss.hpp>

#include <concepts>

namespace rapt {

/// `L_D = mean f - mean r` and `L_G = -mean f`, r and f what the critic says of real samples and of fakes
/// (Arjovsky et al. 2017, arXiv:1701.07875, eq. 2, algorithm 1).
///
/// The critic must be Lipschitz: by clip_weights, as in that paper, by SpectralNorm or by a gradient penalty.
/// \shape   real_logits (N, M), fake_logits (K, M) -> one number; a mean of nothing is 0
/// \throws  ShapeError
/// \borrows both logits until the matching backward
template <std::floating_point T>
struct WassersteinGanLoss {
  using Scalar = T;
  using Logits = TensorView<const T, 2>;
  static constexpr bool generator_reads_real = false;

  struct Cache {
    Logits real, fake;            // borrowed (N, M), (K, M)
    Tensor<T, 2> d_real, d_fake;  // their gradients
  };

  T discriminator(Logits real_logits, Logits fake_logits, Cache& cache) const {
    detail::expect_gan_logits("WassersteinGanLoss::discriminator", real_logits, fake_logits);
    cache.real = real_logits;
    cache.fake = fake_logits;
    return mean(fake_logits) - mean(real_logits);
  }
  GanLossGradient<T> discriminator_backward(Cache& cache) const {
    // L = mean f - mean r
    return {detail::gradient_of_mean(cache.real, cache.d_real, [](T) { return T(-1); }),
            detail::gradient_of_mean(cache.fake, cache.d_fake, [](T) { return T(1); })};
  }

  T generator(Logits, Logits fake_logits, Cache& cache) const {
    cache.fake = fake_logits;
    return -mean(fake_logits);
  }
  Logits generator_backward(Cache& cache) const {
    // L = -mean f
    return detail::gradient_of_mean(cache.fake, cache.d_fake, [](T) { return T(-1); });
  }

 private:
  static T mean(Logits x) {
    return detail::mean_over_logits(x, [](auto v) { return v; });
  }
};
RAPT_MODELS(GanLoss<WassersteinGanLoss<float>>, GanLoss<WassersteinGanLoss<double>>);

}  // namespace rapt
