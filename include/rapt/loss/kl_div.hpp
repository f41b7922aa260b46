#pragma once
/// \file  Kullback-Leibler divergence of discrete distributions.

#include <rapt/core/loss.hpp>
#include <rapt/core/parallel_sum.hpp>
#include <rapt/kernels/loss.hpp>
#include <rapt/loss/sum_of_terms.hpp>

#include <concepts>
#include <type_traits>

namespace rapt {

/// `L = 1/N sum_n sum_c t_nc (log t_nc - x_nc)`: KL(t || exp x), x the logarithms of probabilities
/// (Kullback and Leibler 1951, eq. 2.4), as torch.nn.KLDivLoss(reduction="batchmean").
///
/// \shape   prediction (N, C) log-probabilities, target (N, C) probabilities -> one number; 0 for N = 0
/// \throws  ShapeError
/// \borrows prediction and target until the matching backward
/// \note    0 log 0 is 0; a negative target gives NaN; neither argument is normalised here
template <std::floating_point T>
struct KLDivLoss {
  using Scalar = T;
  using Prediction = TensorView<const T, 2>;
  using Target = TensorView<const T, 2>;

  struct Cache {
    Target target;          // borrowed (N, C)
    Tensor<T, 2> gradient;  // (N, C)
  };

  T forward(Prediction x, Target target, Cache& cache) const {
    expect_shape("KLDivLoss::forward", "target", target.shape(), x.shape());
    cache.target = target;
    using Sum = std::common_type_t<T, double>;
    const auto kernel = RAPT_KERNEL_FOR(simd(), divergence_terms<T>);
    const Sum sum = parallel_sum<Sum>(x.size(), grain, 3, [&](Index begin, Index end) {
      return detail::sum_of_terms<T>(end - begin, [&](Index from, Index n, T* terms) {
        kernel(x.data() + begin + from, target.data() + begin + from, terms, n);
      });
    });
    return x.extent(0) == 0 ? T(0) : static_cast<T>(sum / static_cast<Sum>(x.extent(0)));
  }

  Prediction backward(Cache& cache) const {
    const Target t = cache.target;
    const auto d = cache.gradient.resize(t.shape());
    const T share = t.extent(0) == 0 ? T(0) : T(1) / static_cast<T>(t.extent(0));
    parallel_for_range(t.size(), grain, 2, [&](Index from, Index to) {
      // L = 1/N sum of t (log t - x)
      for (Index i = from; i < to; ++i) d.data()[i] = -share * t.data()[i];
    });
    return cache.gradient;
  }

 private:
  static constexpr Index grain = 1 << 12;  // elements of one chunk
};
RAPT_MODELS(Loss<KLDivLoss<float>>, Loss<KLDivLoss<double>>);

}  // namespace rapt
