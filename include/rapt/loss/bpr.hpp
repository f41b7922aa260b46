#pragma once
/// \file  Bayesian personalised ranking.

#include <rapt/core/loss.hpp>
#include <rapt/core/parallel_sum.hpp>
#include <rapt/loss/logistic.hpp>

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
    const Sum sum = parallel_sum<Sum>(positive.size(), grain, 40, [&](Index from, Index to) {
      Sum part = 0;
      for (Index i = from; i < to; ++i)
        part += detail::logistic_loss(scores.negative.data()[i] - scores.positive.data()[i]);
      return part;
    });
    return positive.size() == 0 ? T(0) : static_cast<T>(sum / static_cast<Sum>(positive.size()));
  }

  Prediction backward(Cache& cache) const {
    const Prediction& s = cache.scores;
    const auto d_positive = cache.positive.resize(s.positive.shape());
    const auto d_negative = cache.negative.resize(s.positive.shape());
    const T share = T(1) / static_cast<T>(s.positive.size());
    parallel_for_range(s.positive.size(), grain, 30, [&](Index from, Index to) {
      for (Index i = from; i < to; ++i) {
        // L = mean of log(1 + exp(negative - positive))
        const T slope = share * detail::logistic(s.negative.data()[i] - s.positive.data()[i]);
        d_negative.data()[i] = slope;
        d_positive.data()[i] = -slope;
      }
    });
    return {cache.positive, cache.negative};
  }

 private:
  static constexpr Index grain = 1 << 10;  // pairs of one chunk
};
static_assert(Loss<BPRLoss<float>> && Loss<BPRLoss<double>>);

}  // namespace rapt
