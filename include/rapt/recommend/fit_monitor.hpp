#pragma once
/// \file  A watch over the fit of an attention-GAN.

#include <rapt/gan/monitor.hpp>
#include <rapt/recommend/attention_gan_fit.hpp>

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace rapt {

/// A GanMonitor for each generator and each discriminator of a fit, fed with the loss of every epoch: hand
/// `watch()` to FitContext::progress. Losses alone tell of a divergence; the fit itself throws where one is
/// not finite.
///
///     FitMonitor monitor;
///     context.progress = monitor.watch();
///     AttentionGan::fit(train, settings, seed, context);
///     for (const std::string& message : monitor.messages()) ...
class FitMonitor {
 public:
  explicit FitMonitor(GanMonitorOptions options = {}) : options_(options) {}

  /// What counts each line of progress, and hands it on to `next`. \borrows this
  std::function<void(const FitProgress&)> watch(std::function<void(const FitProgress&)> next = {}) {
    return [this, next](const FitProgress& line) {
      observe(line);
      if (next) next(line);
    };
  }

  void observe(const FitProgress& line) {
    if (line.step == 0) return;  // something begins
    auto& monitor = monitors_.try_emplace(line.stage, options_).first->second;
    if (line.step == 1) monitor.roll_back(0);  // one more member of that name
    GanRecord record;
    record.step = line.step;
    const bool judges = std::string_view(line.stage).find("discriminator") != std::string_view::npos;
    (judges ? record.discriminator_loss : record.generator_loss) = line.loss;
    const GanVerdict& verdict = monitor.end_epoch(record);
    if (!verdict.healthy()) messages_.push_back(line.stage + ": " + verdict.message());
  }

  /// By the name of the stage.
  const std::map<std::string, GanMonitor>& monitors() const { return monitors_; }
  /// One for each epoch that showed a failure.
  const std::vector<std::string>& messages() const { return messages_; }

 private:
  GanMonitorOptions options_;
  std::map<std::string, GanMonitor> monitors_;
  std::vector<std::string> messages_;
};

}  // namespace rapt
