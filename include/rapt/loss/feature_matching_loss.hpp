#pragma once
/// \file  The distance between the mean features of two batches.

#include <rapt/core/loss.hpp>
#include <rapt/ops/reduce.hpp>

#include <concepts>
#include <type_traits>

namespace rapt {

/// `L = sum over c of (mean of fake_c - mean of real_c)^2`, the loss of a generator that shall match what an
/// inner layer of the discriminator sees on average (Salimans et al. 2016, arXiv:1606.03498, section 3.1).
///
/// \shape   fake (K, C), real (N, C) -> one number; 0 where there are no fakes or no real samples. Flatten
///          features of another rank.
/// \throws  ShapeError
/// \note    the features of real samples are constants: only those of fakes have a gradient
template <std::floating_point T>
struct FeatureMatchingLoss {
  using Scalar = T;
  using Prediction = TensorView<const T, 2>;
  using Target = TensorView<const T, 2>;

  struct Cache {
    Tensor<T, 1> difference;  // (C), of the means
    Tensor<T, 1> of_real;     // (C)
    Tensor<T, 2> gradient;    // (K, C)
  };

  T forward(Prediction fake, Target real, Cache& cache) const {
    const Index width = fake.extent(1);
    expect_shape("FeatureMatchingLoss::forward", "real", real.shape(), {any, width});
    const auto difference = cache.difference.resize({width}), of_real = cache.of_real.resize({width});
    column_means(fake, difference);
    column_means(real, of_real);
    if (fake.extent(0) == 0 || real.extent(0) == 0)
      cache.difference.fill(0);
    else
      difference.array() -= of_real.array();
    cache.gradient.resize(fake.shape());
    using Sum = std::common_type_t<T, double>;
    return static_cast<T>(difference.array().template cast<Sum>().square().sum());
  }

  Prediction backward(Cache& cache) const {
    const Index rows = cache.gradient.extent(0), width = cache.gradient.extent(1);
    const T share = T(2) / static_cast<T>(rows);
    T* const d = cache.gradient.data();
    parallel_for_range(rows, detail::rows_of_chunk(width), width, [&](Index from, Index to) {
      // L = sum of (mean of fake - mean of real)^2, and each of K fakes is a K-th of the mean
      for (Index n = from; n < to; ++n) {
        for (Index c = 0; c < width; ++c) d[n * width + c] = share * cache.difference.data()[c];
      }
    });
    return cache.gradient;
  }

 private:
  static void column_means(TensorView<const T, 2> x, TensorView<T, 1> means) {
    for (T& m : means) m = 0;
    add_column_sums(x, means);
    if (x.extent(0) != 0) means.array() /= static_cast<T>(x.extent(0));
  }
};
RAPT_MODELS(Loss<FeatureMatchingLoss<float>>, Loss<FeatureMatchingLoss<double>>);

}  // namespace rapt
