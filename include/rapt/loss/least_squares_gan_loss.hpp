#pragma once
/// \file  The least squares loss of a generative adversarial network.

#include <rapt/loss/gan_loss.hpp>

#include <concepts>
#include <tuple>

namespace rapt {

/// `L_D = mean (r - 1)^2 / 2 + mean f^2 / 2` and `L_G = mean (f - 1)^2 / 2`, r and f the logits of real
/// samples and of fakes, without a sigmoid (Mao et al. 2017, arXiv:1611.04076, eq. 9).
///
/// \shape   real_logits (N, M), fake_logits (K, M) -> one number; a mean of nothing is 0
/// \units   label_smoothing in [0, 1): D aims real samples at 1 - label_smoothing and fakes at 0 (one-sided,
///          Salimans et al. 2016, arXiv:1606.03498, section 3.4)
/// \throws  ShapeError; std::invalid_argument for a label_smoothing out of range
/// \borrows both logits until the matching backward
template <std::floating_point T>
struct LeastSquaresGanLoss {
  using Scalar = T;
  using Logits = TensorView<const T, 2>;
  static constexpr bool generator_reads_real = false;

  double label_smoothing = 0;
  static constexpr auto settings =
      std::tuple{field("label_smoothing", &LeastSquaresGanLoss::label_smoothing)};

  struct Cache {
    Logits real, fake;            // borrowed (N, M), (K, M)
    Tensor<T, 2> d_real, d_fake;  // their gradients
  };

  T discriminator(Logits real_logits, Logits fake_logits, Cache& cache) const {
    detail::expect_gan_logits("LeastSquaresGanLoss::discriminator", real_logits, fake_logits);
    detail::expect_label_smoothing("LeastSquaresGanLoss::discriminator", label_smoothing);
    cache.real = real_logits;
    cache.fake = fake_logits;
    return half_square(real_logits, 1 - label_smoothing) + half_square(fake_logits, 0);
  }
  GanLossGradient<T> discriminator_backward(Cache& cache) const {
    // L = mean (r - (1 - smoothing))^2 / 2 + mean f^2 / 2
    return {distance(cache.real, 1 - label_smoothing, cache.d_real), distance(cache.fake, 0, cache.d_fake)};
  }

  T generator(Logits, Logits fake_logits, Cache& cache) const {
    cache.fake = fake_logits;
    return half_square(fake_logits, 1);
  }
  Logits generator_backward(Cache& cache) const {
    // L = mean (f - 1)^2 / 2
    return distance(cache.fake, 1, cache.d_fake);
  }

 private:
  static T half_square(Logits x, double aim) {
    return detail::mean_over_logits(x, [aim](auto v) { return (v - aim) * (v - aim) / 2; });
  }
  static Logits distance(Logits x, double aim, Tensor<T, 2>& d) {
    return detail::gradient_of_mean(x, d, [aim = static_cast<T>(aim)](T v) { return v - aim; });
  }
};
RAPT_MODELS(GanLoss<LeastSquaresGanLoss<float>>, GanLoss<LeastSquaresGanLoss<double>>);

}  // namespace rapt
