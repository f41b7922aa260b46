#pragma once
/// \file  The Gaussian error linear unit.

#include <rapt/nn/elementwise.hpp>

namespace rapt {

/// Gaussian error linear unit, `y = x Phi(x)`, exact by the error function (Hendrycks and Gimpel 2016,
/// arXiv:1606.08415, section 2).
/// \shape   x of Rank axes -> y of the same shape; images want Rank 4
/// \throws  ShapeError where dy does not fit
/// \borrows x until the matching backward
template <std::floating_point T, std::size_t Rank = 2>
struct GELU : Elementwise<GELU<T, Rank>, T, Rank> {
  static constexpr std::string_view layer_name = "GELU";
  template <class U>
  using Rebound = GELU<U, Rank>;
  GeluFunction<T> function() const { return {}; }
};
RAPT_MODELS(Layer<GELU<float>>, Layer<GELU<double>>);
RAPT_MODELS(TangentLayer<GELU<float, 4>>, TangentLayer<GELU<double>>);

}  // namespace rapt
