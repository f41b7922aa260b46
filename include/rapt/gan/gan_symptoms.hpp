#pragma once
/// \file  Signs of trouble in the history of adversarial training.

#include <rapt/gan/gan_record.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <initializer_list>
#include <span>
#include <string>
#include <vector>

namespace rapt {

/// Where the symptoms begin. All are without unit: shares of what real samples show, of what the run itself
/// has shown, or of what the loss can give at most; so they hold for data and nets of any scale.
struct GanThresholds {
  /// Mode collapse: the fakes' mean distance is below this share of the real samples', and not on the way
  /// up ...
  double spread_of_real = 0.1;
  /// ... or below this share of the largest that the run has had (counted up to that of the real samples) ...
  double spread_of_best = 0.25;
  /// ... or the mean gap between a real sample and the nearest fake is above both this share of the real
  /// samples' mean distance and so many times the smallest that the run has had: fakes have left regions
  /// that they had reached.
  double gap_of_real = 0.3, gap_of_best = 3;
  /// Vanishing gradient: of the verdicts' slopes this share reaches the generator; a loss that is not
  /// saturated passes on the order of 1 ...
  double signal = 0.01;
  /// ... or its gradient times the norm of its weights (what the loss would lose, to first order, if all
  /// weights moved down by their own size) is below this share of the distance of D's mean logits or of 1 ...
  double effect = 1e-3;
  /// ... or its gradient's norm is below this share of the run's median.
  double gradient_of_median = 1e-3;
  /// Divergence: a loss grows and is so many times the largest of 1, the real samples' mean distance (what a
  /// critic of slope 1 may tell) and the smallest that the run has had ...
  double loss_growth = 20;
  /// ... or is, without growing any more, so many times the first two of these: it grew within an epoch ...
  double loss_beyond = 1000;
  /// ... or a gradient's norm is so many times the run's median ...
  double gradient_growth = 1000;
  /// ... or the fakes are so many times as far apart, or as far off in the mean, as real samples are, and
  /// getting farther.
  double runaway = 10;
};

namespace detail {

/// A number with three digits, in the C locale.
inline std::string three_digits(double value) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value, std::chars_format::general, 3);
  return {text, end.ptr};
}

/// The history of one number: NaN where it was not measured.
class GanSeries {
 public:
  GanSeries(std::span<const GanRecord> records, double GanRecord::*member)
      : records_(records), member_(member) {}

  /// The last value; `back(1)` the one before. NaN where there is none.
  double back(std::size_t ago = 0) const {
    return ago < records_.size() ? records_[records_.size() - 1 - ago].*member_ : GanRecord::unknown;
  }
  /// The known values before the last one, in ascending order.
  std::vector<double> past() const {
    std::vector<double> values;
    for (std::size_t i = 0; i + 1 < records_.size(); ++i) {
      const double value = std::abs(records_[i].*member_);
      if (!std::isnan(value)) values.push_back(value);
    }
    std::sort(values.begin(), values.end());
    return values;
  }
  /// The median of the past, NaN with fewer than three values.
  double median() const {
    const auto values = past();
    return values.size() < 3 ? GanRecord::unknown : values[values.size() / 2];
  }
  /// The second smallest and the second largest of the past: no single odd epoch sets the mark. NaN with
  /// fewer than two values.
  double low() const {
    const auto values = past();
    return values.size() < 2 ? GanRecord::unknown : values[1];
  }
  double high() const {
    const auto values = past();
    return values.size() < 2 ? GanRecord::unknown : values[values.size() - 2];
  }
  /// Grown in the last epoch, in size. A comparison with what was not measured is false.
  bool grows() const { return std::abs(back()) > 1.02 * std::abs(back(1)); }
  /// Fallen in the last epoch, likewise.
  bool falls() const { return std::abs(back()) < 0.98 * std::abs(back(1)); }

 private:
  std::span<const GanRecord> records_;
  double GanRecord::*member_;
};

/// Words for a mode collapse as of the last record, or none.
inline std::string collapse_symptom(std::span<const GanRecord> history, const GanThresholds& limit) {
  const GanSeries spread(history, &GanRecord::spread), gap(history, &GanRecord::gap);
  const double now = spread.back(), best = std::min(spread.high(), 1.0);
  const std::string apart =
      "fakes are " + three_digits(now) + " times as far apart as real samples (mean distance of two)";
  // A fresh generator may begin with little spread; two epochs of growth to half as much again are a
  // recovery.
  const bool rising = now > 1.5 * spread.back(2) && now > spread.back(1) && spread.back(1) > spread.back(2);
  if (now < limit.spread_of_best * best && best >= limit.spread_of_real)
    return apart + ", after " + three_digits(spread.high()) + " times at best";
  if (now < limit.spread_of_real && !rising) return apart;
  // A gap without bound is one to fakes that are not finite, which is another failure.
  if (std::isfinite(gap.back()) && gap.back() > limit.gap_of_real &&
      gap.back() > limit.gap_of_best * gap.low()) {
    return "a real sample's nearest fake is " + three_digits(gap.back()) +
           " of the real samples' mean distance away, after " + three_digits(gap.low()) + " at best";
  }
  return {};
}

/// Words for a vanishing gradient of the generator as of the last record, or none.
inline std::string vanishing_symptom(std::span<const GanRecord> history, const GanThresholds& limit) {
  const GanSeries norm(history, &GanRecord::generator_gradient_norm);
  const GanRecord& now = history.back();
  const std::string verdict = std::isnan(now.real_probability)
                                  ? ""
                                  : " while D(real) is " + three_digits(now.real_probability) +
                                        " and D(fake) " + three_digits(now.fake_probability);
  if (now.generator_signal < limit.signal) {
    return "the loss hands " + three_digits(100 * now.generator_signal) +
           " % of the discriminator's verdict to the generator" + verdict;
  }
  const double effect = norm.back() * now.generator_weight_norm;
  const double distance = std::abs(now.real_logit - now.fake_logit);
  const double scale = std::isnan(distance) ? 1 : std::min(1.0, distance);
  if (effect < limit.effect * scale || norm.back() == 0) {
    return "the generator's gradient has norm " + three_digits(norm.back()) + verdict;
  }
  if (norm.back() < limit.gradient_of_median * norm.median()) {
    return "the generator's gradient has norm " + three_digits(norm.back()) + ", against " +
           three_digits(norm.median()) + " in the run's median" + verdict;
  }
  return {};
}

/// Words for a divergence as of the last record, or none.
inline std::string divergence_symptom(std::span<const GanRecord> history, const GanThresholds& limit) {
  struct Watched {
    const char* name;
    double GanRecord::*member;
  };
  const double distance = history.back().real_distance;
  for (const auto& [name, member] : {Watched{"the discriminator's loss", &GanRecord::discriminator_loss},
                                     Watched{"the generator's loss", &GanRecord::generator_loss}}) {
    const GanSeries loss(history, member);
    double scale = std::isnan(distance) ? 1 : std::max(1.0, distance);
    if (std::abs(loss.back()) > limit.loss_beyond * scale && !loss.falls())
      return std::string(name) + " is " + three_digits(loss.back());
    if (const auto past = loss.past(); !past.empty()) scale = std::max(scale, past.front());
    if (loss.grows() && std::abs(loss.back()) > limit.loss_growth * scale) {
      return std::string(name) + " has grown from " + three_digits(loss.back(1)) + " to " +
             three_digits(loss.back()) + " in one epoch";
    }
  }
  for (const auto& [name, member] :
       {Watched{"the discriminator's gradient", &GanRecord::discriminator_gradient_norm},
        Watched{"the generator's gradient", &GanRecord::generator_gradient_norm}}) {
    const GanSeries norm(history, member);
    if (norm.back() > limit.gradient_growth * norm.median()) {
      return std::string(name) + " has norm " + three_digits(norm.back()) + ", against " +
             three_digits(norm.median()) + " in the run's median";
    }
  }
  for (const auto& [name, member] :
       {Watched{"times as far apart as real samples", &GanRecord::spread},
        Watched{"times the real samples' deviation off in the mean", &GanRecord::shift}}) {
    const GanSeries size(history, member);
    if (size.back() > limit.runaway && size.grows() && size.back() > 2 * size.low())
      return "the fakes are " + three_digits(size.back()) + " " + name + " and getting farther";
  }
  return {};
}

}  // namespace detail

}  // namespace rapt
