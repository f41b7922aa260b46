#pragma once
/// \file  Quality and variety of generated samples, apart.

#include <rapt/gan/nearest_neighbor.hpp>

#include <algorithm>
#include <concepts>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

namespace rapt {

/// What precision_recall returns, each in [0, 1].
struct PrecisionRecall {
  double precision = 0;  // share of fakes that lie among real samples: quality
  double recall = 0;     // share of real samples that lie among fakes: variety
};

namespace detail {

/// Squared distance of each sample to its k-th nearest other sample.
template <std::floating_point T>
std::vector<double> neighbor_reach(TensorView<const T, 2> x, Index k) {
  const Index rows = x.extent(0), width = x.extent(1);
  std::vector<double> reach(static_cast<std::size_t>(rows));
  parallel_for_range(rows, 16, 2 * rows * width, [&](Index from, Index to) {
    std::vector<double> distances;
    for (Index n = from; n < to; ++n) {
      distances.clear();
      for (Index m = 0; m < rows; ++m) {
        if (m != n) distances.push_back(squared_distance(x.data() + n * width, x.data() + m * width, width));
      }
      std::nth_element(distances.begin(), distances.begin() + (k - 1), distances.end());
      reach[static_cast<std::size_t>(n)] = distances[static_cast<std::size_t>(k - 1)];
    }
  });
  return reach;
}

/// Share of `samples` within the reach of at least one of `centres`.
template <std::floating_point T>
double share_within(TensorView<const T, 2> samples, TensorView<const T, 2> centres,
                    const std::vector<double>& reach) {
  const Index rows = samples.extent(0), others = centres.extent(0), width = samples.extent(1);
  std::vector<char> inside(static_cast<std::size_t>(rows), 0);
  parallel_for_range(rows, 16, 2 * others * width, [&](Index from, Index to) {
    for (Index n = from; n < to; ++n) {
      for (Index m = 0; m < others && inside[static_cast<std::size_t>(n)] == 0; ++m) {
        inside[static_cast<std::size_t>(n)] =
            squared_distance(samples.data() + n * width, centres.data() + m * width, width) <=
            reach[static_cast<std::size_t>(m)];
      }
    }
  });
  return static_cast<double>(std::count(inside.begin(), inside.end(), 1)) / static_cast<double>(rows);
}

}  // namespace detail

/// Improved precision and recall (Kynkaanniemi et al. 2019, arXiv:1904.06991, eqs. 1 and 2): a set's manifold
/// is the union of balls around its samples, each as wide as the distance to the k-th nearest other sample of
/// the set. Precision is the share of fakes in the manifold of the real ones, recall the reverse.
/// \shape  real (N, E), fake (M, E); the paper takes as many of each
/// \cost   (N + M)^2 E
/// \throws ShapeError; std::invalid_argument for k below 1 and for k samples or fewer; std::domain_error for
///         numbers that are not finite
template <class Samples>
PrecisionRecall precision_recall(const Samples& real_samples, ConstView<Samples> fake, Index k = 3) {
  const ConstView<Samples> real = real_samples;
  if (k < 1) {
    throw std::invalid_argument("precision_recall: k is " + std::to_string(k) + ", expected at least 1");
  }
  detail::expect_samples("precision_recall", "real", real, "fake", fake,
                         std::min(k, std::numeric_limits<Index>::max() - 1) + 1);
  return {.precision = detail::share_within(fake, real, detail::neighbor_reach(real, k)),
          .recall = detail::share_within(real, fake, detail::neighbor_reach(fake, k))};
}

}  // namespace rapt
