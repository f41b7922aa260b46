#pragma once
/// \file  What is done when adversarial training goes wrong.

#include <rapt/gan/monitor.hpp>
#include <rapt/gan/trainer.hpp>
#include <rapt/optim/clip.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace rapt {

/// What a GanGuard does about a failure: say so and go on, say so and stop, or say so and go back to the last
/// healthy state.
enum class GanPolicy { warn, stop, roll_back };

/// \units rollbacks is the number of times that training may go back before it stops; rate_factor in (0, 1]
///        is what both players' rates are multiplied by each time
struct GanGuardOptions {
  GanPolicy policy = GanPolicy::warn;
  Index rollbacks = 3;
  double rate_factor = 0.5;
  GanMonitorOptions monitor{};
};

/// Watches a training by a GanMonitor and acts on what it says.
///
///     GanGuard guard(trainer, g, d, {.policy = GanPolicy::roll_back});
///     for each step:  if (!guard.step(trainer.step(g, d, noise, real))) break;
///     each epoch:     guard.measure(real, fake); if (!guard.end_epoch()) break;
///
/// With GanPolicy::roll_back it keeps a copy of everything that training changes, both models, both
/// optimisers, the average and the trainer's count of steps, as of the end of the last epoch without a
/// symptom (or of the beginning), and puts it back on a failure, with lower rates. A failure is said once
/// under GanPolicy::warn, until an epoch is healthy again, not every epoch that it lasts.
///
/// \throws  std::invalid_argument for options out of range
/// \borrows trainer, g and d
template <class Trainer, class G, class D>
class GanGuard {
 public:
  /// Where messages go; nowhere by default. Each is one line without its end.
  std::function<void(const std::string&)> say;

  GanGuard(Trainer& trainer, G& g, D& d, GanGuardOptions options = {})
      : options_((check(options), options)),
        monitor_(options.monitor),
        trainer_(trainer),
        g_(g),
        d_(d),
        healthy_{g, d, trainer.state(), 0} {}

  /// Counts a step. False where training is to stop.
  template <std::floating_point T>
  bool step(const GanStep<T>& step) {
    monitor_.observe(step);
    return step.finite() || act();
  }

  /// Measures the diversity of fakes against real samples, for the running epoch.
  template <class Samples>
  SampleDiversity measure(const Samples& real, ConstView<Samples> fake) {
    return monitor_.measure(real, fake);
  }

  /// Closes the epoch. False where training is to stop.
  bool end_epoch() {
    monitor_.measure_weights(grad_norm(g_));
    const GanVerdict& verdict = monitor_.end_epoch();
    if (!verdict.healthy()) return act();
    said_ = {};
    if (options_.policy == GanPolicy::roll_back && !verdict.suspicious) {
      healthy_ = {g_, d_, trainer_.state(), monitor_.epochs()};
    }
    return true;
  }

  const GanMonitor& monitor() const { return monitor_; }
  /// What all goings back have made of the rates together: a schedule that sets the rates multiplies by it.
  double rate_factor() const { return rate_factor_; }
  /// Times that training went back.
  Index rollbacks() const { return rollbacks_; }
  /// All that was said, a line each.
  const std::vector<std::string>& messages() const { return messages_; }

 private:
  struct Snapshot {
    G g;
    D d;
    typename Trainer::State state;
    std::int64_t epochs;  // closed by then
  };

  static void check(const GanGuardOptions& o) {
    detail::expect_option(o.rollbacks >= 0, "GanGuard", "rollbacks", static_cast<double>(o.rollbacks),
                          "at least 0");
    detail::expect_option(o.rate_factor > 0 && o.rate_factor <= 1, "GanGuard", "rate_factor", o.rate_factor,
                          "above 0 and at most 1");
  }

  bool act() {
    const GanVerdict& verdict = monitor_.verdict();
    const std::string message = verdict.message();
    switch (options_.policy) {
      case GanPolicy::warn:
        if (!std::exchange(said_[static_cast<std::size_t>(verdict.failure)], true)) tell(message);
        return true;
      case GanPolicy::stop:
        tell(message + " Training stops here.");
        return false;
      case GanPolicy::roll_back:
        break;
    }
    if (rollbacks_ == options_.rollbacks) {
      tell(message + " Training stops here, having gone back " + std::to_string(rollbacks_) + " times.");
      return false;
    }
    ++rollbacks_;
    tell(message + " Training goes back to step " + std::to_string(healthy_.state.steps) + " with rates " +
         detail::number_text(options_.rate_factor) + " times as high.");
    rate_factor_ *= options_.rate_factor;
    healthy_.state.generator.options.rate *= options_.rate_factor;
    healthy_.state.discriminator.options.rate *= options_.rate_factor;
    g_ = healthy_.g;
    d_ = healthy_.d;
    trainer_.state() = healthy_.state;
    monitor_.roll_back(healthy_.epochs);
    return true;
  }

  void tell(const std::string& message) {
    messages_.push_back(message);
    if (say) say(message);
  }

  GanGuardOptions options_;
  GanMonitor monitor_;
  Trainer& trainer_;
  G& g_;
  D& d_;
  Snapshot healthy_;
  Index rollbacks_ = 0;
  double rate_factor_ = 1;
  std::array<bool, 5> said_{};  // by GanFailure, since the last healthy epoch
  std::vector<std::string> messages_;
};

}  // namespace rapt
