#pragma once
/// \file  The rectifier.

#include <rapt/nn/elementwise.hpp>

namespace rapt {

/// Rectifier, `y = max(x, 0)` (Nair and Hinton 2010).
/// \shape   x of Rank axes -> y of the same shape; images want Rank 4
/// \throws  ShapeError where dy does not fit
/// \borrows x until the matching backward
/// \note    the derivative at 0 is 0
template <std::floating_point T, std::size_t Rank = 2>
struct ReLU : Elementwise<ReLU<T, Rank>, T, Rank> {
  static constexpr std::string_view layer_name = "ReLU";
  template <class U>
  using Rebound = ReLU<U, Rank>;
  ReluFunction<T> function() const { return {}; }
};
RAPT_MODELS(Layer<ReLU<float>>, Layer<ReLU<double>>);
RAPT_MODELS(TangentLayer<ReLU<float, 4>>, TangentLayer<ReLU<double>>);

}  // namespace rapt
