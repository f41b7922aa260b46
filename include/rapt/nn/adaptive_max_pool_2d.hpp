#pragma once
/// \file  The largest numbers of as many windows as the output shall have.

#include <rapt/nn/linear_map.hpp>
#include <rapt/ops/pool_max.hpp>

#include <concepts>
#include <string_view>
#include <tuple>

namespace rapt {

/// `y_bcij = largest number of x_bc in rows [floor(i H / h), ceil((i + 1) H / h)) and columns likewise`, for
/// an output of h = output_size.height by output_size.width, as torch.nn.AdaptiveMaxPool2d does.
///
/// The gradient goes to the number that won: the first of equal ones; NaN wins over all (of several the
/// last).
///
/// \shape   x (B, C, H, W) -> y (B, C, output_size); an extent of `any` is that of x
/// \throws  std::invalid_argument where an extent of the output is not in [1, 2^20]; ShapeError where images
///          have no element, or dy does not fit
/// \note    piecewise linear: tangents follow the choice that forward made
template <std::floating_point T>
struct AdaptiveMaxPool2d : LinearMap<AdaptiveMaxPool2d<T>, T, 4, 4, Tensor<Index, 4>> {
  static constexpr std::string_view layer_name = "AdaptiveMaxPool2d";

  PerAxis output_size = 1;
  static constexpr auto settings = std::tuple{field("output_size", &AdaptiveMaxPool2d::output_size)};

  AdaptiveMaxPool2d() = default;
  explicit AdaptiveMaxPool2d(PerAxis size) : output_size(size) {
    adaptive_windows(layer_name, {1, 1, 1, 1}, output_size);
  }

  /// The shape of the output for x of that shape.
  Shape<4> output_shape(const Shape<4>& x) const {
    const auto windows = adaptive_windows(layer_name, x, output_size);
    return {x[0], x[1], windows.rows.out, windows.columns.out};
  }

 private:
  using Positions = Tensor<Index, 4>;
  friend LinearMap<AdaptiveMaxPool2d<T>, T, 4, 4, Positions>;
  void evaluate(TensorView<const T, 4> x, TensorView<T, 4> y, Positions& positions) const {
    max_windows(x, adaptive_windows(layer_name, x.shape(), output_size), y, positions.resize(y.shape()));
  }
  void map(TensorView<const T, 4> x, TensorView<T, 4> y, const Positions& positions) const {
    pick_positions(x, positions, y);
  }
  void map_back(TensorView<const T, 4> dy, TensorView<T, 4> dx, const Positions& positions) const {
    pick_positions_backward(dy, positions, dx);
  }
};
RAPT_MODELS(Layer<AdaptiveMaxPool2d<float>>, Layer<AdaptiveMaxPool2d<double>>);
RAPT_MODELS(TangentLayer<AdaptiveMaxPool2d<float>>, TangentLayer<AdaptiveMaxPool2d<double>>);

}  // namespace rapt
