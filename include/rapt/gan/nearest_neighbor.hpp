#pragma once
/// \file  How near samples lie to others: to see whether a generator repeats what it was trained on.

#include <rapt/core/parallel.hpp>
#include <rapt/core/tensor.hpp>
#include <rapt/gan/samples.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <limits>
#include <vector>

namespace rapt {

namespace detail {

/// Squared distance of two rows, by differences: by products it would lose the small ones that matter here.
template <std::floating_point T>
double squared_distance(const T* a, const T* b, Index width) {
  double sum = 0;
  for (Index i = 0; i < width; ++i) {
    const double d = static_cast<double>(a[i]) - static_cast<double>(b[i]);
    sum += d * d;
  }
  return sum;
}

/// The middle number, or the mean of the middle two.
inline double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t n = values.size();
  return (values[(n - 1) / 2] + values[n / 2]) / 2;
}

}  // namespace detail

/// What nearest_neighbors returns.
struct Neighbors {
  Tensor<Index, 1> index;      // (N): row of the nearest reference, the first of equally near ones
  Tensor<double, 1> distance;  // (N): Euclidean
};

/// The nearest reference of each sample and its distance.
/// \shape  samples (N, E), references (M, E)
/// \cost   N M E
/// \throws ShapeError; std::invalid_argument for no references; std::domain_error for numbers not finite
template <class Samples>
Neighbors nearest_neighbors(const Samples& all, ConstView<Samples> references) {
  const ConstView<Samples> samples = all;
  expect_shape("nearest_neighbors", "references", references.shape(), {any, samples.extent(1)});
  detail::expect_samples("nearest_neighbors", "samples", samples, 0);
  detail::expect_samples("nearest_neighbors", "references", references, 1);
  const Index rows = samples.extent(0), others = references.extent(0), width = samples.extent(1);
  Neighbors result{Tensor<Index, 1>({rows}), Tensor<double, 1>({rows})};
  parallel_for_range(rows, 16, 2 * others * width, [&](Index from, Index to) {
    for (Index n = from; n < to; ++n) {
      double best = std::numeric_limits<double>::infinity();
      for (Index m = 0; m < others; ++m) {
        const double d =
            detail::squared_distance(samples.data() + n * width, references.data() + m * width, width);
        if (d < best) {
          best = d;
          result.index(n) = m;
        }
      }
      result.distance(n) = std::sqrt(best);
    }
  });
  return result;
}

/// What memorization returns.
struct Memorization {
  double fake_median = 0;      // of the distances of fakes to their nearest training samples
  double held_out_median = 0;  // the same of real samples that were not trained on
  /// Probability that a fake lies nearer to the training set than a held-out sample does, ties half: 0.5
  /// where the generator treats training samples as any others, 1 where it copies them, below 0.5 where it
  /// misses.
  double nearer = 0;
};

/// Whether a generator repeats its training samples: distances of fakes to their nearest training samples,
/// beside those of real samples held out. `nearer` is the statistic of Mann and Whitney over N M (Meehan et
/// al. 2020, arXiv:2004.05675, section 3, over one cell).
/// \shape  fake (N, E), train (M, E), held_out (K, E)
/// \cost   (N + K) M E
/// \throws ShapeError; std::invalid_argument where a set is empty; std::domain_error for numbers not finite
template <class Samples>
Memorization memorization(const Samples& generated, ConstView<Samples> train, ConstView<Samples> held_out) {
  const ConstView<Samples> fake = generated;
  detail::expect_samples("memorization", "train", train, "fake", fake, 1);
  detail::expect_samples("memorization", "train", train, "held_out", held_out, 1);
  const auto sorted = [&](ConstView<Samples> samples) {
    const auto found = nearest_neighbors(samples, train);
    std::vector<double> distances(found.distance.begin(), found.distance.end());
    std::sort(distances.begin(), distances.end());
    return distances;
  };
  const auto fakes = sorted(fake), others = sorted(held_out);
  double wins = 0;
  for (const double d : fakes) {
    const auto [first, last] = std::equal_range(others.begin(), others.end(), d);
    wins += static_cast<double>(others.end() - last) + 0.5 * static_cast<double>(last - first);
  }
  return {.fake_median = detail::median(fakes),
          .held_out_median = detail::median(others),
          .nearer = wins / (static_cast<double>(fakes.size()) * static_cast<double>(others.size()))};
}

}  // namespace rapt
