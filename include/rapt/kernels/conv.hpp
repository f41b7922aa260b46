#pragma once
/// \file  Correlation of images with a kernel on raw pointers: what convolutions and their input gradients
/// are.

#include <rapt/core/parallel.hpp>
#include <rapt/core/workspace.hpp>
#include <rapt/kernels/conv_padding.hpp>
#include <rapt/kernels/gemm.hpp>

#include <algorithm>
#include <concepts>

namespace rapt {

namespace detail {

/// Every `y_stride`-th column of the output, of which there are `out`: they have taps and a weight of their
/// own and begin `shift` columns of x behind those that begin first.
template <class T>
struct CorrelationPhase {
  Index taps, out, shift, y_first;
  const T* weight;  // (groups rows, channels, height.taps, taps)
};

/// y[b, g, r] = bias[g, r] + sum over c and taps of weight[g, r, c, i, j] x[b, g, c, ...], see the axes.
/// Taps, outputs and y_first of the width are those of its phases.
template <class T>
struct Correlation {
  Index batch, groups, channels, rows;  // of each group: channels of x, rows of y
  CorrelationAxis height, width;
  const CorrelationPhase<T>* phases;
  Index phase_count;
  const T* x;     // (batch, groups channels, height.in, width.in)
  const T* bias;  // (groups rows) or null
  T* y;           // (batch, groups rows, height.y_extent, width.y_extent)
};

/// One block of a correlation: some groups of a block of images.
template <class T>
struct CorrelationBlock {
  PaddedImages<T> images;  // of all channels of its groups
  Index groups, channels, rows;
  const CorrelationPhase<T>* phases;
  Index phase_count, first_group;
  const T* bias;  // of its first row, or null
  T* y;           // of its first row and image
  Index y_image;  // from one image to the next
  Index y_row;    // first output row
  Index depth;    // channels of one piece of depth
  T *panel, *sums;
  Index stride;  // of sums (phases, groups rows, stride)
};

// Outputs of a block: enough that a piece of the weight is used from the cache.
template <class T>
inline constexpr Index correlation_pixels = 1024 / Index{sizeof(T)};
// Groups of a block have together about as many channels.
inline constexpr Index correlation_channels = 32;
// With so few rows of a group the columns are read in place: packing them would take longer than the product.
inline constexpr Index rows_read_in_place = 4;
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
  if (p.groups * p.rows == 0) return;
  const ImageBlocks blocks(p.batch, p.height.out, p.width.out, correlation_pixels<T>);
  Index taps = 0, columns = 0;
  for (Index f = 0; f < p.phase_count; ++f) {
    CorrelationAxis axis = p.width;
    axis.taps = p.phases[f].taps;
    taps = std::max(taps, p.height.taps * axis.taps);
    if (axis.span(p.phases[f].out) > 0)
      columns = std::max(columns, p.phases[f].shift + axis.span(p.phases[f].out));
  }
  const Index groups =
      std::clamp(correlation_channels / std::max<Index>({p.rows, p.channels, 1}), Index{1}, p.groups);
  const Index parts = (p.groups + groups - 1) / groups, depth = correlation_depth<T>(taps);
  const Index pixels = blocks.images * blocks.rows * p.width.out;
  // The room behind the last column takes what a vector writes too much.
  const Index stride = (pixels / most_strip_columns<T> + 2) * most_strip_columns<T>;
  const Index panel = (std::min(depth, p.channels) * taps + 1) * most_strip_columns<T>;
  const auto kernel = RAPT_KERNEL_FOR(simd(), correlate_block<T>);
  const Index x_channel = p.height.in * p.width.in, y_channel = p.height.y_extent * p.width.y_extent;
  const Index operations = p.phase_count * 2 * groups * p.rows * pixels * p.channels * taps / 32;
  parallel_for(blocks.count * parts, operations, [&](Index chunk) {
    const Index group = chunk % parts * groups, block = chunk / parts,
                count = std::min(groups, p.groups - group);
    const Index image = block / blocks.down * blocks.images, row = block % blocks.down * blocks.rows;
    PaddedImages<T> images{.height = part_of_axis(p.height, row, std::min(blocks.rows, p.height.out - row)),
                           .width = p.width,
                           .columns = columns,
                           .images = std::min(blocks.images, p.batch - image),
                           .channels = count * p.channels,
                           .x = p.x + (image * p.groups + group) * p.channels * x_channel,
                           .x_image = p.groups * p.channels * x_channel};
    const Workspace<T> copy(images.size());
    images.copy = copy.data();
    const Workspace<T> working(panel + p.phase_count * count * p.rows * stride);
    kernel({.images = images,
            .groups = count,
            .channels = p.channels,
            .rows = p.rows,
            .phases = p.phases,
            .phase_count = p.phase_count,
            .first_group = group,
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
