#pragma once
/// \file  Where the windows of a pooling lie, by PyTorch's rules.

#include <rapt/ops/conv_options.hpp>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <string_view>

namespace rapt {

/// The windows along one axis of `in` positions: window o reads begin(o), begin(o) + dilation, ... < end(o).
struct PoolAxis {
  Index in = 0, out = 0;
  Index kernel = 1, stride = 1, padding = 0, dilation = 1;
  bool adaptive = false;  // `out` windows that cover the axis evenly; the numbers above are not used

  /// First position that window o reads, padding left out.
  constexpr Index begin(Index o) const {
    if (adaptive) return o * in / out;
    const Index start = o * stride - padding;
    return start >= 0 ? start : start + (-start + dilation - 1) / dilation * dilation;
  }
  /// One past the last.
  constexpr Index end(Index o) const {
    if (adaptive) return ((o + 1) * in + out - 1) / out;
    return std::min(in, o * stride - padding + (kernel - 1) * dilation + 1);
  }
  /// Number of positions of window o, the padding's included (but not what ceil_mode adds beyond it).
  constexpr Index padded_length(Index o) const {
    if (adaptive) return end(o) - begin(o);
    const Index start = o * stride - padding;
    return std::min(start + kernel, in + padding) - start;
  }
  /// Whether all windows have the length of the first, `step()` apart from 0 on, none beyond an end.
  constexpr bool even() const {
    if (adaptive) return out > 0 && in % out == 0;
    return padding == 0 && dilation == 1 && (out - 1) * stride + kernel <= in;
  }
  constexpr Index step() const { return adaptive ? in / out : stride; }
};

/// The windows of an image.
struct PoolWindows {
  PoolAxis rows, columns;
};

/// Settings of a pooling, named as PyTorch names them.
struct PoolSettings {
  PerAxis kernel_size{1}, stride{1}, padding{0}, dilation{1};
  bool ceil_mode = false;  // a last window may begin within the image or its left padding and end beyond
};

namespace detail {

/// An axis with `(in + 2 padding - dilation (kernel - 1) - 1) / stride + 1` windows, that quotient rounded
/// down or, in ceil mode, up as far as each window begins before the right padding; 0 where none fits.
constexpr PoolAxis pool_axis(Index in, Index kernel, Index stride, Index padding, Index dilation,
                             bool ceil_mode) {
  PoolAxis axis{in, 0, kernel, stride, padding, dilation};
  const Index room = checked_add(in, 2 * padding - dilation * (kernel - 1) - 1, "pool_windows");
  if (in == 0 || room + (ceil_mode ? stride - 1 : 0) < 0) return axis;
  axis.out = (room + (ceil_mode ? stride - 1 : 0)) / stride + 1;
  if (ceil_mode && (axis.out - 1) * stride >= in + padding) --axis.out;
  return axis;
}

inline void expect_at_least(std::string_view layer, std::string_view what, const PerAxis& got, Index least) {
  if (got.height >= least && got.width >= least) return;
  throw std::invalid_argument(std::string(layer) + ": " + std::string(what) + " is " + to_string(got) +
                              ", expected at least " + std::to_string(least) + " each");
}

inline void expect_at_most(std::string_view layer, std::string_view what, const PerAxis& got, Index most) {
  if (got.height <= most && got.width <= most) return;
  throw std::invalid_argument(std::string(layer) + ": " + std::string(what) + " is " + to_string(got) +
                              ", expected at most " + std::to_string(most) + " each");
}

inline void expect_pool_setting(std::string_view layer, std::string_view what, const PerAxis& got,
                                Index least) {
  expect_at_least(layer, what, got, least);
  expect_at_most(layer, what, got, most_of_setting);
}

}  // namespace detail

/// Throws unless the settings make sense: sizes from 1 to 2^20, a padding from 0 to half the kernel.
/// \throws std::invalid_argument `MaxPool2d: padding is (2, 2), expected at most half of kernel_size (3, 3)`
inline void expect_pool_settings(std::string_view layer, const PoolSettings& pool) {
  detail::expect_pool_setting(layer, "kernel_size", pool.kernel_size, 1);
  detail::expect_pool_setting(layer, "stride", pool.stride, 1);
  detail::expect_pool_setting(layer, "padding", pool.padding, 0);
  detail::expect_pool_setting(layer, "dilation", pool.dilation, 1);
  if (pool.padding.height > pool.kernel_size.height / 2 || pool.padding.width > pool.kernel_size.width / 2) {
    throw std::invalid_argument(std::string(layer) + ": padding is " + to_string(pool.padding) +
                                ", expected at most half of kernel_size " + to_string(pool.kernel_size));
  }
}

/// The windows over images of shape x (B, C, H, W).
/// \throws std::invalid_argument as expect_pool_settings; ShapeError where no window fits into the images
inline PoolWindows pool_windows(std::string_view layer, const Shape<4>& x, const PoolSettings& pool) {
  expect_pool_settings(layer, pool);
  const PoolWindows windows{detail::pool_axis(x[2], pool.kernel_size.height, pool.stride.height,
                                              pool.padding.height, pool.dilation.height, pool.ceil_mode),
                            detail::pool_axis(x[3], pool.kernel_size.width, pool.stride.width,
                                              pool.padding.width, pool.dilation.width, pool.ceil_mode)};
  if (windows.rows.out < 1 || windows.columns.out < 1) {
    throw ShapeError(std::string(layer) + "::forward: x has shape " + to_string(x) +
                     ", too small for kernel_size " + to_string(pool.kernel_size) + " with padding " +
                     to_string(pool.padding) + " and dilation " + to_string(pool.dilation));
  }
  return windows;
}

/// `size.height` by `size.width` windows that cover images of shape x (B, C, H, W) evenly, where one does not
/// divide the other with overlaps of one position; an extent of `any` is that of x.
/// \throws std::invalid_argument where an extent is not from 1 to 2^20 and not `any`; ShapeError where
///         images have no element
inline PoolWindows adaptive_windows(std::string_view layer, const Shape<4>& x, const PerAxis& size) {
  const PerAxis out{size.height == any ? x[2] : size.height, size.width == any ? x[3] : size.width};
  if (x[2] < 1 || x[3] < 1) {
    throw ShapeError(std::string(layer) + "::forward: x has shape " + to_string(x) +
                     ", expected a height and a width of at least 1");
  }
  detail::expect_at_least(layer, "output_size", out, 1);
  detail::expect_at_most(layer, "output_size", size, detail::most_of_setting);
  const auto axis = [](Index in, Index count) { return PoolAxis{.in = in, .out = count, .adaptive = true}; };
  return {axis(x[2], out.height), axis(x[3], out.width)};
}

}  // namespace rapt
