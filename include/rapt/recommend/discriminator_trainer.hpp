#pragma once
/// \file  Training the discriminator on what the generator proposes.

#include <rapt/loss/candidate_list_loss.hpp>
#include <rapt/optim/adamw.hpp>
#include <rapt/recommend/attention_gan_settings.hpp>
#include <rapt/recommend/fold_lists.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <span>

namespace rapt {

/// Working memory of discriminator training: a warm step allocates nothing.
/// \tparam Discriminator  a layer from CandidateInput<float> to one logit a candidate
template <class Discriminator>
class BasicDiscriminatorTrainer {
 public:
  /// \param   steps  number of steps of the cycle; the rate stays at its last value after them
  /// \borrows discriminator
  /// \throws  std::invalid_argument for settings out of range
  BasicDiscriminatorTrainer(Discriminator& discriminator, const DiscriminatorSettings& settings, Index steps)
      : model_(discriminator),
        gradient_(zeros_like(discriminator)),
        optimiser_(discriminator),
        settings_((settings.check(), settings)),
        steps_(steps) {
    optimiser_.options.weight_decay = settings.decay;
    optimiser_.options.beta2 = 0.99;
  }

  /// One update on some lists of one fold. Returns the loss. \borrows nothing
  float step(const CandidateLists& fold, std::span<const Index> lists) {
    batch_.fill(fold, lists);
    set_zero(gradient_);
    const auto logits = model_.forward(batch_.input(), cache_);
    const float loss = loss_.forward(logits, {batch_.positive, batch_.list_offsets}, loss_cache_);
    model_.backward(loss_.backward(loss_cache_), cache_, &gradient_, InputGradient::skip);
    optimiser_.options.rate = rate();
    ++taken_;
    optimiser_.step(model_, gradient_);
    return loss;
  }

 private:
  // Up to the largest rate in the first 30 %, then down to nearly 0, both along a cosine (Smith and Topin
  // 2019, arXiv:1708.07120).
  double rate() const {
    const double at =
        std::min(1.0, static_cast<double>(taken_) / static_cast<double>(std::max<Index>(steps_, 1)));
    const double rise = 0.3;
    const auto cosine = [](double from, double to, double x) {
      return to + (from - to) * (1 + std::cos(std::numbers::pi * x)) / 2;
    };
    return settings_.rate *
           (at < rise ? cosine(0.04, 1, at / rise) : cosine(1, 1e-4, (at - rise) / (1 - rise)));
  }

  Discriminator& model_;
  Discriminator gradient_;
  AdamW<Discriminator> optimiser_;
  DiscriminatorSettings settings_;
  Index steps_, taken_ = 0;
  CandidateBatch batch_;
  typename Discriminator::Cache cache_;
  CandidateListLoss<float> loss_;
  CandidateListLoss<float>::Cache loss_cache_;
};

/// The trainer of AttentionGan's discriminators.
using DiscriminatorTrainer = BasicDiscriminatorTrainer<CandidateDiscriminator<float>>;

}  // namespace rapt
