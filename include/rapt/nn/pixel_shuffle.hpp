#pragma once
/// \file  Channels rearranged to a larger image.

#include <rapt/core/checked.hpp>
#include <rapt/core/parallel.hpp>
#include <rapt/nn/linear_map.hpp>

#include <algorithm>
#include <concepts>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>

namespace rapt {

/// `y_bc(hr+i)(wr+j) = x_b(crr+ir+j)hw`: r^2 channels become one channel r = upscale_factor times as high and
/// as wide (Shi et al. 2016, arXiv:1609.05158, eq. 4), as torch.nn.PixelShuffle does.
///
/// \shape   x (B, C r^2, H, W) -> y (B, C, H r, W r)
/// \throws  std::invalid_argument where upscale_factor is not in [1, 2^20]; ShapeError where the channels
///          are no multiple of its square, or dy does not fit; std::overflow_error where H r or W r is more
///          than an Index holds
/// \note    backward and the tangents take r from the shapes that forward saw
template <std::floating_point T>
struct PixelShuffle : LinearMap<PixelShuffle<T>, T> {
  static constexpr std::string_view layer_name = "PixelShuffle";

  Index upscale_factor = 2;
  static constexpr auto settings = std::tuple{field("upscale_factor", &PixelShuffle::upscale_factor)};

  PixelShuffle() = default;
  explicit PixelShuffle(Index factor) : upscale_factor(factor) { expect_settings(); }

  /// The shape of the output for x of that shape.
  Shape<4> output_shape(const Shape<4>& x) const {
    expect_settings();
    const Index square = upscale_factor * upscale_factor;
    if (x[1] % square != 0) {
      throw ShapeError("PixelShuffle::forward: x has shape " + to_string(x) + ", expected a multiple of " +
                       std::to_string(square) + " channels for upscale_factor " +
                       std::to_string(upscale_factor));
    }
    const auto larger = [&](Index extent) {
      return checked_multiply(extent, upscale_factor, "PixelShuffle::forward");
    };
    return {x[0], x[1] / square, larger(x[2]), larger(x[3])};
  }

 private:
  friend LinearMap<PixelShuffle<T>, T>;

  void expect_settings() const {
    if (upscale_factor >= 1 && upscale_factor <= (Index{1} << 20)) return;
    throw std::invalid_argument("PixelShuffle: upscale_factor is " + std::to_string(upscale_factor) +
                                ", expected 1 to 2^20");
  }

  // Calls copy(offset in the small images, offset in the large one) for each row of each channel of the
  // former; such a row lies r apart in the latter.
  template <class Copy>
  static void for_each_row(const Shape<4>& large, Index r, Copy&& copy) {
    const Index height = large[2] / r, width = large[3] / r;
    const Index size = large[2] * large[3];
    const Index grain = std::max<Index>(1, 4096 / std::max<Index>(size, 1));
    parallel_for_range(large[0] * large[1], grain, 2 * size, [&](Index from, Index to) {
      for (Index p = from; p < to; ++p) {
        for (Index h = 0; h < height; ++h) {
          for (Index k = 0; k < r * r; ++k) {
            copy(((p * r * r + k) * height + h) * width, ((p * height + h) * r + k / r) * width * r + k % r);
          }
        }
      }
    });
  }

  void map(TensorView<const T, 4> x, TensorView<T, 4> y, const detail::NoPlan&) const {
    if (x.size() == 0) return;
    const Index width = x.extent(3), r = y.extent(3) / width;
    for_each_row(y.shape(), r, [&](Index small, Index large) {
      for (Index w = 0; w < width; ++w) y.data()[large + w * r] = x.data()[small + w];
    });
  }
  void map_back(TensorView<const T, 4> dy, TensorView<T, 4> dx, const detail::NoPlan&) const {
    if (dx.size() == 0) return;
    const Index width = dx.extent(3), r = dy.extent(3) / width;
    for_each_row(dy.shape(), r, [&](Index small, Index large) {
      for (Index w = 0; w < width; ++w) dx.data()[small + w] = dy.data()[large + w * r];
    });
  }
};
RAPT_MODELS(Layer<PixelShuffle<float>>, Layer<PixelShuffle<double>>);
RAPT_MODELS(TangentLayer<PixelShuffle<float>>, TangentLayer<PixelShuffle<double>>);

}  // namespace rapt
