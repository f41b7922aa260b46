#pragma once
/// \file  The rectifier.

#include <rapt/nn/elementwise.hpp>

namespace rapt {

/// Rectifier, `y = max(x, 0)` (Nair and Hinton 2010).
/// \shape   x (N, E) -> y (N, E). Use `x.rows()` for a higher rank.
/// \throws  ShapeError where dy does not fit
/// \borrows x until the matching backward
/// \note    the derivative at 0 is 0
template <std::floating_point T>
struct ReLU : Elementwise<ReLU<T>, T> {
  static constexpr std::string_view backward_name = "ReLU::backward";
  ReluFunction<T> function() const { return {}; }
};
RAPT_MODELS(Layer<ReLU<float>>, Layer<ReLU<double>>);

}  // namespace rapt
