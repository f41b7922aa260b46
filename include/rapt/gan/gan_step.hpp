#pragma once
/// \file  What one step of adversarial training returns.

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace rapt {

/// Losses, verdicts and gradients of one step, means over its discriminator steps where there are several.
template <std::floating_point T>
struct GanStep {
  std::int64_t step = 0;  // of the trainer, from 1
  T discriminator_loss = 0, generator_loss = 0;
  T penalty = 0;           // weighted, as added to the discriminator's loss; mean over the steps that had one
  T feature_loss = 0;      // of feature matching, before its weight; part of generator_loss
  T real_logit = 0;        // mean of D's logits of real samples, before D moved
  T fake_logit = 0;        // mean of D's logits of fakes, before D moved
  T real_probability = 0;  // mean of sigmoid(D(real)), before D moved
  T fake_probability = 0;  // mean of sigmoid(D(fake)), before D moved
  /// Norms of the gradients before they were clipped, over all parameters of a player together.
  double discriminator_gradient_norm = 0, generator_gradient_norm = 0;
  /// Sum over the logits of |dL_G/d logit|: how much of D's verdict the loss hands to the generator. At most
  /// 1 for losses of slope at most 1; near 0 where the loss is saturated.
  double generator_signal = 0;

  /// The loss or gradient that is NaN or infinite, or empty. The step ends there: what it would have moved
  /// stays as it was.
  std::string_view not_finite;
  /// The first tensor on the way to it that is not finite itself.
  std::string not_finite_tensor;

  bool finite() const { return not_finite.empty(); }
  /// `step 17: generator loss is not finite, and neither is generator output`; empty where all is well.
  std::string message() const {
    if (finite()) return {};
    std::string text = "step " + std::to_string(step) + ": " + std::string(not_finite) + " is not finite";
    if (!not_finite_tensor.empty()) text += ", and neither is " + not_finite_tensor;
    return text;
  }
};

}  // namespace rapt
