#pragma once
/// \file  What is known of one epoch of adversarial training.

#include <cstdint>
#include <limits>

namespace rapt {

/// Plain numbers of one epoch, means over its steps; NaN is "not measured". A GanMonitor fills it from
/// GanSteps and samples, or is handed one by a training that has neither.
struct GanRecord {
  static constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

  std::int64_t step = 0;  // the epoch's last
  double discriminator_loss = unknown, generator_loss = unknown;
  double real_logit = unknown, fake_logit = unknown;              // means of D
  double real_probability = unknown, fake_probability = unknown;  // means of sigmoid(D)
  double discriminator_gradient_norm = unknown, generator_gradient_norm = unknown;
  double generator_signal = unknown;       // sum over the logits of |dL_G/d logit|, as in GanStep
  double generator_weight_norm = unknown;  // over all parameters of G together
  /// As in SampleDiversity, at the end of the epoch.
  double real_distance = unknown, spread = unknown, deviation = unknown, shift = unknown, gap = unknown;
};

}  // namespace rapt
