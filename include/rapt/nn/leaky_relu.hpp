#pragma once
/// \file  The rectifier that lets a little through.

#include <rapt/nn/elementwise.hpp>

namespace rapt {

/// Leaky rectifier, `y = x for x > 0, negative_slope x otherwise` (Maas et al. 2013).
/// \shape   x of Rank axes -> y of the same shape; images want Rank 4
/// \throws  ShapeError where dy does not fit
/// \borrows x until the matching backward
/// \note    the derivative at 0 is the slope
template <std::floating_point T, std::size_t Rank = 2>
struct LeakyReLU : Elementwise<LeakyReLU<T, Rank>, T, Rank> {
  static constexpr std::string_view layer_name = "LeakyReLU";
  template <class U>
  using Rebound = LeakyReLU<U, Rank>;
  double negative_slope = 0.01;
  static constexpr auto settings = std::tuple{field("negative_slope", &LeakyReLU::negative_slope)};

  LeakyReLU() = default;
  explicit LeakyReLU(double slope) : negative_slope(slope) {}
  LeakyReluFunction<T> function() const { return {static_cast<T>(negative_slope)}; }
};
RAPT_MODELS(Layer<LeakyReLU<float>>, Layer<LeakyReLU<double>>);
RAPT_MODELS(TangentLayer<LeakyReLU<float, 4>>, TangentLayer<LeakyReLU<double>>);

}  // namespace rapt
