#pragma once
/// \file  The hyperbolic tangent.

#include <rapt/nn/elementwise.hpp>

namespace rapt {

/// Hyperbolic tangent, `y = tanh(x)`.
/// \shape   x (N, E) -> y (N, E). Use `x.rows()` for a higher rank.
/// \throws  ShapeError where dy does not fit
/// \borrows x until the matching backward
template <std::floating_point T>
struct Tanh : Elementwise<Tanh<T>, T> {
  static constexpr std::string_view backward_name = "Tanh::backward";
  TanhFunction<T> function() const { return {}; }
};
RAPT_MODELS(Layer<Tanh<float>>, Layer<Tanh<double>>);

}  // namespace rapt
