#pragma once
/// \file  What one step of adversarial training returns.

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace rapt {

/// Losses of one step, means over its discriminator steps where there are several.
template <std::floating_point T>
struct GanStep {
  std::int64_t step = 0;  // of the trainer, from 1
  T discriminator_loss = 0, generator_loss = 0;
  T real_probability = 0;  // mean of D(real), before D moved
  T fake_probability = 0;  // mean of D(fake), before D moved

  /// The loss that is NaN or infinite, or empty. The step ends there: what it would have moved stays as it
  /// was.
  std::string_view not_finite;
  /// The first tensor on the way to that loss that is not finite itself.
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
