#pragma once
/// \file  How many modes of a known mixture a generator reaches, and how well.

#include <rapt/core/parallel.hpp>
#include <rapt/core/tensor.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <limits>
#include <stdexcept>
#include <string>

namespace rapt {

/// \units deviations: how many standard deviations around its mode a sample of high quality may lie;
///        least_share in [0, 1]: share of the N / K samples due to a mode that it must get to count as
///        covered
struct ModeCoverageOptions {
  double deviations = 3;
  /// 0 is the definition of the papers, which one lucky sample meets; 0.1 asks for a tenth of a fair share.
  double least_share = 0;
};

/// What mode_coverage returns.
struct ModeCoverage {
  Index modes = 0;          // K
  Index covered = 0;        // modes that got enough samples of high quality
  double high_quality = 0;  // share of the samples that are of high quality, 0 of none
  Tensor<Index, 1> counts;  // (K): samples of high quality at each mode
};

/// Modes covered and share of samples of high quality, on a mixture of K equal isotropic normal
/// distributions.
///
/// A sample is of high quality where its distance to the nearest centre is at most `deviations` times the
/// standard deviation; a mode is covered where at least `max(1, least_share N / K)` samples of high quality
/// have it as their nearest (Srivastava et al. 2017, arXiv:1705.07761, section 5.1; Lin et al. 2018,
/// arXiv:1712.04086, section 4.1). Of two centres equally near the first counts.
///
/// \shape  generated (N, E), centres (K, E)
/// \cost   N K E
/// \throws ShapeError; std::invalid_argument for no centres and for settings out of range
/// \note   a sample that is not finite is of no quality
template <class Samples>
ModeCoverage mode_coverage(const Samples& generated, ConstView<Samples> centres, double deviation,
                           const ModeCoverageOptions& options = {}) {
  const ConstView<Samples> samples = generated;
  const Index rows = samples.extent(0), modes = centres.extent(0), width = centres.extent(1);
  expect_shape("mode_coverage", "samples", samples.shape(), {any, width});
  const auto expect = [](bool holds, const char* name, double value, const char* expected) {
    if (!holds) {
      throw std::invalid_argument(std::string("mode_coverage: ") + name + " is " + std::to_string(value) +
                                  ", expected " + expected);
    }
  };
  if (modes == 0) throw std::invalid_argument("mode_coverage: 0 centres, expected at least 1");
  expect(std::isfinite(deviation) && deviation > 0, "deviation", deviation, "a number above 0");
  expect(std::isfinite(options.deviations) && options.deviations > 0, "deviations", options.deviations,
         "a number above 0");
  expect(options.least_share >= 0 && options.least_share <= 1, "least_share", options.least_share, "0 to 1");

  const double reach = options.deviations * deviation;
  Tensor<Index, 1> nearest({rows});  // -1 where the sample is of no quality
  parallel_for_range(rows, 256, 2 * modes * width, [&](Index from, Index to) {
    for (Index n = from; n < to; ++n) {
      double best = std::numeric_limits<double>::infinity();
      nearest(n) = -1;
      for (Index k = 0; k < modes; ++k) {
        double square = 0;
        for (Index i = 0; i < width; ++i) {
          const double d = static_cast<double>(samples(n, i)) - static_cast<double>(centres(k, i));
          square += d * d;
        }
        if (square >= best) continue;
        best = square;
        nearest(n) = k;
      }
      if (!(std::sqrt(best) <= reach)) nearest(n) = -1;
    }
  });

  ModeCoverage result{.modes = modes, .counts = Tensor<Index, 1>({modes})};
  Index good = 0;
  for (const Index k : nearest) {
    if (k < 0) continue;
    ++result.counts(k);
    ++good;
  }
  const double fair = static_cast<double>(rows) / static_cast<double>(modes);
  const double least = std::max(1.0, options.least_share * fair);
  for (const Index count : result.counts) result.covered += static_cast<double>(count) >= least;
  if (rows > 0) result.high_quality = static_cast<double>(good) / static_cast<double>(rows);
  return result;
}

}  // namespace rapt
