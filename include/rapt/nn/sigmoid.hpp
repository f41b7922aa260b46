#pragma once
/// \file  The logistic function.

#include <rapt/nn/elementwise.hpp>

namespace rapt {

/// Logistic function, `y = 1 / (1 + exp(-x))`.
/// \shape   x (N, E) -> y (N, E). Use `x.rows()` for a higher rank.
/// \throws  ShapeError where dy does not fit
/// \borrows x until the matching backward
/// \note    losses take logits: as the last layer before one, leave it out
template <std::floating_point T>
struct Sigmoid : Elementwise<Sigmoid<T>, T> {
  static constexpr std::string_view backward_name = "Sigmoid::backward";
  SigmoidFunction<T> function() const { return {}; }
};
RAPT_MODELS(Layer<Sigmoid<float>>, Layer<Sigmoid<double>>);

}  // namespace rapt
