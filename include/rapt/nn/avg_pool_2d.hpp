#pragma once
/// \file  The average of each window of an image.

#include <rapt/nn/linear_map.hpp>
#include <rapt/ops/pool_average.hpp>

#include <concepts>
#include <optional>
#include <string_view>
#include <tuple>

namespace rapt {

/// What AvgPool2d has beside its kernel, by PyTorch's names.
struct AvgPool2dOptions {
  std::optional<PerAxis> stride{};  // that of the kernel where none is given
  PerAxis padding{0};
  bool ceil_mode = false;
  bool count_include_pad = true;
};

/// `y_bcij = 1/n sum of x_bc over window (i, j)`, n the number of its positions (LeCun et al. 1990), as
/// torch.nn.AvgPool2d does: windows of `kernel_size`, `stride` apart, on an image with `padding` zeros around
/// it, which count unless `count_include_pad` is false; what `ceil_mode` adds beyond the padding never
/// counts.
///
/// \shape   x (B, C, H, W) -> y (B, C, floor((H + 2 padding - kernel_size) / stride) + 1, W likewise);
///          ceil_mode rounds up, but no window begins beyond the image
/// \cost    one addition an element and window row
/// \throws  std::invalid_argument for a kernel or stride not in [1, 2^20], a padding above half the kernel;
///          ShapeError where no window fits into x, or dy does not fit
template <std::floating_point T>
struct AvgPool2d : LinearMap<AvgPool2d<T>, T> {
  static constexpr std::string_view layer_name = "AvgPool2d";

  PerAxis kernel_size{2}, stride{2}, padding{0};
  bool ceil_mode = false, count_include_pad = true;
  static constexpr auto settings =
      std::tuple{field("kernel_size", &AvgPool2d::kernel_size), field("stride", &AvgPool2d::stride),
                 field("padding", &AvgPool2d::padding), field("ceil_mode", &AvgPool2d::ceil_mode),
                 field("count_include_pad", &AvgPool2d::count_include_pad)};

  AvgPool2d() = default;
  explicit AvgPool2d(PerAxis kernel, const AvgPool2dOptions& options = {})
      : kernel_size(kernel),
        stride(options.stride.value_or(kernel)),
        padding(options.padding),
        ceil_mode(options.ceil_mode),
        count_include_pad(options.count_include_pad) {
    expect_pool_settings(layer_name, pool());
  }

  /// The shape of the output for x of that shape.
  Shape<4> output_shape(const Shape<4>& x) const {
    const auto windows = pool_windows(layer_name, x, pool());
    return {x[0], x[1], windows.rows.out, windows.columns.out};
  }

 private:
  friend LinearMap<AvgPool2d<T>, T>;
  PoolSettings pool() const { return {kernel_size, stride, padding, 1, ceil_mode}; }
  PaddingInAverage counting() const {
    return count_include_pad ? PaddingInAverage::counted : PaddingInAverage::left_out;
  }
  void map(TensorView<const T, 4> x, TensorView<T, 4> y, const detail::NoPlan&) const {
    average_windows(x, pool_windows(layer_name, x.shape(), pool()), counting(), y);
  }
  void map_back(TensorView<const T, 4> dy, TensorView<T, 4> dx, const detail::NoPlan&) const {
    average_windows_backward(dy, pool_windows(layer_name, dx.shape(), pool()), counting(), dx);
  }
};
RAPT_MODELS(Layer<AvgPool2d<float>>, Layer<AvgPool2d<double>>);
RAPT_MODELS(TangentLayer<AvgPool2d<float>>, TangentLayer<AvgPool2d<double>>);

}  // namespace rapt
