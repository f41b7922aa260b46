#pragma once
/// \file  Noise on what a discriminator reads.

#include <rapt/core/parallel.hpp>
#include <rapt/core/random.hpp>
#include <rapt/core/tensor.hpp>
#include <rapt/optim/update.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstdint>

namespace rapt {

/// `x + deviation (1 - (step - 1) / steps) normal`, on real samples and fakes alike, at each reading anew:
/// noise that lets two distributions overlap which do not, annealed to none (Soenderby et al. 2017,
/// arXiv:1610.04490, section 4; Arjovsky and Bottou 2017, arXiv:1701.04862, section 3).
///
/// \units deviation is that of the noise of step 1, in units of the samples (0: no noise); steps is the
///        number of steps after which there is none (0: it stays as it is)
struct InstanceNoise {
  double deviation = 0;
  std::int64_t steps = 0;

  /// The deviation of a step, from 1.
  double at(std::int64_t step) const {
    if (steps <= 0) return deviation;
    const double gone = static_cast<double>(step - 1) / static_cast<double>(steps);
    return deviation * std::clamp(1 - gone, 0.0, 1.0);
  }
  /// \throws std::invalid_argument that names what is out of range
  void check() const {
    detail::expect_option(deviation >= 0 && std::isfinite(deviation), "InstanceNoise", "deviation", deviation,
                          "at least 0");
    detail::expect_option(steps >= 0, "InstanceNoise", "steps", static_cast<double>(steps), "at least 0");
  }
};

/// `y = x + deviation normal`, in the memory of `y`; the same draws at any number of threads.
/// \shape x -> y of one shape
template <std::floating_point T, std::size_t Rank>
TensorView<const T, Rank> add_noise(TensorView<const T, Rank> x, double deviation, const RandomStream& stream,
                                    Tensor<T, Rank>& y) {
  constexpr Index grain = 1 << 11;  // numbers of one chunk, which draws from a stream of its own
  T* const out = y.resize(x.shape()).data();
  parallel_for_range(x.size(), grain, 60, [&](Index from, Index to) {
    RandomStream own = stream.substream(static_cast<std::uint64_t>(from / grain));
    for (Index i = from; i < to; ++i) out[i] = x.data()[i] + static_cast<T>(deviation) * normal<T>(own);
  });
  return y;
}

}  // namespace rapt
