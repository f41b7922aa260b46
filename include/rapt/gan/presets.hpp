#pragma once
/// \file  Recipes of adversarial training as their papers give them.

#include <rapt/gan/discriminator.hpp>
#include <rapt/gan/gan_recipe.hpp>
#include <rapt/gan/generator.hpp>
#include <rapt/gan/wgan_gradient_penalty.hpp>
#include <rapt/loss/hinge_gan_loss.hpp>
#include <rapt/loss/non_saturating_gan_loss.hpp>
#include <rapt/loss/wasserstein_gan_loss.hpp>

#include <concepts>

namespace rapt {

/// Adam with rate 2e-4 and beta1 0.5 for both players, batches of 128, the non-saturating loss (Radford et
/// al. 2016, arXiv:1511.06434, section 4).
template <std::floating_point T>
GanRecipe<NonSaturatingGanLoss<T>> dcgan_recipe() {
  return {
      .options = {.generator = {.rate = 2e-4, .beta1 = 0.5}, .discriminator = {.rate = 2e-4, .beta1 = 0.5}},
      .batch = 128};
}

/// Hinge loss, rates 1e-4 for G and 4e-4 for D, beta1 0, beta2 0.9, batches of 256 (Zhang et al. 2019,
/// arXiv:1805.08318, section 4); both nets are to be spectrally normalised.
template <std::floating_point T>
GanRecipe<HingeGanLoss<T>> sagan_recipe() {
  return {.options = {.generator = {.rate = 1e-4, .beta1 = 0, .beta2 = 0.9},
                      .discriminator = {.rate = 4e-4, .beta1 = 0, .beta2 = 0.9}},
          .batch = 256};
}

/// Wasserstein loss with gradient penalty 10, five critic steps, rate 1e-4, beta1 0, beta2 0.9, batches of 64
/// (Gulrajani et al. 2017, arXiv:1704.00028, algorithm 1); the critic is to be without batch norm.
template <std::floating_point T>
GanRecipe<WassersteinGanLoss<T>, WganGradientPenalty> wgan_gp_recipe() {
  return {.options = {.generator = {.rate = 1e-4, .beta1 = 0, .beta2 = 0.9},
                      .discriminator = {.rate = 1e-4, .beta1 = 0, .beta2 = 0.9},
                      .discriminator_steps = 5},
          .penalty = {.weight = 10},
          .batch = 64};
}

/// Wasserstein loss with the critic's weights kept within 0.01, five critic steps, batches of 64 (Arjovsky,
/// Chintala and Bottou 2017, arXiv:1701.07875, algorithm 1).
/// \note the paper descends by RMSProp of rate 5e-5; this is Adam with beta1 0 and beta2 0.99, which is that
///       rule with its bias corrected
template <std::floating_point T>
GanRecipe<WassersteinGanLoss<T>> wgan_recipe() {
  return {.options = {.generator = {.rate = 5e-5, .beta1 = 0, .beta2 = 0.99},
                      .discriminator = {.rate = 5e-5, .beta1 = 0, .beta2 = 0.99},
                      .discriminator_steps = 5,
                      .weight_clip = 0.01},
          .batch = 64};
}

/// The two nets of naive_gan.
template <std::floating_point T>
struct NaiveGan {
  Generator<T> generator;
  Discriminator<T> discriminator;
};

/// The plain GAN of the tutorials: Linear, tanh, Linear against Linear, LeakyReLU(0.2), Linear to one logit.
/// \shape noise (N, noise) -> sample (N, sample) -> logit (N, 1), both nets of one hidden layer
/// \init  as Linear
/// \throws std::invalid_argument for a width out of range
template <std::floating_point T>
NaiveGan<T> naive_gan(Index noise, Index hidden, Index sample, RandomStream& stream) {
  Generator<T> g({noise, hidden, sample}, stream, {.hidden = Activate::tanh});
  return {std::move(g), Discriminator<T>({sample, hidden}, stream)};
}

/// How those tutorials train: rate 2e-4 and batches of 128, which are those of dcgan_recipe.
template <std::floating_point T>
GanRecipe<NonSaturatingGanLoss<T>> naive_recipe() {
  return dcgan_recipe<T>();
}

}  // namespace rapt
