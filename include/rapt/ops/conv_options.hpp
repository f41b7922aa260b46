#pragma once
/// \file  How a convolution moves over an image, and the shapes that follow.

#include <rapt/core/checked.hpp>
#include <rapt/core/shape.hpp>

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace rapt {

/// A setting for each axis of an image; one number stands for both.
struct PerAxis {
  Index height, width;
  /// The same for both axes.
  constexpr PerAxis(Index both = 1) : height(both), width(both) {}
  /// One for each axis.
  constexpr PerAxis(Index of_height, Index of_width) : height(of_height), width(of_width) {}
  friend constexpr bool operator==(const PerAxis&, const PerAxis&) = default;
};

/// Text of a setting, `(2, 1)`.
inline std::string to_string(PerAxis setting) {
  // With operator+ g++ 12 warns of an overlap that there is not.
  std::string text = "(";
  text.append(std::to_string(setting.height)).append(", ").append(std::to_string(setting.width)).append(")");
  return text;
}

/// How the kernel of a convolution moves over an image, under PyTorch's names: output o of an axis reads the
/// inputs `o stride - padding + k dilation`, 0 outside of the image; output channels of one of `groups` equal
/// parts read the input channels of that part only.
struct ConvOptions {
  PerAxis stride = 1, padding = 0, dilation = 1;
  Index groups = 1;
  // Whether y may have fewer rows and columns than there is room for: the first ones. The gradients of a
  // transposed convolution need it where output_padding is not below the stride.
  bool fewer_outputs = false;
};

namespace detail {

[[noreturn, gnu::cold, gnu::noinline]] inline void throw_setting(std::string_view where, const char* name,
                                                                 const std::string& value,
                                                                 const std::string& expected) {
  throw std::invalid_argument(std::string(where) + ": " + name + " is " + value + ", expected " + expected);
}

// Far beyond any image, and small enough that no product of three overflows.
inline constexpr Index most_of_setting = 1 << 20;

inline void expect_per_axis(std::string_view where, const char* name, PerAxis value, Index least) {
  constexpr Index most = most_of_setting;
  if (value.height < least || value.width < least || value.height > most || value.width > most) {
    throw_setting(where, name, to_string(value),
                  "from " + std::to_string(least) + " to " + std::to_string(most) + " on each axis");
  }
}

/// To be called before channels are multiplied by groups.
/// \throws std::invalid_argument
inline void expect_groups(std::string_view where, Index groups) {
  if (groups >= 1 && groups <= most_of_setting) return;
  throw_setting(where, "groups", std::to_string(groups),
                groups < 1 ? "at least 1" : "at most " + std::to_string(most_of_setting));
}

/// Settings and channels that no image could fit.
/// \throws std::invalid_argument
inline void expect_conv_options(std::string_view where, const ConvOptions& options, Index in_channels,
                                Index out_channels, PerAxis kernel) {
  expect_groups(where, options.groups);
  for (const auto& [name, channels] :
       {std::pair{"in_channels", in_channels}, {"out_channels", out_channels}}) {
    if (channels < 0) throw_setting(where, name, std::to_string(channels), "at least 0");
    if (channels % options.groups != 0) {
      throw_setting(where, name, std::to_string(channels),
                    "a multiple of groups = " + std::to_string(options.groups));
    }
  }
  expect_per_axis(where, "kernel_size", kernel, 1);
  expect_per_axis(where, "stride", options.stride, 1);
  expect_per_axis(where, "padding", options.padding, 0);
  expect_per_axis(where, "dilation", options.dilation, 1);
}

/// Inputs that one output spans.
constexpr Index kernel_span(Index kernel, Index dilation) { return (kernel - 1) * dilation + 1; }

/// Extents of the output of a convolution of an image (height, width).
/// \throws ShapeError where the padded image is smaller than the kernel; std::overflow_error
inline PerAxis conv_output(std::string_view where, const Shape<4>& x, PerAxis kernel,
                           const ConvOptions& options) {
  const auto outputs = [](Index in, Index size, Index stride, Index padding, Index dilation) {
    const Index room = checked_add(in, 2 * padding - kernel_span(size, dilation), "conv_output");
    return room < 0 ? 0 : room / stride + 1;
  };
  const PerAxis y(
      outputs(x[2], kernel.height, options.stride.height, options.padding.height, options.dilation.height),
      outputs(x[3], kernel.width, options.stride.width, options.padding.width, options.dilation.width));
  if (y.height == 0 || y.width == 0) {
    throw ShapeError(std::string(where) + ": x has shape " + to_string(x) + ", padded by " +
                     to_string(options.padding) + " smaller than the kernel " + to_string(kernel) +
                     " with dilation " + to_string(options.dilation) + ": the output would be empty");
  }
  return y;
}

/// Extents of the output of a transposed convolution of an image.
/// \throws ShapeError where there would be none; std::overflow_error
inline PerAxis conv_transpose_output(std::string_view where, const Shape<4>& x, PerAxis kernel,
                                     const ConvOptions& options, PerAxis output_padding) {
  const auto outputs = [](Index in, Index size, Index stride, Index padding, Index dilation, Index more) {
    return checked_add(checked_multiply(in - 1, stride, "conv_transpose_output"),
                       kernel_span(size, dilation) + more - 2 * padding, "conv_transpose_output");
  };
  const PerAxis y(outputs(x[2], kernel.height, options.stride.height, options.padding.height,
                          options.dilation.height, output_padding.height),
                  outputs(x[3], kernel.width, options.stride.width, options.padding.width,
                          options.dilation.width, output_padding.width));
  if (x[2] < 1 || x[3] < 1 || y.height < 1 || y.width < 1) {
    throw ShapeError(std::string(where) + ": x has shape " + to_string(x) + ", with kernel " +
                     to_string(kernel) + ", stride " + to_string(options.stride) + ", padding " +
                     to_string(options.padding) + ", output_padding " + to_string(output_padding) +
                     " and dilation " + to_string(options.dilation) + " the output would be empty");
  }
  return y;
}

}  // namespace detail

}  // namespace rapt
