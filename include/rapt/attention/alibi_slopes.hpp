#pragma once
/// \file  The slopes of linear biases, by which attention prefers what is near.

#include <rapt/core/tensor.hpp>

#include <bit>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <stdexcept>
#include <string>

namespace rapt {

/// Slopes for AttentionInput::alibi_slopes, `slope_h = 2^(-8 (h + 1) / H)`, by which a head's score loses
/// slope_h |i - j| (ALiBi; Press et al. 2022, arXiv:2108.12409, section 3).
///
/// \shape   -> (H)
/// \throws  std::invalid_argument for less than one head
/// \note    Where H is no power of two, as in the paper's code: the slopes of the largest power P below
///          H, and then every other one of those for 2 P heads, the first, third and so on. The paper's
///          models are causal, for which |i - j| is the distance into the past.
template <std::floating_point T>
Tensor<T, 1> alibi_slopes(Index heads) {
  if (heads < 1) {
    throw std::invalid_argument("alibi_slopes: heads is " + std::to_string(heads) + ", expected at least 1");
  }
  const auto power = static_cast<Index>(std::bit_floor(static_cast<std::uint64_t>(heads)));
  Tensor<T, 1> slopes({heads});
  for (Index h = 0; h < heads; ++h) {
    const Index step = h < power ? 2 * (h + 1) : 2 * (h - power) + 1;  // of 2 P
    slopes(h) = static_cast<T>(std::exp2(-4 * static_cast<double>(step) / static_cast<double>(power)));
  }
  return slopes;
}

}  // namespace rapt
