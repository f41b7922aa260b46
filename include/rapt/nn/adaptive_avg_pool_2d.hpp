#pragma once
/// \file  The averages of as many windows as the output shall have.

#include <rapt/nn/linear_map.hpp>
#include <rapt/ops/pool_average.hpp>

#include <concepts>
#include <string_view>
#include <tuple>

namespace rapt {

/// `y_bcij = average of x_bc over rows [floor(i H / h), ceil((i + 1) H / h)) and columns likewise`, for an
/// output of h = output_size.height by output_size.width, as torch.nn.AdaptiveAvgPool2d does; size 1 is
/// global average pooling (Lin et al. 2014, arXiv:1312.4400).
///
/// \shape   x (B, C, H, W) -> y (B, C, output_size); an extent of `any` is that of x
/// \throws  std::invalid_argument where an extent of the output is not in [1, 2^20]; ShapeError where images
///          have no element, or dy does not fit
template <std::floating_point T>
struct AdaptiveAvgPool2d : LinearMap<AdaptiveAvgPool2d<T>, T> {
  static constexpr std::string_view layer_name = "AdaptiveAvgPool2d";

  PerAxis output_size{1};
  static constexpr auto settings = std::tuple{field("output_size", &AdaptiveAvgPool2d::output_size)};

  AdaptiveAvgPool2d() = default;
  explicit AdaptiveAvgPool2d(PerAxis size) : output_size(size) {
    adaptive_windows(layer_name, {1, 1, 1, 1}, output_size);
  }

  /// The shape of the output for x of that shape.
  Shape<4> output_shape(const Shape<4>& x) const {
    const auto windows = adaptive_windows(layer_name, x, output_size);
    return {x[0], x[1], windows.rows.out, windows.columns.out};
  }

 private:
  friend LinearMap<AdaptiveAvgPool2d<T>, T>;
  void map(TensorView<const T, 4> x, TensorView<T, 4> y, const detail::NoPlan&) const {
    average_windows(x, adaptive_windows(layer_name, x.shape(), output_size), PaddingInAverage::left_out, y);
  }
  void map_back(TensorView<const T, 4> dy, TensorView<T, 4> dx, const detail::NoPlan&) const {
    average_windows_backward(dy, adaptive_windows(layer_name, dx.shape(), output_size),
                             PaddingInAverage::left_out, dx);
  }
};
RAPT_MODELS(Layer<AdaptiveAvgPool2d<float>>, Layer<AdaptiveAvgPool2d<double>>);
RAPT_MODELS(TangentLayer<AdaptiveAvgPool2d<float>>, TangentLayer<AdaptiveAvgPool2d<double>>);

}  // namespace rapt
