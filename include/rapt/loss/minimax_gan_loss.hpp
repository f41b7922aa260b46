#pragma once
/// \file  The minimax loss of a generative adversarial network.

#include <rapt/loss/gan_loss.hpp>

#include <concepts>
#include <tuple>

namespace rapt {

/// `L_D = -mean log sigmoid(r) - mean log(1 - sigmoid(f))` and `L_G = mean log(1 - sigmoid(f))`, r and f the
/// logits of real samples and of fakes (Goodfellow et al. 2014, arXiv:1406.2661, eq. 1).
///
/// \shape   real_logits (N, M), fake_logits (K, M) -> one number; a mean of nothing is 0
/// \units   label_smoothing in [0, 1): D aims real samples at 1 - label_smoothing and fakes at 0 (one-sided,
///          Salimans et al. 2016, arXiv:1606.03498, section 3.4)
/// \throws  ShapeError; std::invalid_argument for a label_smoothing out of range
/// \borrows both logits until the matching backward
/// \note    L_G has hardly a gradient where D is sure of the fakes; NonSaturatingGanLoss mends that.
template <std::floating_point T>
struct MinimaxGanLoss {
  using Scalar = T;
  using Logits = TensorView<const T, 2>;
  using Cache = detail::RealOrFakeCache<T>;
  static constexpr bool generator_reads_real = false;

  double label_smoothing = 0;
  static constexpr auto settings = std::tuple{field("label_smoothing", &MinimaxGanLoss::label_smoothing)};

  T discriminator(Logits real_logits, Logits fake_logits, Cache& cache) const {
    return detail::real_or_fake("MinimaxGanLoss::discriminator", real_logits, fake_logits, label_smoothing,
                                cache);
  }
  GanLossGradient<T> discriminator_backward(Cache& cache) const {
    return detail::real_or_fake_backward(cache);
  }

  T generator(Logits, Logits fake_logits, Cache& cache) const {
    // log(1 - sigmoid(f)) is the cross-entropy with the label 0, negated
    return -BCEWithLogitsLoss<T>{}.forward(fake_logits, T(0), cache.fake);
  }
  Logits generator_backward(Cache& cache) const {
    // L = -mean cross-entropy(0, sigmoid(f))
    BCEWithLogitsLoss<T>{}.backward(cache.fake);
    for (T& d : cache.fake.gradient) d = -d;
    return cache.fake.gradient;
  }
};
RAPT_MODELS(GanLoss<MinimaxGanLoss<float>>, GanLoss<MinimaxGanLoss<double>>);

}  // namespace rapt
