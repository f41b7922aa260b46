#pragma once
/// \file  How varied generated samples are beside real ones.

#include <rapt/core/parallel.hpp>
#include <rapt/core/tensor.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <limits>
#include <type_traits>
#include <vector>

namespace rapt {

/// What sample_diversity returns; NaN where there are not two different samples to measure with, or where a
/// sample is not finite (an infinite one may make the distances infinite).
struct SampleDiversity {
  double real_distance = 0;  // mean distance of two real samples
  double fake_distance = 0;  // mean distance of two fakes
  double spread = 0;         // fake_distance / real_distance: 0 where all fakes are one
  double deviation = 0;      // root of the sum of the features' variances, fakes over real
  double shift = 0;          // distance of the two means over the root of the sum of the real variances
  double gap = 0;            // mean distance of a real sample to the nearest fake, over real_distance
};

namespace detail {

/// The first rows of samples of any rank, each seen as one row of numbers.
template <class T>
struct SampleRows {
  const T* data;
  Index rows, width;
  template <std::size_t Rank>
  SampleRows(TensorView<const T, Rank> x, Index most)
      : data(x.data()),
        rows(std::min(x.extent(0), most)),
        width(x.extent(0) == 0 ? 0 : x.size() / x.extent(0)) {}

  double distance(Index i, const SampleRows& other, Index j) const {
    const T *a = data + i * width, *b = other.data + j * width;
    double sum = 0;
    for (Index c = 0; c < width; ++c) {
      const double difference = static_cast<double>(a[c]) - static_cast<double>(b[c]);
      sum += difference * difference;
    }
    return std::sqrt(sum);
  }
};

/// Mean and sum of variances of all columns.
template <class T>
double sum_of_variances(const SampleRows<T>& x, std::vector<double>& mean) {
  mean.assign(static_cast<std::size_t>(x.width), 0);
  double sum = 0;
  for (Index c = 0; c < x.width; ++c) {
    double squares = 0, &m = mean[static_cast<std::size_t>(c)];
    for (Index n = 0; n < x.rows; ++n) m += static_cast<double>(x.data[n * x.width + c]);
    m /= static_cast<double>(x.rows);
    for (Index n = 0; n < x.rows; ++n) {
      const double d = static_cast<double>(x.data[n * x.width + c]) - m;
      squares += d * d;
    }
    sum += squares / static_cast<double>(x.rows);
  }
  return sum;
}

template <class T>
double mean_distance(const SampleRows<T>& x) {
  double sum = 0;
  for (Index i = 0; i < x.rows; ++i) {
    for (Index j = 0; j < i; ++j) sum += x.distance(i, x, j);
  }
  return sum / (static_cast<double>(x.rows) * static_cast<double>(x.rows - 1) / 2);
}

/// Mean distance from a real sample to the nearest fake.
template <class T>
double mean_gap(const SampleRows<T>& real, const SampleRows<T>& fake) {
  double sum = 0;
  for (Index i = 0; i < real.rows; ++i) {
    double nearest = std::numeric_limits<double>::infinity();
    for (Index j = 0; j < fake.rows; ++j) {
      const double distance = real.distance(i, fake, j);
      if (!std::isfinite(distance)) return std::numeric_limits<double>::quiet_NaN();  // min would skip NaN
      nearest = std::min(nearest, distance);
    }
    sum += nearest;
  }
  return sum / static_cast<double>(real.rows);
}

}  // namespace detail

/// How far fakes lie from each other and from real samples, as a share of how far real samples do. No network
/// judges: distances are those of the numbers themselves.
///
/// \shape  real (N, ...), fake (K, ...), of any rank, each sample read as one row
/// \param  most  at most so many of the first samples of each set are read
/// \cost   most^2 distances; allocates
/// \throws ShapeError where a real sample and a fake differ in shape
template <class Samples>
SampleDiversity sample_diversity(const Samples& real_samples, ConstView<Samples> fake, Index most = 256) {
  using T = typename Samples::Scalar;
  const ConstView<Samples> real = real_samples;
  auto expected = real.shape();
  expected[0] = any;
  expect_shape("sample_diversity", "fake", fake.shape(), expected);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  SampleDiversity result{nan, nan, nan, nan, nan, nan};
  const detail::SampleRows<T> r(real, most), f(fake, most);
  if (r.rows < 2 || f.rows < 2) return result;
  std::vector<double> real_mean, fake_mean;
  const double real_variance = detail::sum_of_variances(r, real_mean),
               fake_variance = detail::sum_of_variances(f, fake_mean);
  double shift = 0;
  for (std::size_t c = 0; c < real_mean.size(); ++c)
    shift += (real_mean[c] - fake_mean[c]) * (real_mean[c] - fake_mean[c]);
  result.real_distance = detail::mean_distance(r);
  result.fake_distance = detail::mean_distance(f);
  if (!(real_variance > 0)) return result;
  result.spread = result.fake_distance / result.real_distance;
  result.deviation = std::sqrt(fake_variance / real_variance);
  result.shift = std::sqrt(shift / real_variance);
  result.gap = detail::mean_gap(r, f) / result.real_distance;
  return result;
}

}  // namespace rapt
