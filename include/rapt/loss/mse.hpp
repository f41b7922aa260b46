#pragma once
/// \file  Mean squared error.

#include <rapt/core/loss.hpp>
#include <rapt/core/parallel_sum.hpp>

#include <concepts>
#include <type_traits>

namespace rapt {

/// `L = mean over all elements of (x - t)^2`, as torch.nn.MSELoss.
///
/// \shape   prediction (N, M), target (N, M) -> one number; 0 where there are no elements. Use `x.rows()` for
///          another rank.
/// \throws  ShapeError
/// \borrows prediction and target until the matching backward
template <std::floating_point T>
struct MSELoss {
  using Scalar = T;
  using Prediction = TensorView<const T, 2>;
  using Target = TensorView<const T, 2>;

  struct Cache {
    Prediction x;           // borrowed (N, M)
    Target target;          // borrowed (N, M)
    Tensor<T, 2> gradient;  // (N, M)
  };

  T forward(Prediction x, Target target, Cache& cache) const {
    expect_shape("MSELoss::forward", "target", target.shape(), x.shape());
    cache.x = x;
    cache.target = target;
    using Sum = std::common_type_t<T, double>;
    const Sum sum = parallel_sum<Sum>(x.size(), grain, 3, [&](Index from, Index to) {
      Sum part = 0;
      for (Index i = from; i < to; ++i) {
        const Sum difference = x.data()[i] - target.data()[i];
        part += difference * difference;
      }
      return part;
    });
    return x.size() == 0 ? T(0) : static_cast<T>(sum / static_cast<Sum>(x.size()));
  }

  Prediction backward(Cache& cache) const {
    const Prediction x = cache.x;
    const auto d = cache.gradient.resize(x.shape());
    const T share = T(2) / static_cast<T>(x.size());
    parallel_for_range(x.size(), grain, 3, [&](Index from, Index to) {
      // L = mean of (x - t)^2
      for (Index i = from; i < to; ++i) d.data()[i] = share * (x.data()[i] - cache.target.data()[i]);
    });
    return cache.gradient;
  }

 private:
  static constexpr Index grain = 1 << 13;  // elements of one chunk
};
RAPT_MODELS(Loss<MSELoss<float>>, Loss<MSELoss<double>>);

}  // namespace rapt
