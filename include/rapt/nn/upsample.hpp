#pragma once
/// \file  Images at another size.

#include <rapt/core/number_text.hpp>
#include <rapt/nn/linear_map.hpp>
#include <rapt/ops/conv_options.hpp>
#include <rapt/ops/resample.hpp>

#include <cmath>
#include <concepts>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>

namespace rapt {

/// Where the values of a resized image come from.
enum class UpsampleMode { nearest, bilinear };

/// By what an image grows along each axis; one number stands for both.
struct ScaleFactor2d {
  double height = 0, width = 0;
  constexpr ScaleFactor2d() = default;
  constexpr ScaleFactor2d(double both) : height(both), width(both) {}
  constexpr ScaleFactor2d(double rows, double columns) : height(rows), width(columns) {}
  friend constexpr bool operator==(const ScaleFactor2d&, const ScaleFactor2d&) = default;
};

/// What Upsample is told, by PyTorch's names: either a size or a scale factor.
struct UpsampleOptions {
  PerAxis size{0};
  ScaleFactor2d scale_factor{};
  UpsampleMode mode = UpsampleMode::nearest;
  bool align_corners = false;
};

/// Images at `size`, or `scale_factor` times as large, as torch.nn.Upsample does: each position of the output
/// takes the nearest one of x above and left of it, `y_ij = x[floor(i s), floor(j s)]`, or mixes the four
/// around `((i + 1/2) s - 1/2, ...)` bilinearly, s = 1 / scale_factor or in / out; align_corners, of bilinear
/// only, lays the centres of the corners on each other instead.
///
/// \shape   x (B, C, H, W) -> y (B, C, size) or (B, C, floor(H scale_factor), floor(W scale_factor))
/// \throws  std::invalid_argument unless either size or scale_factor is given and positive, or where nearest
///          shall align corners; ShapeError where x or y would have no element in an image, or dy does not
///          fit
/// \note    s is `1 / scale_factor` even where floor made the output smaller than that. So it is in PyTorch,
///          but for two cases in which 1.13 does not look at a fractional scale_factor: along an axis whose
///          output is as long as its input it copies, and where nearest gives twice the input's length it
///          takes `floor(i / 2)`
template <std::floating_point T>
struct Upsample : LinearMap<Upsample<T>, T, 4, 4, ResamplePlan<T>> {
  static constexpr std::string_view layer_name = "Upsample";

  PerAxis size{0};
  ScaleFactor2d scale_factor{2};
  UpsampleMode mode = UpsampleMode::nearest;
  bool align_corners = false;
  static constexpr auto settings =
      std::tuple{field("size", &Upsample::size), field("scale_factor", &Upsample::scale_factor),
                 field("mode", &Upsample::mode), field("align_corners", &Upsample::align_corners)};

  Upsample() = default;
  explicit Upsample(const UpsampleOptions& options)
      : size(options.size),
        scale_factor(options.scale_factor),
        mode(options.mode),
        align_corners(options.align_corners) {
    expect_settings();
  }

  /// The shape of the output for x of that shape.
  Shape<4> output_shape(const Shape<4>& x) const {
    expect_settings();
    const auto scaled = [](Index in, double factor) {
      return static_cast<Index>(std::floor(static_cast<double>(in) * factor));
    };
    const Shape<4> y{x[0], x[1], by_size() ? size.height : scaled(x[2], scale_factor.height),
                     by_size() ? size.width : scaled(x[3], scale_factor.width)};
    if (x[2] < 1 || x[3] < 1 || y[2] < 1 || y[3] < 1) {
      throw ShapeError("Upsample::forward: x has shape " + rapt::to_string(x) + ", which gives " +
                       rapt::to_string(y) + ", expected heights and widths of at least 1");
    }
    return y;
  }

 private:
  friend LinearMap<Upsample<T>, T, 4, 4, ResamplePlan<T>>;

  bool by_size() const { return size != PerAxis{0}; }

  void expect_settings() const {
    const bool good_size = size.height > 0 && size.width > 0 && scale_factor == ScaleFactor2d{};
    // Beyond 2^20 no image has room for its result.
    const auto fits = [](double factor) { return factor > 0 && factor <= 0x1p20; };
    const bool good_scale = size == PerAxis{0} && fits(scale_factor.height) && fits(scale_factor.width);
    if (!good_size && !good_scale) {
      throw std::invalid_argument(
          "Upsample: size is " + to_string(size) + " and scale_factor (" +
          detail::number_text(scale_factor.height) + ", " + detail::number_text(scale_factor.width) +
          "), expected one of them greater than 0 (scale_factor at most 2^20) and the other 0");
    }
    if (align_corners && mode == UpsampleMode::nearest) {
      throw std::invalid_argument("Upsample: align_corners is for bilinear, but mode is nearest");
    }
  }

  void evaluate(TensorView<const T, 4> x, TensorView<T, 4> y, ResamplePlan<T>& plan) const {
    const auto set = [&](ResampleAxis<T>& axis, Index in, Index out, double factor) {
      if (mode == UpsampleMode::nearest) {
        set_nearest(axis, in, out, by_size() ? 0 : factor);
      } else {
        set_linear(axis, in, out, by_size() ? 0 : factor, align_corners);
      }
    };
    set(plan.rows, x.extent(2), y.extent(2), scale_factor.height);
    set(plan.columns, x.extent(3), y.extent(3), scale_factor.width);
    map(x, y, plan);
  }
  void map(TensorView<const T, 4> x, TensorView<T, 4> y, const ResamplePlan<T>& plan) const {
    resample(x, plan, y);
  }
  void map_back(TensorView<const T, 4> dy, TensorView<T, 4> dx, const ResamplePlan<T>& plan) const {
    resample_backward(dy, plan, dx);
  }
};
RAPT_MODELS(Layer<Upsample<float>>, Layer<Upsample<double>>);
RAPT_MODELS(TangentLayer<Upsample<float>>, TangentLayer<Upsample<double>>);

}  // namespace rapt
