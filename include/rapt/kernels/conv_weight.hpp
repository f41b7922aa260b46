#pragma once
/// \file  The gradient of a correlation's weight on raw pointers.

#include <rapt/kernels/conv.hpp>

namespace rapt {

namespace detail {

/// d_weight[g, r, c, i, j] += sum over images and outputs of dy[b, g, r, o] times what output o reads there.
template <class T>
struct CorrelationWeight {
  Index batch, groups, channels, rows;  // of each group: channels of x, rows of dy
  CorrelationAxis height, width;
  const T* x;   // (batch, groups channels, height.in, width.in)
  const T* dy;  // (batch, groups rows, height.out, width.out)
  T* d_weight;  // (groups rows, channels, height.taps, width.taps)
};

/// What one block of images adds to a part of the weight's gradient.
template <class T>
struct CorrelationWeightBlock {
  PaddedImages<T> images;  // of all channels of its groups
  Index groups, rows;      // one group where rows are not read in place
  const T* dy;             // of its first row, image and output
  Index dy_image, dy_row;
  T* panel;  // pixels x rows, rounded up to strips
  T* sums;   // (channels taps, stride), added to
  Index stride;
};

// With so few rows of dy they are read in place rather than transposed.
inline constexpr Index weight_rows_read_in_place = 2;

/// How the work is shared out: by groups, by channels, by images whose sums wait in buffers of their own.
struct WeightParts {
  Index groups, side_by_side;  // of a part; parts of all groups
  Index channels, across;      // of a part; parts of a group
  Index images, deep;          // of a part; parts of the batch
  WeightParts(Index all_groups, Index all_channels, Index rows, Index taps, Index batch) {
    constexpr Index wanted = 4, least_rows = 192;
    groups = 1;
    // Channels of several small groups are copied together, as they lie in memory.
    if (rows <= weight_rows_read_in_place && all_channels * taps < least_rows)
      groups = std::clamp<Index>(correlation_channels / std::max(rows, all_channels), 1, all_groups);
    side_by_side = (all_groups + groups - 1) / groups;
    const Index pieces = std::clamp<Index>(all_channels * taps / least_rows, 1, 2 * wanted);
    channels = even_piece(all_channels, std::max<Index>(all_channels / pieces, 1), 1);
    across = (all_channels + channels - 1) / channels;
    const Index parts = std::max<Index>(wanted / (side_by_side * across), 1);
    images = even_piece(batch, std::max<Index>((batch + parts - 1) / parts, 1), 1);
    deep = (batch + images - 1) / images;
  }
};

/// Sums of all parts of the batch, transposed, for taps [from, to) of a group.
template <class T>
struct CorrelationWeightSum {
  Index from, to, rows, taps;
  const T* sums;
  Index parts, part, stride;  // from one part to the next, from one tap to the next
  T* d_weight;                // (rows, taps), added to
};

/// Columns from ... to of channel sums: d_bias[c] += sum over images and pixels of dy[b, c].
template <class T>
struct ChannelSums {
  Index batch, channels, pixels, from, to;
  const T* dy;
  T* d_bias;
};

/// Outputs of a block: the panel of dy^T is used from the second-level cache.
template <class T>
constexpr Index weight_pixels(Index rows) {
  return std::clamp<Index>(256 * 1024 / Index{sizeof(T)} / std::max<Index>(rows, 1), 256, 1024);
}

}  // namespace detail

}  // namespace rapt

#define RAPT_BODY <rapt/kernels/body/conv_weight.inl>
#include <rapt/kernels/body/for_each_width.inl>

namespace rapt::detail {

/// The sums of one part: `sums` (part.channels taps, stride) is overwritten.
template <class T>
void correlate_weight_part(const CorrelationWeight<T>& p, const WeightParts& parts, Index part, T* sums,
                           Index stride) {
  const Index taps = p.height.taps * p.width.taps;
  const Index group = part / parts.across % parts.side_by_side * parts.groups;
  const Index groups = std::min(parts.groups, p.groups - group);
  const Index channel = part % parts.across * parts.channels;
  // Several groups are whole ones.
  const Index channels = groups * std::min(parts.channels, p.channels - channel);
  const Index deep = part / (parts.across * parts.side_by_side), begin = deep * parts.images;
  const Index images = std::min(parts.images, p.batch - begin);
  sums += ((deep * p.groups + group) * p.channels + channel) * taps * stride;
  std::fill(sums, sums + channels * taps * stride, T(0));
  const ImageBlocks blocks(images, p.height.out, p.width.out,
                           weight_pixels<T>(groups == 1 ? p.rows : 4 * groups * p.rows));
  const auto kernel = RAPT_KERNEL_FOR(simd(), correlate_weight_block<T>);
  const Index x_channel = p.height.in * p.width.in, dy_channel = p.height.out * p.width.out;
  for (Index block = 0; block < blocks.count; ++block) {
    const Index image = begin + block / blocks.down * blocks.images, row = block % blocks.down * blocks.rows;
    const Index count = std::min(blocks.images, begin + images - image);
    const Index rows = std::min(blocks.rows, p.height.out - row);
    PaddedImages<T> padded{.height = part_of_axis(p.height, row, rows),
                           .width = p.width,
                           .columns = p.width.span(p.width.out),
                           .images = count,
                           .channels = channels,
                           .x = p.x + ((image * p.groups + group) * p.channels + channel) * x_channel,
                           .x_image = p.groups * p.channels * x_channel};
    const Workspace<T> copy(padded.size());
    padded.copy = copy.data();
    const Workspace<T> panel(count * rows * p.width.out * stride);
    kernel({.images = padded,
            .groups = groups,
            .rows = p.rows,
            .dy = p.dy + (image * p.groups + group) * p.rows * dy_channel + row * p.width.out,
            .dy_image = p.groups * p.rows * dy_channel,
            .dy_row = dy_channel,
            .panel = panel.data(),
            .sums = sums,
            .stride = stride});
  }
}

/// Adds the gradient of a correlation's weight. The same bits at any thread count; a warm call allocates
/// nothing.
template <class T>
void add_correlation_weight(const CorrelationWeight<T>& p) {
  const Index taps = p.height.taps * p.width.taps, all = p.channels * taps;
  if (p.batch == 0 || p.groups * p.rows * all == 0) return;
  const Index stride = even_piece(p.rows, p.rows, 64 / Index{sizeof(T)});
  const WeightParts parts(p.groups, p.channels, p.rows, taps, p.batch);
  const Workspace<T> sums(parts.deep * p.groups * all * stride);
  const Index pixels = p.height.out * p.width.out;
  parallel_for(parts.deep * parts.side_by_side * parts.across,
               2 * parts.images * pixels * parts.groups * parts.channels * taps * p.rows / 32,
               [&](Index part) { correlate_weight_part<T>(p, parts, part, sums.data(), stride); });
  const auto finish = RAPT_KERNEL_FOR(simd(), add_transposed_sums<T>);
  constexpr Index grain = 64;
  const Index pieces = (all + grain - 1) / grain;
  parallel_for(p.groups * pieces, grain * p.rows * parts.deep / 4, [&](Index chunk) {
    const Index group = chunk / pieces, from = chunk % pieces * grain;
    finish({.from = from,
            .to = std::min(from + grain, all),
            .rows = p.rows,
            .taps = all,
            .sums = sums.data() + group * all * stride,
            .parts = parts.deep,
            .part = p.groups * all * stride,
            .stride = stride,
            .d_weight = p.d_weight + group * p.rows * all});
  });
}

/// d_bias[c] += sum over images and pixels of dy (batch, channels, pixels). The same bits at any thread
/// count.
template <class T>
void add_channel_sums(Index batch, Index channels, Index pixels, const T* dy, T* d_bias) {
  const auto kernel = RAPT_KERNEL_FOR(simd(), channel_sums<T>);
  parallel_for_range(channels, 8, batch * pixels / 16, [&](Index from, Index to) {
    kernel({batch, channels, pixels, from, to, dy, d_bias});
  });
}

}  // namespace rapt::detail
