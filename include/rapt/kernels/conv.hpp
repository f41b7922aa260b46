#pragma once
/// \file  Correlation of images with a kernel on raw pointers: what convolutions and their input gradients
/// are.

#include <rapt/core/parallel.hpp>
#include <rapt/core/workspace.hpp>
#include <rapt/kernels/gemm.hpp>

#include <algorithm>
#include <concepts>

namespace rapt {

namespace detail {

/// One axis of a correlation: output o sums over the taps k the input `o stride + k dilation + first`, 0
/// where that is not in [0, in), and is written to `y_first + o y_stride` of `y_extent`.
struct CorrelationAxis {
  Index in, out, taps, stride, dilation, first;
  Index y_extent, y_stride = 1, y_first = 0;

  /// From the first input that a run of `outputs` reads to the last one.
  constexpr Index span(Index outputs) const {
    return outputs == 0 || taps == 0 ? 0 : (outputs - 1) * stride + (taps - 1) * dilation + 1;
  }
};

/// y[b, g, r] = bias[g, r] + sum over c and taps of weight[g, r, c, i, j] x[b, g, c, ...], see the axes.
template <class T>
struct Correlation {
  Index batch, groups, channels, rows;  // of each group: channels of x, rows of y
  CorrelationAxis height, width;
  const T* x;       // (batch, groups channels, height.in, width.in)
  const T* weight;  // (groups rows, channels, height.taps, width.taps)
  const T* bias;    // (groups rows) or null
  T* y;             // (batch, groups rows, height.y_extent, width.y_extent)
};

/// How the outputs of a batch are cut into blocks of about `pixels`: several images, or some rows of one.
struct ImageBlocks {
  Index images, rows;  // of a block
  Index down, count;   // blocks of an image; in all
  ImageBlocks(Index batch, Index height, Index width, Index pixels) {
    const Index size = std::max<Index>(height * width, 1);
    images = std::clamp<Index>(pixels / size, 1, std::max<Index>(batch, 1));
    images = even_piece(batch, images, 1);
    rows = size <= pixels ? std::max<Index>(height, 1)
                          : even_piece(height, std::max<Index>(pixels / width, 1), 1);
    down = height * width == 0 ? 0 : (height + rows - 1) / rows;
    count = (batch + images - 1) / images * down;
  }
};

/// A copy of some channels of a block of images with the zeros around it, in which output o reads tap k at
/// `o.row * line_of_row + o.column + tap(k)`: the columns of a row stand in `width.stride` phases, those that
/// one tap reads side by side.
template <class T>
struct PaddedImages {
  CorrelationAxis height, width;  // of the block
  Index images, channels;
  const T* x;
  Index x_image;  // from one image to the next
  T* copy;
  Index lines = height.span(height.out), line = (width.span(width.out) + width.stride - 1) / width.stride;
  Index row = line * width.stride, channel = lines * row, image = channels * channel;

  /// Where the first output reads a tap of the first channel.
  constexpr Index tap(Index i, Index j) const {
    const Index column = j * width.dilation;
    return i * height.dilation * row + column % width.stride * line + column / width.stride;
  }
  /// Elements of the copy; a vector may be read or written behind the last one.
  constexpr Index size() const { return images * image + 64; }
};

/// The copy of outputs [row, row + rows) of images, all but its memory.
template <class T>
PaddedImages<T> padded_images(const CorrelationAxis& height, const CorrelationAxis& width, Index row,
                              Index rows, Index images, Index channels, const T* x, Index x_image) {
  CorrelationAxis part = height;
  part.out = rows;
  part.first += row * height.stride;
  return {part, width, images, channels, x, x_image, nullptr};
}

/// One block of a correlation.
template <class T>
struct CorrelationBlock {
  PaddedImages<T> images;
  Index rows;
  const T *weight, *bias;
  T* y;             // of its first row and image
  Index y_image;    // from one image to the next
  Index y_row;      // first output row
  Index depth;      // channels of one piece of depth
  T *panel, *sums;  // correlation_panel(), and correlation_sums() elements of workspace
  Index stride;     // of sums
};

// Outputs of a block: enough that a piece of the weight is used from the cache.
template <class T>
inline constexpr Index correlation_pixels = 1024 / Index{sizeof(T)};
// Most columns of a strip, whatever the width of the vectors.
template <class T>
inline constexpr Index most_strip_columns = 256 / Index{sizeof(T)};

/// Channels whose taps make one piece of depth.
template <class T>
constexpr Index correlation_depth(Index taps) {
  return std::max<Index>(gemm_depth<T> / std::max<Index>(taps, 1), 1);
}

}  // namespace detail

}  // namespace rapt

#define RAPT_BODY <rapt/kernels/body/conv.inl>
#include <rapt/kernels/body/for_each_width.inl>

namespace rapt::detail {

/// Computes a correlation; parts of y that no output is written to stay as they are. The same bits at any
/// thread count; a warm call allocates nothing.
template <class T>
void correlate(const Correlation<T>& p) {
  const ImageBlocks blocks(p.batch, p.height.out, p.width.out, correlation_pixels<T>);
  const Index taps = p.height.taps * p.width.taps, depth = correlation_depth<T>(taps);
  const Index pixels = blocks.images * blocks.rows * p.width.out;
  const auto kernel = RAPT_KERNEL_FOR(simd(), correlate_block<T>);
  const Index x_channel = p.height.in * p.width.in, y_channel = p.height.y_extent * p.width.y_extent;
  parallel_for(blocks.count * p.groups, 2 * p.rows * pixels * p.channels * taps / 32, [&](Index chunk) {
    const Index group = chunk % p.groups, block = chunk / p.groups;
    const Index image = block / blocks.down * blocks.images, row = block % blocks.down * blocks.rows;
    const Index images = std::min(blocks.images, p.batch - image);
    const Index rows = std::min(blocks.rows, p.height.out - row);
    auto padded = padded_images<T>(p.height, p.width, row, rows, images, p.channels,
                                   p.x + (image * p.groups + group) * p.channels * x_channel,
                                   p.groups * p.channels * x_channel);
    const Workspace<T> copy(padded.size());
    padded.copy = copy.data();
    const Index columns = most_strip_columns<T>, stride = even_piece(pixels, pixels, columns);
    const Index panel = (std::min(depth, p.channels) * taps + 1) * columns;
    const Workspace<T> working(panel + p.rows * stride);
    kernel({.images = padded,
            .rows = p.rows,
            .weight = p.weight + group * p.rows * p.channels * taps,
            .bias = p.bias == nullptr ? nullptr : p.bias + group * p.rows,
            .y = p.y + (image * p.groups + group) * p.rows * y_channel,
            .y_image = p.groups * p.rows * y_channel,
            .y_row = row,
            .depth = depth,
            .panel = working.data(),
            .sums = working.data() + panel,
            .stride = stride});
  });
}

}  // namespace rapt::detail
