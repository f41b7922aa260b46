#pragma once
/// \file  How far a long task is: a bar on a terminal, a line a step elsewhere.

#include "common/format.hpp"
#include "common/terminal.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <limits>
#include <string>

namespace common {

/// One step of a task. Figures that are NaN are not shown.
struct Step {
  std::string task;  // "EASE: tuning"
  long done = 0;
  long steps = 1;
  double loss = std::numeric_limits<double>::quiet_NaN();
  double metric = std::numeric_limits<double>::quiet_NaN();
  std::string metric_name = "NDCG@20";
  std::string note{};
};

/// Shows steps on stderr. A task is known by its name; the time left follows from its steps so far.
class Progress {
 public:
  explicit Progress(bool quiet = false) : quiet_(quiet), terminal_(is_terminal(stderr)) {}
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress() { clear(); }

  void show(const Step& step) {
    if (quiet_) return;
    const auto now = Clock::now();
    // The same name again from the start is another task: the next member of an ensemble, say.
    if (step.task != task_ || step.done <= last_) {
      task_ = step.task;
      started_ = now;
      first_ = step.done;
    }
    last_ = step.done;
    const double passed = std::chrono::duration<double>(now - started_).count();
    const long made = step.done - first_, left = step.steps - step.done;
    const double rest = made > 0 ? passed / static_cast<double>(made) * static_cast<double>(left)
                                 : std::numeric_limits<double>::quiet_NaN();
    const std::string line = terminal_ ? bar(step) + figures(step, rest) : text(step) + figures(step, rest);
    if (terminal_) {
      std::fprintf(stderr, "\r\x1B[K%s", line.c_str());
      std::fflush(stderr);
      drawn_ = true;
    } else {
      std::fprintf(stderr, "%s\n", line.c_str());
    }
  }

  /// Takes the bar away, so that other output starts on a clean line.
  void clear() {
    if (!drawn_) return;
    std::fprintf(stderr, "\r\x1B[K");
    std::fflush(stderr);
    drawn_ = false;
  }

 private:
  using Clock = std::chrono::steady_clock;

  static std::string count(const Step& step) {
    return std::to_string(step.done) + "/" + std::to_string(step.steps);
  }
  static std::string text(const Step& step) { return step.task + " " + count(step); }
  static std::string bar(const Step& step) {
    constexpr long cells = 20;
    const long full = step.steps > 0 ? std::clamp(cells * step.done / step.steps, 0L, cells) : 0;
    std::string drawn = left(step.task.substr(0, 30), 30) + " ";
    for (long k = 0; k < cells; ++k) drawn += k < full ? "\u2588" : "\u2591";
    return drawn + " " + count(step);
  }
  static std::string figures(const Step& step, double rest) {
    std::string shown;
    if (!std::isnan(step.loss)) shown += "  loss " + fixed(step.loss, 4);
    if (!std::isnan(step.metric)) shown += "  " + step.metric_name + " " + share(step.metric);
    if (!std::isnan(rest) && step.done < step.steps) shown += "  " + duration(rest) + " left";
    return step.note.empty() ? shown : shown + "  (" + step.note + ")";
  }

  bool quiet_, terminal_;
  bool drawn_ = false;
  std::string task_;
  Clock::time_point started_;
  long first_ = 0, last_ = 0;
};

}  // namespace common
