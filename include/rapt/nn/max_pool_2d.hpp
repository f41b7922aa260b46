#pragma once
/// \file  The largest number of each window of an image.

#include <rapt/nn/linear_map.hpp>
#include <rapt/ops/pool_max.hpp>

#include <concepts>
#include <optional>
#include <string_view>
#include <tuple>

namespace rapt {

/// What MaxPool2d has beside its kernel, by PyTorch's names.
struct MaxPool2dOptions {
  std::optional<PerAxis> stride{};  // that of the kernel where none is given
  PerAxis padding = 0, dilation = 1;
  bool ceil_mode = false;
};

/// `y_bcij = largest number of x_bc in window (i, j)`, as torch.nn.MaxPool2d: windows of `kernel_size`
/// positions that are `dilation` apart, `stride` from window to window, on an image with `padding` positions
/// around it that never win.
///
/// The gradient goes to the number that won: the first of equal ones; NaN wins over all (of several the
/// last).
///
/// \shape   x (B, C, H, W) -> y (B, C, OH, OW), OH = floor((H + 2 padding - dilation (kernel_size - 1) - 1) /
///          stride) + 1, OW likewise; ceil_mode rounds up, but no window begins beyond the image
/// \throws  std::invalid_argument for a kernel, stride or dilation not in [1, 2^20], a padding above half the
///          kernel; ShapeError where no window fits into x, or dy does not fit
/// \note    piecewise linear: tangents follow the choice that forward made. A window of padding alone, which
///          dilation can make, gives -infinity and no gradient
template <std::floating_point T>
struct MaxPool2d : LinearMap<MaxPool2d<T>, T, 4, 4, Tensor<Index, 4>> {
  static constexpr std::string_view layer_name = "MaxPool2d";

  PerAxis kernel_size = 2, stride = 2, padding = 0, dilation = 1;
  bool ceil_mode = false;
  static constexpr auto settings =
      std::tuple{field("kernel_size", &MaxPool2d::kernel_size), field("stride", &MaxPool2d::stride),
                 field("padding", &MaxPool2d::padding), field("dilation", &MaxPool2d::dilation),
                 field("ceil_mode", &MaxPool2d::ceil_mode)};

  MaxPool2d() = default;
  explicit MaxPool2d(PerAxis kernel, const MaxPool2dOptions& options = {})
      : kernel_size(kernel),
        stride(options.stride.value_or(kernel)),
        padding(options.padding),
        dilation(options.dilation),
        ceil_mode(options.ceil_mode) {
    expect_pool_settings(layer_name, pool());
  }

  /// The shape of the output for x of that shape.
  Shape<4> output_shape(const Shape<4>& x) const {
    const auto windows = pool_windows(layer_name, x, pool());
    return {x[0], x[1], windows.rows.out, windows.columns.out};
  }

 private:
  using Positions = Tensor<Index, 4>;
  friend LinearMap<MaxPool2d<T>, T, 4, 4, Positions>;
  PoolSettings pool() const { return {kernel_size, stride, padding, dilation, ceil_mode}; }
  void evaluate(TensorView<const T, 4> x, TensorView<T, 4> y, Positions& positions) const {
    max_windows(x, pool_windows(layer_name, x.shape(), pool()), y, positions.resize(y.shape()));
  }
  void map(TensorView<const T, 4> x, TensorView<T, 4> y, const Positions& positions) const {
    pick_positions(x, positions, y);
  }
  void map_back(TensorView<const T, 4> dy, TensorView<T, 4> dx, const Positions& positions) const {
    pick_positions_backward(dy, positions, dx);
  }
};
RAPT_MODELS(Layer<MaxPool2d<float>>, Layer<MaxPool2d<double>>);
RAPT_MODELS(TangentLayer<MaxPool2d<float>>, TangentLayer<MaxPool2d<double>>);

}  // namespace rapt
