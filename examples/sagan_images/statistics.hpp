#pragma once
/// \file  Mean and spread of a measure over trainings.

#include "run.hpp"

#include "common/format.hpp"

#include <cmath>
#include <string>
#include <vector>

namespace sagan {

/// What a training is called.
inline std::string kind(bool attention) { return attention ? "attention" : "no attention"; }

/// Mean over trainings.
struct Spread {
  double mean = 0, deviation = 0;  // the deviation of single trainings (N - 1)
  long count = 0;

  /// Standard error of the mean.
  double error() const { return deviation / std::sqrt(static_cast<double>(count)); }
  /// `0.276 +- 0.007`
  std::string text(int digits) const {
    return common::fixed(mean, digits) + " +- " + common::fixed(deviation, digits);
  }
};

/// Of value(run) over the trainings with or without attention.
template <class Value>
Spread spread(const std::vector<Run>& runs, bool attention, Value value) {
  Spread result;
  double squares = 0;
  for (const Run& run : runs) {
    if (run.attention != attention) continue;
    const double x = value(run), before = x - result.mean;
    result.mean += before / static_cast<double>(++result.count);
    squares += before * (x - result.mean);
  }
  if (result.count > 1) result.deviation = std::sqrt(squares / static_cast<double>(result.count - 1));
  return result;
}

}  // namespace sagan
