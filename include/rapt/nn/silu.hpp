#pragma once
/// \file  The sigmoid linear unit.

#include <rapt/nn/elementwise.hpp>

namespace rapt {

/// Sigmoid linear unit or swish, `y = x / (1 + exp(-x))` (Elfwing et al. 2018, arXiv:1702.03118, eq. 3).
/// \shape   x (N, E) -> y (N, E). Use `x.rows()` for a higher rank.
/// \throws  ShapeError where dy does not fit
/// \borrows x until the matching backward
template <std::floating_point T>
struct SiLU : Elementwise<SiLU<T>, T> {
  static constexpr std::string_view backward_name = "SiLU::backward";
  SiluFunction<T> function() const { return {}; }
};
RAPT_MODELS(Layer<SiLU<float>>, Layer<SiLU<double>>);

}  // namespace rapt
