#pragma once
/// \file  How sure a mean over users is.

#include <rapt/core/number_text.hpp>
#include <rapt/core/parallel.hpp>
#include <rapt/core/random.hpp>

#include <algorithm>
#include <cmath>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace rapt {

/// Where a mean lies, with the share of certainty that was asked for.
struct Interval {
  double low = 0, high = 0;
};

/// Bootstrap interval of a mean: the means of samples of the values, drawn with replacement, without the
/// outer `(1 - level) / 2` on each side (percentile method, Efron 1979; Efron and Tibshirani 1993, chapter
/// 13). No values give {0, 0}.
/// \cost   resamples x values draws; the same bits at any number of threads
/// \throws std::invalid_argument where level is not in (0, 1) or resamples are below 1
inline Interval bootstrap_interval(std::span<const double> values, const RandomStream& stream,
                                   double level = 0.95, Index resamples = 1000) {
  if (!(level > 0 && level < 1) || resamples < 1) {
    throw std::invalid_argument("bootstrap_interval: level is " + detail::number_text(level) +
                                ", resamples " + std::to_string(resamples) +
                                "; expected a level between 0 and 1 and at least "
                                "1 resample");
  }
  if (values.empty()) return {};
  const auto n = static_cast<Index>(values.size());
  std::vector<double> means(static_cast<std::size_t>(resamples));
  parallel_for_range(resamples, 8, 20 * n, [&](Index from, Index to) {
    for (Index k = from; k < to; ++k) {
      RandomStream own = stream.substream(static_cast<std::uint64_t>(k));
      double sum = 0;
      for (Index i = 0; i < n; ++i) sum += values[static_cast<std::size_t>(uniform_index(own, n))];
      means[static_cast<std::size_t>(k)] = sum / static_cast<double>(n);
    }
  });
  std::sort(means.begin(), means.end());
  const double outer = (1 - level) / 2 * static_cast<double>(resamples);
  const auto cut = std::min(static_cast<std::size_t>(std::floor(outer)), (means.size() - 1) / 2);
  return {means[cut], means[means.size() - 1 - cut]};
}

}  // namespace rapt
