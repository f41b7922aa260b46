#pragma once
/// \file  The hyperbolic tangent.

#include <rapt/nn/elementwise.hpp>

namespace rapt {

/// Hyperbolic tangent, `y = tanh(x)`.
/// \shape   x of Rank axes -> y of the same shape; images want Rank 4
/// \throws  ShapeError where dy does not fit
/// \borrows x until the matching backward
template <std::floating_point T, std::size_t Rank = 2>
struct Tanh : Elementwise<Tanh<T, Rank>, T, Rank> {
  static constexpr std::string_view layer_name = "Tanh";
  template <class U>
  using Rebound = Tanh<U, Rank>;
  TanhFunction<T> function() const { return {}; }
};
RAPT_MODELS(Layer<Tanh<float>>, Layer<Tanh<double>>);
RAPT_MODELS(TangentLayer<Tanh<float, 4>>, TangentLayer<Tanh<double>>);

}  // namespace rapt
