// Correlation as a product of the weight and strips of columns, packed from a zero-padded copy of the images
// and never stored as a whole. Included by conv.hpp for each width.

#if RAPT_VECTOR_TYPES
/// Every second lane of two vectors, from the first on.
template <class T>
RAPT_LANES Lanes<T> even_lanes(Lanes<T> a, Lanes<T> b) {
  if constexpr (lane_count<T> == 16) {
    return __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
  } else if constexpr (lane_count<T> == 8) {
    return __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14);
  } else if constexpr (lane_count<T> == 4) {
    return __builtin_shufflevector(a, b, 0, 2, 4, 6);
  } else {
    return __builtin_shufflevector(a, b, 0, 2);
  }
}
#endif

/// to[i] = from[i stride] for i < count; a vector's worth behind them is overwritten.
template <class T>
RAPT_LANES void copy_every(const T* from, Index stride, Index count, T* to) {
  constexpr Index lanes = lane_count<T>;
  if (stride == 1) {
    Index i = 0;
    for (; i + lanes <= count; i += lanes) store<T>(to + i, load<T>(from + i));
    if (i < count) store<T>(to + i, load_part<T>(from + i, count - i));
    return;
  }
#if RAPT_VECTOR_TYPES
  if (stride == 2) {
    for (Index i = 0; i < count; i += lanes) {
      const Index left = 2 * (count - i) - 1;  // numbers from the first to the last one wanted
      const Lanes<T> low = load_part<T>(from + 2 * i, left < lanes ? left : lanes);
      const Lanes<T> high = left <= lanes
                                ? Lanes<T>{}
                                : load_part<T>(from + 2 * i + lanes, left < 2 * lanes ? left - lanes : lanes);
      store<T>(to + i, even_lanes<T>(low, high));
    }
    return;
  }
#endif
  for (Index i = 0; i < count; ++i) to[i] = from[i * stride];
}

/// One row of an image in phases, zeros on both sides.
template <class T>
RAPT_LANES void pad_row(const PaddedImages<T>& t, const T* from, T* to) {
  const Index stride = t.width.stride;
  for (Index phase = 0; phase < stride; ++phase, to += t.line) {
    const Index at = phase + t.width.first;  // of the first number of this phase
    Index begin = at >= 0 ? 0 : (stride - 1 - at) / stride;
    Index end = at >= t.width.in ? 0 : (t.width.in - at + stride - 1) / stride;
    begin = begin < t.line ? begin : t.line;
    end = end < t.line ? end : t.line;
    for (Index i = 0; i < begin; ++i) to[i] = 0;
    if (begin < end) copy_every<T>(from + at + begin * stride, stride, end - begin, to + begin);
    for (Index i = begin > end ? begin : end; i < t.line; ++i) to[i] = 0;
  }
}

/// Fills the copy; what is written behind a row is written again by the next one.
template <class T>
RAPT_LANES void pad_images(const PaddedImages<T>& t) {
  T* to = t.copy;
  for (Index n = 0; n < t.images; ++n) {
    for (Index c = 0; c < t.channels; ++c) {
      const T* const from = t.x + n * t.x_image + c * t.height.in * t.width.in;
      for (Index r = 0; r < t.lines; ++r, to += t.row) {
        const Index row = r + t.height.first;
        if (row >= 0 && row < t.height.in) {
          pad_row<T>(t, from + row * t.width.in, to);
        } else {
          for (Index i = 0; i < t.row; ++i) to[i] = 0;
        }
      }
    }
  }
  for (Index i = 0; i < 64; ++i) to[i] = 0;
}

/// Where the columns of a strip come from in the copy, in runs of at most a vector.
template <class T>
struct StripRuns {
  Index count = 0;
  Index from[most_strip_columns<T>], to[most_strip_columns<T>];
};

/// The runs of columns [first, last) of the block, numbered (image, row, column).
template <class T>
RAPT_LANES void find_runs(const PaddedImages<T>& t, Index first, Index last, StripRuns<T>& runs) {
  const Index width = t.width.out;
  Index row = first / width, column = first % width;
  runs.count = 0;
  for (Index at = first; at < last; ++row, column = 0) {
    const Index from = row / t.height.out * t.image + row % t.height.out * t.height.stride * t.row + column;
    const Index length = width - column < last - at ? width - column : last - at;
    for (Index i = 0; i < length; i += lane_count<T>, ++runs.count) {
      runs.from[runs.count] = from + i;
      runs.to[runs.count] = at - first + i;
    }
    at += length;
  }
}

/// Packs a strip for channels [first, last): a row for each tap of each. What a run writes beyond its columns
/// is overwritten by the next one, or belongs to no column.
template <class T>
RAPT_LANES void pack_taps(const PaddedImages<T>& t, const StripRuns<T>& runs, Index first, Index last,
                          T* to) {
  for (Index c = first; c < last; ++c) {
    for (Index i = 0; i < t.height.taps; ++i) {
      for (Index j = 0; j < t.width.taps; ++j, to += strip_columns<T>) {
        const T* const from = t.copy + c * t.channel + t.tap(i, j);
        for (Index k = 0; k < runs.count; ++k) store<T>(to + runs.to[k], load<T>(from + runs.from[k]));
      }
    }
  }
}

/// to[i stride] = from[i] + bias for i < count.
template <class T>
RAPT_LANES void write_every(const T* from, T bias, Index count, T* to, Index stride) {
  if (stride != 1) {
    for (Index i = 0; i < count; ++i) to[i * stride] = from[i] + bias;
    return;
  }
  const Lanes<T> more = broadcast<T>(bias);
  Index i = 0;
  for (; i + lane_count<T> <= count; i += lane_count<T>) store<T>(to + i, load<T>(from + i) + more);
  if (i < count) store_part<T>(to + i, load_part<T>(from + i, count - i) + more, count - i);
}

/// y from the sums of a block.
template <class T>
RAPT_LANES void write_block(const CorrelationBlock<T>& t) {
  const CorrelationAxis &height = t.images.height, &width = t.images.width;
  const bool whole_rows = width.y_stride == 1 && width.y_extent == width.out && height.y_stride == 1;
  const Index run = whole_rows ? height.out * width.out : width.out, runs = whole_rows ? 1 : height.out;
  for (Index r = 0; r < t.rows; ++r) {
    const T bias = t.bias == nullptr ? T(0) : t.bias[r];
    const T* from = t.sums + r * t.stride;
    for (Index n = 0; n < t.images.images; ++n) {
      T* const to = t.y + n * t.y_image + r * height.y_extent * width.y_extent;
      for (Index o = 0; o < runs; ++o, from += run) {
        const Index row = height.y_first + (t.y_row + o) * height.y_stride;
        write_every<T>(from, bias, run, to + row * width.y_extent + width.y_first, width.y_stride);
      }
    }
  }
}

/// One block: pads, then adds to its sums piece by piece of depth and strip by strip of columns.
template <class T>
RAPT_ENTRY void correlate_block(const CorrelationBlock<T>& t) {
  constexpr Index width = strip_columns<T>;
  const PaddedImages<T>& images = t.images;
  const Index taps = images.height.taps * images.width.taps, depth = images.channels * taps;
  const Index columns = images.images * images.height.out * images.width.out;
  if (depth == 0) {
    for (Index i = 0; i < t.rows * t.stride; ++i) t.sums[i] = 0;
    return write_block(t);
  }
  pad_images(images);
  StripRuns<T> runs;
  for (Index c = 0; c < images.channels; c += t.depth) {
    const Index last = c + t.depth < images.channels ? c + t.depth : images.channels;
    for (Index first = 0; first < columns; first += width) {
      const Index end = first + width < columns ? first + width : columns;
      find_runs<T>(images, first, end, runs);
      pack_taps<T>(images, runs, c, last, t.panel);
      for_row_blocks(t.rows, [&](auto rows, Index i, Index count) RAPT_LANES_LAMBDA {
        const auto a = rows_of<T, rows>(t.weight + i * depth + c * taps, depth, 1, count);
        const StripTarget<T> to{
            t.sums + i * t.stride + first, t.stride, end - first, 1, c > 0, false, nullptr,
            FusedActivation::none,         T(0)};
        with_vectors<T>(end - first, [&](auto vectors) RAPT_LANES_LAMBDA {
          product_block<T, rows, vectors>((last - c) * taps, a, count, t.panel, width, to);
        });
      });
    }
  }
  write_block(t);
}
