#pragma once
/// \file  What a monitor of adversarial training says.

#include <cstdint>
#include <string>
#include <string_view>

namespace rapt {

/// The ways in which adversarial training goes wrong that GanMonitor tells apart.
enum class GanFailure { none, mode_collapse, vanishing_gradient, divergence, not_finite };

/// `mode collapse`, `vanishing generator gradient`, `divergence`, `not finite`, or `none`.
constexpr std::string_view to_string(GanFailure failure) {
  switch (failure) {
    case GanFailure::mode_collapse:
      return "mode collapse";
    case GanFailure::vanishing_gradient:
      return "vanishing generator gradient";
    case GanFailure::divergence:
      return "divergence";
    case GanFailure::not_finite:
      return "not finite";
    case GanFailure::none:
      break;
  }
  return "none";
}

/// What usually helps, in one sentence.
constexpr std::string_view gan_advice(GanFailure failure) {
  switch (failure) {
    case GanFailure::mode_collapse:
      return "Try R1Penalty or spectral normalisation on the discriminator, minibatch standard deviation, "
             "feature matching, a lower rate for the generator, or larger batches.";
    case GanFailure::vanishing_gradient:
      return "Try the non-saturating or the hinge loss, or the Wasserstein loss with its gradient penalty; "
             "instance noise or label smoothing; a lower rate or fewer steps for the discriminator.";
    case GanFailure::divergence:
      return "Try lower rates for both players, clipped gradients, R1Penalty or WganGradientPenalty, or "
             "spectral normalisation on the discriminator.";
    case GanFailure::not_finite:
      return "Look at that tensor first; then try lower rates or clipped gradients, and samples of mean 0 "
             "and deviation 1.";
    case GanFailure::none:
      break;
  }
  return "";
}

/// What GanMonitor found at the end of an epoch, or in a step that was not finite.
struct GanVerdict {
  GanFailure failure = GanFailure::none;
  std::int64_t epoch = 0, step = 0;  // both from 1; 0 before the first
  /// A symptom is there, but not for long enough to be named: this is no state to go back to.
  bool suspicious = false;
  /// The first tensor that is not finite, where the failure is that.
  std::string tensor{};
  /// What was seen, with its numbers, in words; empty where nothing was.
  std::string seen{};

  bool healthy() const { return failure == GanFailure::none; }
  /// `mode collapse in epoch 7 (step 1400): the fakes are ... Try ...`; empty where all is well.
  std::string message() const {
    if (healthy()) return {};
    std::string text = failure == GanFailure::not_finite ? "" : std::string(to_string(failure)) + " in ";
    text += "epoch " + std::to_string(epoch) + " (step " + std::to_string(step) + "): " + seen;
    return text + ". " + std::string(gan_advice(failure));
  }
};

}  // namespace rapt
