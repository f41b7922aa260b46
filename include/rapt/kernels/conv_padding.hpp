#pragma once
/// \file  Blocks of images copied with the zeros around them, so that a correlation reads runs of columns.

#include <rapt/kernels/gemm.hpp>

#include <algorithm>

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

/// A copy of some channels of a block of images with the zeros around it, in which output o reads a tap at
/// `o.row * height.stride * row + o.column + tap`: the columns of a row stand in `width.stride` phases, so
/// that those that one tap reads lie side by side.
template <class T>
struct PaddedImages {
  CorrelationAxis height, width;  // of the block
  Index columns;                  // of x that its outputs reach, zeros included
  Index images, channels;
  const T* x;
  Index x_image;  // from one image to the next
  T* copy = nullptr;
  Index lines = height.span(height.out), line = (columns + width.stride - 1) / width.stride;
  Index row = line * width.stride, channel = lines * row, image = channels * channel;
  // From one tap of a row to the next: columns within a phase, and phases.
  Index tap_step = width.dilation / width.stride, tap_phase = width.dilation % width.stride;

  /// Elements of the copy; a vector may be read or written behind the last one.
  constexpr Index size() const { return images * image + 64; }
};

/// Outputs [row, row + rows) of an axis.
constexpr CorrelationAxis part_of_axis(CorrelationAxis axis, Index row, Index rows) {
  axis.out = rows;
  axis.first += row * axis.stride;
  return axis;
}

}  // namespace detail

}  // namespace rapt

#define RAPT_BODY <rapt/kernels/body/conv_padding.inl>
#include <rapt/kernels/body/for_each_width.inl>
