#pragma once
/// \file  Bayesian personalised ranking.

#include <rapt/core/loss.hpp>
#include <rapt/core/parallel_sum.hpp>
#include <rapt/kernels/loss.hpp>
#include <rapt/loss/sum_of_terms.hpp>

#include <concepts>
#include <tuple>
#include <type_traits>

namespace rapt {

/// Scores of pairs: element by element the first should be above the second.
/// \shape positive, negative (N, M)
template <std::floating_point T>
struct RankedPairs {
  TensorView<const T, 2> positive, negative;
  static constexpr auto tensors = std::tuple{&RankedPairs::positive, &RankedPairs::negative};
};

/// `L = mean over all pairs of -log sigmoid(positive - negative)` (Rendle et al. 2009, arXiv:1205.2618,
/// section 4.1; its weight decay belongs to the optimiser).
///
/// \shape   positive, negative (N, M) -> one number; 0 where there are no pairs
/// \throws  ShapeError
/// \borrows both scores until the matching backward
template <std::floating_point T>
struct BPRLoss {
  using Scalar = T;
  using Prediction = RankedPairs<T>;
  using Target = NoTarget;

  struct Cache {
    Prediction scores;                // borrowed (N, M)
    Tensor<T, 2> positive, negative;  // (N, M), their gradients
  };

  T forward(Prediction scores, Target, Cache& cache) const {
    const auto& [positive, negative] = scores;
    expect_shape("BPRLoss::forward", "negative", negative.shape(), positive.shape());
    cache.scores = scores;
    using Sum = std::common_type_t<T, double>;
    const T *const upper = positive.data(), *const lower = negative.data();
    const auto kernel = RAPT_KERNEL_FOR(simd(), ranking_terms<T>);
    const Sum sum = parallel_sum<Sum>(positive.size(), grain, 3, [&](Index begin, Index end) {
      return detail::sum_of_terms<T>(end - begin, [&](Index from, Index n, T* terms) {
        kernel(upper + begin + from, lower + begin + from, terms, n);
      });
    });
    return positive.size() == 0 ? T(0) : static_cast<T>(sum / static_cast<Sum>(positive.size()));
  }

  Prediction backward(Cache& cache) const {
    const Prediction& s = cache.scores;
    const auto d_positive = cache.positive.resize(s.positive.shape());
    const auto d_negative = cache.negative.resize(s.positive.shape());
    const T share = T(1) / static_cast<T>(s.positive.size());
    const auto kernel = RAPT_KERNEL_FOR(simd(), ranking_gradient<T>);
    parallel_for_range(s.positive.size(), grain, 2, [&](Index from, Index to) {
      // L = mean of log(1 + exp(negative - positive))
      kernel(s.positive.data() + from, s.negative.data() + from, share, d_positive.data() + from,
             d_negative.data() + from, to - from);
    });
    return {cache.positive, cache.negative};
  }

 private:
  static constexpr Index grain = 1 << 10;  // pairs of one chunk
};
RAPT_MODELS(Loss<BPRLoss<float>>, Loss<BPRLoss<double>>);

}  // namespace rapt
