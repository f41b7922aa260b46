#pragma once
/// \file  Ranking loss over lists of candidates: every positive against all negatives of its list.

#include <rapt/core/checked.hpp>
#include <rapt/core/loss.hpp>
#include <rapt/core/offsets.hpp>
#include <rapt/loss/logistic.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <limits>
#include <stdexcept>
#include <string>
#include <type_traits>

namespace rapt {

/// Lists of candidates laid end to end, and which of them are positive.
/// \shape positive (N), offsets (lists + 1)
struct CandidateListTarget {
  TensorView<const bool, 1> positive;
  TensorView<const Index, 1> offsets;
};

/// `mean over positives k of softplus(logsumexp over the negatives n of k's list of s_n - s_k)`: the softmax
/// cross-entropy of one positive against all the negatives that the generator proposed beside it (sampled
/// softmax with the other positives left out; Jean et al. 2015, arXiv:1412.2007).
///
/// \shape   prediction (N, 1), target of the same N -> one number; 0 where no list has both kinds
/// \throws  ShapeError; std::invalid_argument where offsets do not rise from 0 to N
/// \borrows prediction and target until backward
/// \note    a positive of a list without negatives costs nothing and counts in the mean
template <std::floating_point T>
struct CandidateListLoss {
  using Scalar = T;
  using Prediction = TensorView<const T, 2>;
  using Target = CandidateListTarget;
  using Sum = std::common_type_t<T, double>;  // what is summed in

  struct Cache {
    Prediction scores;        // borrowed
    Target target;            // borrowed
    Tensor<T, 1> normaliser;  // (lists) logsumexp over the negatives; minus infinity without any
    Index positives = 0;
    Tensor<T, 2> gradient;  // (N, 1)
  };

  T forward(Prediction scores, Target target, Cache& cache) const {
    check(scores, target);
    const Index lists = target.offsets.extent(0) - 1;
    cache.scores = scores;
    cache.target = target;
    cache.normaliser.resize({lists});
    cache.positives = 0;
    Sum sum = 0;
    for (Index list = 0; list < lists; ++list) {
      const Index from = target.offsets(list), to = target.offsets(list + 1);
      const T z = cache.normaliser(list) = log_sum_of_negatives(scores, target, from, to);
      for (Index n = from; n < to; ++n) {
        if (!target.positive(n)) continue;
        ++cache.positives;
        sum += detail::logistic_loss(z - scores(n, 0));
      }
    }
    return cache.positives == 0 ? T(0) : static_cast<T>(sum / static_cast<Sum>(cache.positives));
  }

  Prediction backward(Cache& cache) const {
    const auto& [positive, offsets] = cache.target;
    const auto d = cache.gradient.resize(cache.scores.shape());
    const T share = cache.positives == 0 ? T(0) : T(1) / static_cast<T>(cache.positives);
    for (Index list = 0; list + 1 < offsets.extent(0); ++list) {
      const T z = cache.normaliser(list);
      Sum pull = 0;  // sum over the positives of the derivative of softplus(z - s_k) by z
      for (Index n = offsets(list); n < offsets(list + 1); ++n) {
        if (!positive(n)) continue;
        const T slope = share / (T(1) + std::exp(cache.scores(n, 0) - z));
        d(n, 0) = -slope;
        pull += slope;
      }
      for (Index n = offsets(list); n < offsets(list + 1); ++n) {
        // z = logsumexp of the negatives
        if (!positive(n)) d(n, 0) = static_cast<T>(pull) * std::exp(cache.scores(n, 0) - z);
      }
    }
    return cache.gradient;
  }

 private:
  static void check(const Prediction& scores, const Target& target) {
    expect_shape<2>("CandidateListLoss::forward", "prediction", scores.shape(),
                    {target.positive.extent(0), 1});
    expect_offsets("CandidateListLoss::forward", target.offsets, scores.extent(0));
  }
  static T log_sum_of_negatives(const Prediction& scores, const Target& target, Index from, Index to) {
    T top = -std::numeric_limits<T>::infinity();
    Sum sum = 0;
    Index negatives = 0;
    for (Index n = from; n < to; ++n) {
      if (target.positive(n)) continue;
      ++negatives;
      top = std::max(top, scores(n, 0));
    }
    if (negatives == 0) return top;  // counted, so that scores which are all NaN are not taken for none
    for (Index n = from; n < to; ++n) {
      if (!target.positive(n)) sum += std::exp(scores(n, 0) - top);
    }
    return static_cast<T>(top + std::log(sum));
  }
};
static_assert(Loss<CandidateListLoss<float>> && Loss<CandidateListLoss<double>>);

}  // namespace rapt
