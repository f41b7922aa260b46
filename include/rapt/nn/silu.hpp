#pragma once
/// \file  The sigmoid linear unit.

#include <rapt/nn/elementwise.hpp>

namespace rapt {

/// Sigmoid linear unit or swish, `y = x / (1 + exp(-x))` (Elfwing et al. 2018, arXiv:1702.03118, eq. 3).
/// \shape   x of Rank axes -> y of the same shape; images want Rank 4
/// \throws  ShapeError where dy does not fit
/// \borrows x until the matching backward
template <std::floating_point T, std::size_t Rank = 2>
struct SiLU : Elementwise<SiLU<T, Rank>, T, Rank> {
  static constexpr std::string_view layer_name = "SiLU";
  template <class U>
  using Rebound = SiLU<U, Rank>;
  SiluFunction<T> function() const { return {}; }
};
RAPT_MODELS(Layer<SiLU<float>>, Layer<SiLU<double>>);
RAPT_MODELS(TangentLayer<SiLU<float, 4>>, TangentLayer<SiLU<double>>);

}  // namespace rapt
