#pragma once
/// \file  Binary cross-entropy of logits.

#include <rapt/core/loss.hpp>
#include <rapt/core/parallel_sum.hpp>
#include <rapt/kernels/loss.hpp>
#include <rapt/loss/sum_of_terms.hpp>

#include <concepts>
#include <type_traits>

namespace rapt {

/// What BCEWithLogitsLoss compares with: a tensor of probabilities, or one probability for all (a judge's
/// "real").
template <std::floating_point T>
struct ProbabilityTarget {
  TensorView<const T, 2> values;  // absent where one number serves all
  T constant = 0;

  ProbabilityTarget() = default;
  ProbabilityTarget(TensorView<const T, 2> v) : values(v) {}
  ProbabilityTarget(const Tensor<T, 2>& v) : values(v) {}
  ProbabilityTarget(Tensor<T, 2>&&) = delete;
  ProbabilityTarget(T c) : constant(c) {}
};

/// `L = mean over all elements of -t log sigmoid(x) - (1 - t) log(1 - sigmoid(x))`, as
/// torch.nn.BCEWithLogitsLoss; with a constant target it is each half of a GAN's loss (Goodfellow et al.
/// 2014, arXiv:1406.2661).
///
/// \shape   prediction (N, M), target (N, M) or one number -> one number; 0 where there are no elements
/// \throws  ShapeError
/// \borrows prediction and target until the matching backward
/// \note    targets may be soft; they are not checked to lie in [0, 1], as in PyTorch
template <std::floating_point T>
struct BCEWithLogitsLoss {
  using Scalar = T;
  using Prediction = TensorView<const T, 2>;
  using Target = ProbabilityTarget<T>;

  struct Cache {
    Prediction logits;      // borrowed (N, M)
    Target target;          // borrowed
    Tensor<T, 2> gradient;  // (N, M)
  };

  T forward(Prediction logits, Target target, Cache& cache) const {
    if (!target.values.absent())
      expect_shape("BCEWithLogitsLoss::forward", "target", target.values.shape(), logits.shape());
    cache.logits = logits;
    cache.target = target;
    using Sum = std::common_type_t<T, double>;
    const auto kernel = RAPT_KERNEL_FOR(simd(), binary_cross_entropy_terms<T>);
    const Sum sum = parallel_sum<Sum>(logits.size(), grain, 3, [&](Index begin, Index end) {
      return detail::sum_of_terms<T>(end - begin, [&](Index from, Index n, T* terms) {
        kernel(logits.data() + begin + from, from_element(target, begin + from), target.constant, terms, n);
      });
    });
    return logits.size() == 0 ? T(0) : static_cast<T>(sum / static_cast<Sum>(logits.size()));
  }

  Prediction backward(Cache& cache) const {
    const Prediction x = cache.logits;
    const auto d = cache.gradient.resize(x.shape());
    const T share = T(1) / static_cast<T>(x.size());
    const auto kernel = RAPT_KERNEL_FOR(simd(), binary_cross_entropy_gradient<T>);
    parallel_for_range(x.size(), grain, 2, [&](Index from, Index to) {
      // L = mean of -t log sigmoid(x) - (1 - t) log(1 - sigmoid(x))
      kernel(x.data() + from, from_element(cache.target, from), cache.target.constant, share, d.data() + from,
             to - from);
    });
    return cache.gradient;
  }

 private:
  static constexpr Index grain = 1 << 10;  // elements of one chunk
  static const T* from_element(const Target& target, Index i) {
    return target.values.absent() ? nullptr : target.values.data() + i;
  }
};
RAPT_MODELS(Loss<BCEWithLogitsLoss<float>>, Loss<BCEWithLogitsLoss<double>>);

}  // namespace rapt
