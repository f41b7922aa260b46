#pragma once
/// \file  Cross-entropy of logits over classes.

#include <rapt/core/checked.hpp>
#include <rapt/core/loss.hpp>
#include <rapt/core/number_text.hpp>
#include <rapt/core/parallel_sum.hpp>
#include <rapt/kernels/softmax.hpp>

#include <concepts>
#include <stdexcept>
#include <string>
#include <type_traits>

namespace rapt {

/// `L = mean over rows n of logsumexp(x_n) - (1 - e) x_n,t(n) - e mean_c(x_nc)`, e the label smoothing
/// (Szegedy et al. 2016, arXiv:1512.00567, section 7), as torch.nn.CrossEntropyLoss with class indices. Rows
/// whose target is `ignore_index` count neither in the sum nor in the mean.
///
/// \shape   prediction (N, C), target (N) -> one number
/// \units   label_smoothing in [0, 1] is the share of the target spread evenly over all classes
/// \throws  ShapeError; std::out_of_range for a target; std::invalid_argument for a label_smoothing that is
///          not in [0, 1]
/// \borrows prediction and target until the matching backward
/// \note    where every row is ignored (or there is none) loss and gradient are 0; PyTorch gives NaN
template <std::floating_point T>
struct CrossEntropyLoss {
  using Scalar = T;
  using Prediction = TensorView<const T, 2>;
  using Target = TensorView<const Index, 1>;

  T label_smoothing = 0;
  Index ignore_index = -100;

  struct Cache {
    Prediction logits;        // borrowed (N, C)
    Target target;            // borrowed (N)
    Tensor<T, 1> normaliser;  // (N) logsumexp of each row that counts
    Index counted = 0;        // rows that are not ignored
    Tensor<T, 2> gradient;    // (N, C)
  };

  T forward(Prediction logits, Target target, Cache& cache) const {
    const Index counted = check(logits, target);
    cache.logits = logits;
    cache.target = target;
    cache.counted = counted;
    const auto normaliser = cache.normaliser.resize({logits.extent(0)});
    using Sum = std::common_type_t<T, double>;
    const auto log_sum_exp = RAPT_KERNEL_FOR(simd(), log_sum_exp_rows<T, false>);
    const Sum sum =
        parallel_sum<Sum>(logits.extent(0), grain, 3 * logits.extent(1), [&](Index from, Index to) {
          Sum part = 0;
          for (Index n = from; n < to; ++n) {
            if (target(n) == ignore_index) continue;
            const auto x = logits.array().row(n);
            log_sum_exp(logits[n].data(), nullptr, &normaliser(n), 1, logits.extent(1));
            part += normaliser(n) - (T(1) - label_smoothing) * x(target(n));
            if (label_smoothing != 0) part -= label_smoothing * x.mean();
          }
          return part;
        });
    return counted == 0 ? T(0) : static_cast<T>(sum / static_cast<Sum>(counted));
  }

  Prediction backward(Cache& cache) const {
    const Prediction x = cache.logits;
    const auto d = cache.gradient.resize(x.shape());
    const T share = cache.counted == 0 ? T(0) : T(1) / static_cast<T>(cache.counted);
    const T spread = x.extent(1) == 0 ? T(0) : label_smoothing / static_cast<T>(x.extent(1));
    const auto exponentials = RAPT_KERNEL_FOR(simd(), scaled_exponentials<T>);
    parallel_for_range(x.extent(0), grain, 3 * x.extent(1), [&](Index from, Index to) {
      for (Index n = from; n < to; ++n) {
        auto row = d.array().row(n);
        if (cache.target(n) == ignore_index) {
          row.setZero();
          continue;
        }
        // L = mean of logsumexp(x) - ... - e mean_c(x)
        exponentials(x[n].data(), row.data(), x.extent(1), cache.normaliser(n), share);
        if (spread != 0) row -= share * spread;
        // L = ... - (1 - e) x_t
        row(cache.target(n)) -= share * (T(1) - label_smoothing);
      }
    });
    return cache.gradient;
  }

 private:
  static constexpr Index grain = 8;  // rows of one chunk

  // Returns the number of rows that count.
  Index check(const Prediction& logits, const Target& target) const {
    static constexpr const char* where = "CrossEntropyLoss::forward";
    expect_shape<1>(where, "target", target.shape(), {logits.extent(0)});
    if (!(label_smoothing >= 0 && label_smoothing <= 1)) {
      throw std::invalid_argument(std::string(where) + ": label_smoothing is " +
                                  detail::number_text(static_cast<double>(label_smoothing)) +
                                  ", expected 0 to 1");
    }
    Index counted = 0;
    for (const Index t : target) {
      if (t == ignore_index) continue;
      expect_id(where, "target", t, logits.extent(1));
      ++counted;
    }
    return counted;
  }
};
RAPT_MODELS(Loss<CrossEntropyLoss<float>>, Loss<CrossEntropyLoss<double>>);

}  // namespace rapt
