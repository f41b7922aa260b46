#pragma once
/// \file  Kullback-Leibler divergence of a diagonal Gaussian from the standard normal.

#include <rapt/core/loss.hpp>
#include <rapt/core/parallel_sum.hpp>
#include <rapt/kernels/loss.hpp>
#include <rapt/loss/sum_of_terms.hpp>

#include <concepts>
#include <tuple>
#include <type_traits>

namespace rapt {

/// Mean and logarithm of the variance of independent normal numbers.
/// \shape mean, log_variance (B, Z)
template <std::floating_point T>
struct DiagonalGaussian {
  TensorView<const T, 2> mean, log_variance;
  static constexpr auto tensors = std::tuple{&DiagonalGaussian::mean, &DiagonalGaussian::log_variance};
};

/// `L = 1/B sum_b sum_z (m^2 + exp(v) - 1 - v) / 2`: KL(N(m, exp v) || N(0, I)), v the logarithm of the
/// variance (Kingma and Welling 2014, arXiv:1312.6114, appendix B).
///
/// \shape   mean, log_variance (B, Z) -> one number; 0 for B = 0
/// \throws  ShapeError
/// \borrows mean and log_variance until the matching backward
template <std::floating_point T>
struct GaussianKLLoss {
  using Scalar = T;
  using Prediction = DiagonalGaussian<T>;
  using Target = NoTarget;

  struct Cache {
    Prediction gaussian;              // borrowed (B, Z)
    Tensor<T, 2> mean, log_variance;  // (B, Z), their gradients
  };

  T forward(Prediction gaussian, Target, Cache& cache) const {
    expect_shape("GaussianKLLoss::forward", "log_variance", gaussian.log_variance.shape(),
                 gaussian.mean.shape());
    cache.gaussian = gaussian;
    const Index rows = gaussian.mean.extent(0);
    using Sum = std::common_type_t<T, double>;
    const T *const m = gaussian.mean.data(), *const v = gaussian.log_variance.data();
    const auto kernel = RAPT_KERNEL_FOR(simd(), gaussian_terms<T>);
    const Sum sum = parallel_sum<Sum>(gaussian.mean.size(), grain, 3, [&](Index begin, Index end) {
      return detail::sum_of_terms<T>(end - begin, [&](Index from, Index n, T* terms) {
        kernel(m + begin + from, v + begin + from, terms, n);
      });
    });
    return rows == 0 ? T(0) : static_cast<T>(sum / static_cast<Sum>(2 * rows));
  }

  Prediction backward(Cache& cache) const {
    const auto [mean, log_variance] = cache.gaussian;
    const T *const m = mean.data(), *const v = log_variance.data();
    T* const d_mean = cache.mean.resize(mean.shape()).data();
    T* const d_log_variance = cache.log_variance.resize(mean.shape()).data();
    const T share = mean.extent(0) == 0 ? T(0) : T(1) / static_cast<T>(mean.extent(0));
    const auto kernel = RAPT_KERNEL_FOR(simd(), gaussian_gradient<T>);
    parallel_for_range(mean.size(), grain, 3, [&](Index from, Index to) {
      // L = 1/B sum of (m^2 + exp(v) - 1 - v) / 2
      kernel(m + from, v + from, share, d_mean + from, d_log_variance + from, to - from);
    });
    return {cache.mean, cache.log_variance};
  }

 private:
  static constexpr Index grain = 1 << 10;  // elements of one chunk
};
RAPT_MODELS(Loss<GaussianKLLoss<float>>, Loss<GaussianKLLoss<double>>);

}  // namespace rapt
