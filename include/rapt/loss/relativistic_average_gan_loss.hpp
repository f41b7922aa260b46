#pragma once
/// \file  The relativistic average loss of a generative adversarial network.

#include <rapt/loss/gan_loss.hpp>

#include <concepts>
#include <tuple>

namespace rapt {

/// `L_D = -mean log sigmoid(r - mean f) - mean log(1 - sigmoid(f - mean r))` and
/// `L_G = -mean log sigmoid(f - mean r) - mean log(1 - sigmoid(r - mean f))`, r and f the logits of real
/// samples and of fakes (Jolicoeur-Martineau 2018, arXiv:1807.00734, RaSGAN).
///
/// \shape   real_logits (N, M), fake_logits (K, M) -> one number; a mean of nothing is 0
/// \units   label_smoothing in [0, 1): D aims real samples at 1 - label_smoothing and fakes at 0 (one-sided,
///          Salimans et al. 2016, arXiv:1606.03498, section 3.4); L_G is left as it is
/// \throws  ShapeError; std::invalid_argument for a label_smoothing out of range
/// \note    the generator moves the logits of fakes only; those of real samples are constants to it
template <std::floating_point T>
struct RelativisticAverageGanLoss {
  using Scalar = T;
  using Logits = TensorView<const T, 2>;
  static constexpr bool generator_reads_real = true;

  double label_smoothing = 0;
  static constexpr auto settings =
      std::tuple{field("label_smoothing", &RelativisticAverageGanLoss::label_smoothing)};

  struct Cache {
    Tensor<T, 2> real, fake;              // (N, M), (K, M): r - mean f, f - mean r
    detail::RealOrFakeCache<T> distance;  // of these
  };

  T discriminator(Logits real_logits, Logits fake_logits, Cache& cache) const {
    detail::expect_gan_logits("RelativisticAverageGanLoss::discriminator", real_logits, fake_logits);
    relate(real_logits, fake_logits, cache);
    return detail::real_or_fake<T>("RelativisticAverageGanLoss::discriminator", cache.real, cache.fake,
                                   label_smoothing, cache.distance);
  }
  GanLossGradient<T> discriminator_backward(Cache& cache) const {
    backward(cache);
    return {cache.distance.real.gradient, cache.distance.fake.gradient};
  }

  T generator(Logits real_logits, Logits fake_logits, Cache& cache) const {
    detail::expect_gan_logits("RelativisticAverageGanLoss::generator", real_logits, fake_logits);
    relate(real_logits, fake_logits, cache);
    const BCEWithLogitsLoss<T> loss;
    return loss.forward(cache.fake, T(1), cache.distance.fake) +
           loss.forward(cache.real, T(0), cache.distance.real);
  }
  Logits generator_backward(Cache& cache) const {
    backward(cache);
    return cache.distance.fake.gradient;
  }

 private:
  static void relate(Logits real, Logits fake, Cache& cache) {
    const T of_real = mean(real), of_fake = mean(fake);
    cache.real.resize(real.shape()).array() = real.array() - of_fake;
    cache.fake.resize(fake.shape()).array() = fake.array() - of_real;
  }
  // From the gradients by r - mean f and f - mean r to those by r and f.
  static void backward(Cache& cache) {
    detail::real_or_fake_backward(cache.distance);
    Tensor<T, 2>&d_real = cache.distance.real.gradient, &d_fake = cache.distance.fake.gradient;
    const T by_real = sum(d_real), by_fake = sum(d_fake);
    // the mean of r is part of every f - mean r, and that of f of every r - mean f
    d_real.array() -= by_fake / static_cast<T>(d_real.size());
    d_fake.array() -= by_real / static_cast<T>(d_fake.size());
  }
  static T mean(Logits x) {
    return detail::mean_over_logits(x, [](auto v) { return v; });
  }
  static T sum(const Tensor<T, 2>& d) { return mean(d) * static_cast<T>(d.size()); }
};
RAPT_MODELS(GanLoss<RelativisticAverageGanLoss<float>>, GanLoss<RelativisticAverageGanLoss<double>>);

}  // namespace rapt
