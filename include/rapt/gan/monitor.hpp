#pragma once
/// \file  A watch over adversarial training that names what goes wrong.

#include <rapt/gan/gan_record.hpp>
#include <rapt/gan/gan_step.hpp>
#include <rapt/gan/gan_symptoms.hpp>
#include <rapt/gan/gan_verdict.hpp>
#include <rapt/gan/sample_diversity.hpp>
#include <rapt/optim/update.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace rapt {

/// \units patience is the number of epochs that must show a symptom, among the last patience + 1 of them and
///        with the last, before it is named
struct GanMonitorOptions {
  Index patience = 3;
  GanThresholds thresholds{};
};

/// Records losses, verdicts, gradient norms and the diversity of what is generated, and names the failure:
/// mode collapse, vanishing generator gradient, divergence, or a number that is not finite.
///
///     for each step:  monitor.observe(trainer.step(...))       // at once where it is not finite
///     each epoch:     monitor.measure(real, fake)               // some hundred samples of each
///                     monitor.measure_weights(grad_norm(g))     // the norm of G's weights
///                     monitor.end_epoch()                       // the verdict
///
/// What was not observed is not judged: without `measure`, no collapse is; without `measure_weights`, not
/// what the generator's gradient can effect (GanThresholds::effect). A training without GanSteps hands
/// `end_epoch` a record of its own. A step that is not finite is the verdict of its epoch, whatever came
/// after it. An epoch is what the caller makes one, some dozen to some hundred steps. The criteria are those
/// of GanThresholds: shares of the real samples' diversity and of the run's own past. An epoch that shows a
/// symptom is suspicious; after `patience` of them the failure has its name, so a collapse or a vanished
/// gradient is named within `patience` + 1 epochs of its being there.
///
/// \throws std::invalid_argument for a patience below 1
/// \note   Distances are those of the numbers in the samples. Of images whose classes lie as near to each
///         other as their members, hand `measure` the features of a classifier: pixels do not show that a
///         class is missing.
class GanMonitor {
 public:
  GanMonitor() = default;
  explicit GanMonitor(GanMonitorOptions options) : options_(options) {
    detail::expect_option(options.patience >= 1, "GanMonitor", "patience",
                          static_cast<double>(options.patience), "at least 1");
  }

  /// Counts a step into the running epoch. Names it at once where it is not finite, and the first such step
  /// of an epoch stays its verdict. Otherwise returns the last epoch's verdict.
  template <std::floating_point T>
  const GanVerdict& observe(const GanStep<T>& step) {
    last_step_ = step.step;
    if (!step.finite()) {
      if (spoilt_) return verdict_;
      spoilt_ = true;
      std::string seen = std::string(step.not_finite) + " is not finite";
      if (!step.not_finite_tensor.empty()) seen += ", and neither is " + step.not_finite_tensor;
      return name_not_finite(epochs() + 1, step.not_finite_tensor, std::move(seen));
    }
    ++count_;
    const std::array<double, values> now{static_cast<double>(step.discriminator_loss),
                                         static_cast<double>(step.generator_loss),
                                         static_cast<double>(step.real_logit),
                                         static_cast<double>(step.fake_logit),
                                         static_cast<double>(step.real_probability),
                                         static_cast<double>(step.fake_probability),
                                         step.discriminator_gradient_norm,
                                         step.generator_gradient_norm,
                                         step.generator_signal};
    for (std::size_t i = 0; i < values; ++i) sums_[i] += now[i];
    return verdict_;
  }

  /// Measures the diversity of fakes against real samples, of any rank; counts for the running epoch.
  template <class Samples>
  SampleDiversity measure(const Samples& real, ConstView<Samples> fake, Index most = 256) {
    diversity_ = sample_diversity(real, fake, most);
    return diversity_;
  }
  /// The same from outside.
  void measure(const SampleDiversity& diversity) { diversity_ = diversity; }
  /// The norm of all weights of the generator together (grad_norm(g)), for the running epoch.
  void measure_weights(double generator_norm) { weight_norm_ = generator_norm; }

  /// Closes the epoch and judges it.
  const GanVerdict& end_epoch() {
    GanRecord record;
    record.step = last_step_;
    record.generator_weight_norm = std::exchange(weight_norm_, GanRecord::unknown);
    const SampleDiversity d = std::exchange(diversity_, nothing);
    record.real_distance = d.real_distance;
    record.spread = d.spread;
    record.deviation = d.deviation;
    record.shift = d.shift;
    record.gap = d.gap;
    for (std::size_t i = 0; i < values && count_ > 0; ++i)
      record.*members[i] = sums_[i] / static_cast<double>(count_);
    return end_epoch(record);
  }

  /// Closes an epoch of which these numbers are known, and judges it. A loss that is infinite, or NaN after
  /// an epoch in which it was known, is not finite; so is an epoch in which a step was not.
  const GanVerdict& end_epoch(const GanRecord& record) {
    history_.push_back(record);
    sums_ = {};
    count_ = 0;
    last_step_ = record.step;
    if (std::exchange(spoilt_, false)) {
      // The finite steps count for the epochs to come, but the verdict is that of `observe`.
      GanVerdict observed = std::exchange(verdict_, {});
      judge();
      return verdict_ = std::move(observed);
    }
    for (double GanRecord::*loss : {&GanRecord::discriminator_loss, &GanRecord::generator_loss}) {
      const bool was_known = epochs() > 1 && !std::isnan(history_[history_.size() - 2].*loss);
      if (std::isinf(record.*loss) || (was_known && std::isnan(record.*loss))) {
        return name_not_finite(epochs(), {},
                               loss == &GanRecord::generator_loss ? "generator loss is not finite"
                                                                  : "discriminator loss is not finite");
      }
    }
    verdict_ = {.epoch = epochs(), .step = record.step};
    judge();
    return verdict_;
  }

  const GanVerdict& verdict() const { return verdict_; }
  /// The record of every closed epoch.
  const std::vector<GanRecord>& history() const { return history_; }
  std::int64_t epochs() const { return static_cast<std::int64_t>(history_.size()); }

  /// Forgets all epochs but the first `epochs`, and the running one: training goes on from there.
  void roll_back(std::int64_t epochs) {
    const auto kept = static_cast<std::size_t>(std::clamp<std::int64_t>(epochs, 0, this->epochs()));
    history_.resize(kept);
    for (auto& seen : symptoms_) seen.resize(kept);
    sums_ = {};
    count_ = 0;
    spoilt_ = false;
    diversity_ = nothing;
    weight_norm_ = GanRecord::unknown;
    last_step_ = history_.empty() ? 0 : history_.back().step;
    verdict_ = {.epoch = this->epochs(), .step = last_step_};
  }

 private:
  static constexpr std::size_t values = 9;
  static constexpr std::array<double GanRecord::*, values> members{&GanRecord::discriminator_loss,
                                                                   &GanRecord::generator_loss,
                                                                   &GanRecord::real_logit,
                                                                   &GanRecord::fake_logit,
                                                                   &GanRecord::real_probability,
                                                                   &GanRecord::fake_probability,
                                                                   &GanRecord::discriminator_gradient_norm,
                                                                   &GanRecord::generator_gradient_norm,
                                                                   &GanRecord::generator_signal};
  static constexpr SampleDiversity nothing{GanRecord::unknown, GanRecord::unknown, GanRecord::unknown,
                                           GanRecord::unknown, GanRecord::unknown, GanRecord::unknown};

  const GanVerdict& name_not_finite(std::int64_t epoch, const std::string& tensor, std::string seen) {
    verdict_ = {.failure = GanFailure::not_finite,
                .epoch = epoch,
                .step = last_step_,
                .suspicious = true,
                .tensor = tensor,
                .seen = std::move(seen)};
    return verdict_;
  }

  void judge() {
    const auto& limit = options_.thresholds;
    // Of two that are due in one epoch the first here is named: fakes that never varied much and a gradient
    // that never came are a matter of the gradient.
    const std::array<std::string, 3> words{detail::divergence_symptom(history_, limit),
                                           detail::vanishing_symptom(history_, limit),
                                           detail::collapse_symptom(history_, limit)};
    constexpr std::array<GanFailure, 3> failures{GanFailure::divergence, GanFailure::vanishing_gradient,
                                                 GanFailure::mode_collapse};
    for (std::size_t i = 0; i < words.size(); ++i) {
      symptoms_[i].resize(history_.size() - 1, false);  // after an infinite loss
      symptoms_[i].push_back(!words[i].empty());
      if (words[i].empty()) continue;
      verdict_.suspicious = true;
      if (!lasts(symptoms_[i])) continue;
      if (verdict_.healthy()) {
        verdict_.failure = failures[i];
        verdict_.seen = words[i];
      } else {
        verdict_.seen += "; also, " + words[i];
      }
    }
    if (verdict_.healthy() && verdict_.suspicious) {
      for (const auto& text : words) {
        if (verdict_.seen.empty()) verdict_.seen = text;
      }
    }
  }

  bool lasts(const std::vector<bool>& symptom) const {
    Index seen = 0, looked = 0;
    for (std::size_t i = symptom.size(); i-- > 0 && looked <= options_.patience; ++looked) seen += symptom[i];
    return seen >= options_.patience;
  }

  GanMonitorOptions options_;
  std::vector<GanRecord> history_;
  std::array<std::vector<bool>, 3> symptoms_;
  std::array<double, values> sums_{};
  std::int64_t count_ = 0, last_step_ = 0;  // of the running epoch
  bool spoilt_ = false;                     // a step of it was not finite: verdict_ says which
  SampleDiversity diversity_ = nothing;
  double weight_norm_ = GanRecord::unknown;
  GanVerdict verdict_;
};

}  // namespace rapt
