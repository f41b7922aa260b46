#pragma once
/// \file  The Gaussian error linear unit.

#include <rapt/nn/elementwise.hpp>

namespace rapt {

/// Gaussian error linear unit, `y = x Phi(x)`, exact by the error function (Hendrycks and Gimpel 2016,
/// arXiv:1606.08415, section 2).
/// \shape   x (N, E) -> y (N, E). Use `x.rows()` for a higher rank.
/// \throws  ShapeError where dy does not fit
/// \borrows x until the matching backward
template <std::floating_point T>
struct GELU : Elementwise<GELU<T>, T> {
  static constexpr std::string_view backward_name = "GELU::backward";
  GeluFunction<T> function() const { return {}; }
};
RAPT_MODELS(Layer<GELU<float>>, Layer<GELU<double>>);

}  // namespace rapt
