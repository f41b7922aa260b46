#pragma once
/// \file  The rectifier that lets a little through.

#include <rapt/nn/elementwise.hpp>

namespace rapt {

/// Leaky rectifier, `y = x for x > 0, negative_slope x otherwise` (Maas et al. 2013).
/// \shape   x (N, E) -> y (N, E). Use `x.rows()` for a higher rank.
/// \throws  ShapeError where dy does not fit
/// \borrows x until the matching backward
/// \note    the derivative at 0 is the slope
template <std::floating_point T>
struct LeakyReLU : Elementwise<LeakyReLU<T>, T> {
  static constexpr std::string_view backward_name = "LeakyReLU::backward";
  double negative_slope = 0.01;
  static constexpr auto settings = std::tuple{field("negative_slope", &LeakyReLU::negative_slope)};

  LeakyReLU() = default;
  explicit LeakyReLU(double slope) : negative_slope(slope) {}
  LeakyReluFunction<T> function() const { return {static_cast<T>(negative_slope)}; }
};
RAPT_MODELS(Layer<LeakyReLU<float>>, Layer<LeakyReLU<double>>);

}  // namespace rapt
