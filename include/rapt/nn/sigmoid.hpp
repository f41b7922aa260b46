#pragma once
/// \file  The logistic function.

#include <rapt/nn/elementwise.hpp>

namespace rapt {

/// Logistic function, `y = 1 / (1 + exp(-x))`.
/// \shape   x of Rank axes -> y of the same shape; images want Rank 4
/// \throws  ShapeError where dy does not fit
/// \borrows x until the matching backward
/// \note    losses take logits: as the last layer before one, leave it out
template <std::floating_point T, std::size_t Rank = 2>
struct Sigmoid : Elementwise<Sigmoid<T, Rank>, T, Rank> {
  static constexpr std::string_view layer_name = "Sigmoid";
  template <class U>
  using Rebound = Sigmoid<U, Rank>;
  SigmoidFunction<T> function() const { return {}; }
};
RAPT_MODELS(Layer<Sigmoid<float>>, Layer<Sigmoid<double>>);
RAPT_MODELS(TangentLayer<Sigmoid<float, 4>>, TangentLayer<Sigmoid<double>>);

}  // namespace rapt
