#pragma once
/// \file  Ranking loss over lists of candidates: every positive against all negatives of its list.

#include <rapt/core/checked.hpp>
#include <rapt/core/loss.hpp>
#include <rapt/core/offsets.hpp>
#include <rapt/kernels/loss.hpp>
#include <rapt/loss/sum_of_terms.hpp>

#include <algorithm>
#include <concepts>
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
    // The positives are what the sum over the negatives leaves out.
    const auto log_sum_exp = RAPT_KERNEL_FOR(simd(), log_sum_exp_rows<T, true>);
    const auto terms_of = RAPT_KERNEL_FOR(simd(), list_terms<T>);
    Sum sum = 0;
    for (Index list = 0; list < lists; ++list) {
      const Index from = target.offsets(list), to = target.offsets(list + 1);
      const T* const s = scores.data() + from;
      const bool* const positive = target.positive.data() + from;
      T& z = cache.normaliser(list);
      log_sum_exp(s, positive, &z, 1, to - from);
      cache.positives += std::count(positive, positive + (to - from), true);
      sum += detail::sum_of_terms<T>(
          to - from, [&](Index at, Index n, T* terms) { terms_of(s + at, positive + at, z, terms, n); });
    }
    return cache.positives == 0 ? T(0) : static_cast<T>(sum / static_cast<Sum>(cache.positives));
  }

  Prediction backward(Cache& cache) const {
    const auto& [positive, offsets] = cache.target;
    const auto d = cache.gradient.resize(cache.scores.shape());
    const T share = cache.positives == 0 ? T(0) : T(1) / static_cast<T>(cache.positives);
    const auto slopes = RAPT_KERNEL_FOR(simd(), list_slopes<T>);
    const auto gradient = RAPT_KERNEL_FOR(simd(), list_gradient<T>);
    for (Index list = 0; list + 1 < offsets.extent(0); ++list) {
      const T z = cache.normaliser(list);
      const Index from = offsets(list), count = offsets(list + 1) - from;
      const T* const s = cache.scores.data() + from;
      const bool* const is_positive = positive.data() + from;
      // Sum over the positives of the derivative of softplus(z - s_k) by z, the logsumexp of the negatives.
      const Sum pull = detail::sum_of_terms<T>(
          count, [&](Index at, Index n, T* terms) { slopes(s + at, is_positive + at, z, share, terms, n); });
      gradient(s, is_positive, z, share, static_cast<T>(pull), d.data() + from, count);
    }
    return cache.gradient;
  }

 private:
  static void check(const Prediction& scores, const Target& target) {
    expect_shape<2>("CandidateListLoss::forward", "prediction", scores.shape(),
                    {target.positive.extent(0), 1});
    expect_offsets("CandidateListLoss::forward", target.offsets, scores.extent(0));
  }
};
RAPT_MODELS(Loss<CandidateListLoss<float>>, Loss<CandidateListLoss<double>>);

}  // namespace rapt
