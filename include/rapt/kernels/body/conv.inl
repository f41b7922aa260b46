// Correlation as a product of the weight and strips of columns, packed from a zero-padded copy of the images
// and never stored as a whole. Included by conv.hpp for each width.

/// Where the columns of a strip come from in the copy, in runs of at most a vector.
template <class T>
struct StripRuns {
  Index count = 0;
  Index from[most_strip_columns<T>], to[most_strip_columns<T>];
};

/// The runs of columns [first, last) of a phase, numbered (image, row, column).
template <class T>
RAPT_LANES void find_runs(const PaddedImages<T>& t, Index width, Index first, Index last,
                          StripRuns<T>& runs) {
  const Index row = first / width;
  Index column = first % width, n = row / t.height.out, o = row % t.height.out;
  runs.count = 0;
  for (Index at = first; at < last; column = 0) {
    const Index from = n * t.image + o * t.height.stride * t.row + column;
    const Index length = width - column < last - at ? width - column : last - at;
    for (Index i = 0; i < length; i += lane_count<T>, ++runs.count) {
      runs.from[runs.count] = from + i;
      runs.to[runs.count] = at - first + i;
    }
    at += length;
    if (++o == t.height.out) {
      o = 0;
      ++n;
    }
  }
}

/// Calls tap(from) for `taps` taps of a row, the first of which output 0 reads at `from`.
template <class T, class Tap>
RAPT_LANES void for_each_tap_of_row(const PaddedImages<T>& t, const T* from, Index taps, Tap&& tap) {
  Index phase = 0;
  for (Index j = 0; j < taps; ++j) {
    tap(from + phase * t.line);
    from += t.tap_step;
    phase += t.tap_phase;
    if (phase >= t.width.stride) {
      phase -= t.width.stride;
      ++from;
    }
  }
}

/// The same for channels [first, last), in the order of the weight. Only a stride of 1 has several phases.
template <class T, class Tap>
RAPT_LANES void for_each_tap(const PaddedImages<T>& t, const CorrelationPhase<T>& phase, Index first,
                             Index last, Tap&& tap) {
  for (Index c = first; c < last; ++c) {
    const T* from = t.copy + c * t.channel + phase.shift;
    for (Index i = 0; i < t.height.taps; ++i, from += t.height.dilation * t.row)
      for_each_tap_of_row(t, from, phase.taps, tap);
  }
}

/// Packs a strip: a row for each tap of channels [first, last), `bytes` of each run. What a run writes beyond
/// its columns is overwritten by the next one, or belongs to no column.
template <int bytes, class T>
RAPT_LANES void pack_taps(const PaddedImages<T>& t, const CorrelationPhase<T>& phase,
                          const StripRuns<T>& runs, Index first, Index last, T* to) {
  for_each_tap(t, phase, first, last, [&](const T* from) RAPT_LANES_LAMBDA {
    for (Index k = 0; k < runs.count; ++k) std::memcpy(to + runs.to[k], from + runs.from[k], bytes);
    to += strip_columns<T>;
  });
}
/// The same with pieces that hold a run: whole vectors of short ones would lie across cache lines.
template <class T>
RAPT_LANES void pack_strip(const PaddedImages<T>& t, const CorrelationPhase<T>& phase,
                           const StripRuns<T>& runs, Index first, Index last, T* to) {
  const Index bytes = phase.out * Index{sizeof(T)};
  if (bytes <= 16 && RAPT_LANE_BYTES > 16) {
    pack_taps<16>(t, phase, runs, first, last, to);
  } else if (bytes <= 32 && RAPT_LANE_BYTES > 32) {
    pack_taps<32>(t, phase, runs, first, last, to);
  } else {
    pack_taps<sizeof(Lanes<T>)>(t, phase, runs, first, last, to);
  }
}

/// The sums of a block of rows and a strip. Never inlined: among the loops around it the addresses of its
/// rows would not stay in registers.
template <class T, int Rows, int Vectors>
[[gnu::noinline]] RAPT_ENTRY void strip_sums(const T* weight, Index stride, Index rows, Index depth,
                                             const T* panel, const StripTarget<T>& to) {
  product_block<T, Rows, Vectors>(depth, rows_of<T, Rows>(weight, stride, 1, rows), rows, panel,
                                  strip_columns<T>, to);
}

/// Adds a phase of one group to its sums, piece by piece of depth and strip by strip of columns.
template <class T>
RAPT_LANES void add_packed(const CorrelationBlock<T>& t, const CorrelationPhase<T>& phase, Index group,
                           Index columns, T* sums) {
  constexpr Index width = strip_columns<T>;
  const Index taps = t.images.height.taps * phase.taps, depth = t.channels * taps;
  const T* const weight = phase.weight + (t.first_group + group) * t.rows * depth;
  StripRuns<T> runs;
  for (Index c = 0; c < t.channels; c += t.depth) {
    const Index last = c + t.depth < t.channels ? c + t.depth : t.channels;
    for (Index first = 0; first < columns; first += width) {
      const Index end = first + width < columns ? first + width : columns;
      find_runs<T>(t.images, phase.out, first, end, runs);
      pack_strip<T>(t.images, phase, runs, group * t.channels + c, group * t.channels + last, t.panel);
      for_row_blocks(t.rows, [&](auto rows, Index i, Index count) RAPT_LANES_LAMBDA {
        const StripTarget<T> to{sums + i * t.stride + first, t.stride, end - first, 1, c > 0, false, nullptr,
                                FusedActivation::none,       T(0)};
        with_vectors<T>(end - first, [&](auto vectors) RAPT_LANES_LAMBDA {
          strip_sums<T, rows, vectors>(weight + i * depth + c * taps, depth, count, (last - c) * taps,
                                       t.panel, to);
        });
      });
    }
  }
}

/// The sums of a few rows for `Vectors` runs, read in place.
template <class T, int Rows, int Vectors>
RAPT_LANES void sums_in_place(const CorrelationBlock<T>& t, const CorrelationPhase<T>& phase, Index group,
                              const Index* from, const Index* to, T* sums) {
  const Index depth = t.channels * t.images.height.taps * phase.taps;
  const auto a = rows_of<T, Rows>(phase.weight + (t.first_group + group) * t.rows * depth, depth, 1, t.rows);
  Lanes<T> s[Rows][Vectors];
  RAPT_UNROLL
  for (int i = 0; i < Rows; ++i) {
    RAPT_UNROLL
    for (int j = 0; j < Vectors; ++j) s[i][j] = Lanes<T>{};
  }
  Index p = 0;
  for_each_tap(t.images, phase, group * t.channels, (group + 1) * t.channels,
               [&](const T* tap) RAPT_LANES_LAMBDA {
                 Lanes<T> right[Vectors];
                 RAPT_UNROLL
                 for (int j = 0; j < Vectors; ++j) right[j] = load<T>(tap + from[j]);
                 RAPT_UNROLL
                 for (int i = 0; i < Rows; ++i) {
                   const Lanes<T> left = broadcast<T>(a.rows[i][p]);
                   RAPT_UNROLL
                   for (int j = 0; j < Vectors; ++j) s[i][j] += left * right[j];
                 }
                 ++p;
               });
  for (int i = 0; i < Rows && i < t.rows; ++i) {
    RAPT_UNROLL
    for (int j = 0; j < Vectors; ++j) store<T>(sums + i * t.stride + to[j], s[i][j]);
  }
}

/// The sums of all groups of a phase, each of a few rows. A vector is stored whole: the next one overwrites
/// what it has too much.
template <class T>
RAPT_LANES void add_in_place(const CorrelationBlock<T>& t, const CorrelationPhase<T>& phase, Index columns,
                             T* sums) {
  constexpr int few = strip_lanes<T>, many = 2 * strip_lanes<T>;
  constexpr Index width =
      many * lane_count<T> < most_strip_columns<T> ? many * lane_count<T> : most_strip_columns<T>;
  StripRuns<T> runs;
  for (Index first = 0; first < columns; first += width) {
    find_runs<T>(t.images, phase.out, first, first + width < columns ? first + width : columns, runs);
    const Index step = t.rows == 1 ? many : few;
    for (Index k = 0; k < runs.count; k += step) {
      Index from[many], to[many];
      for (Index j = 0; j < step; ++j) {
        const Index run = k + j < runs.count ? k + j : runs.count - 1;
        from[j] = runs.from[run];
        to[j] = first + runs.to[run];
      }
      for (Index g = 0; g < t.groups; ++g) {
        T* const of_group = sums + g * t.rows * t.stride;
        if (t.rows == 1) {
          sums_in_place<T, 1, many>(t, phase, g, from, to, of_group);
        } else if (t.rows == 2) {
          sums_in_place<T, 2, few>(t, phase, g, from, to, of_group);
        } else {
          sums_in_place<T, 4, few>(t, phase, g, from, to, of_group);
        }
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

/// to[2i] = even[i] + bias, to[2i + 1] = odd[i] + bias for the first `count` of both together.
template <class T>
RAPT_LANES void write_two(const T* even, const T* odd, T bias, Index count, T* to) {
  Index i = 0;
#if RAPT_VECTOR_TYPES
  const Lanes<T> more = broadcast<T>(bias);
  for (; 2 * i < count; i += lane_count<T>) {
    const Lanes<T> a = load<T>(even + i) + more, b = load<T>(odd + i) + more;
    const Index left = count - 2 * i;
    store_part<T>(to + 2 * i, mixed_lanes<T, false>(a, b), left < lane_count<T> ? left : lane_count<T>);
    if (left <= lane_count<T>) break;
    store_part<T>(to + 2 * i + lane_count<T>, mixed_lanes<T, true>(a, b),
                  left < 2 * lane_count<T> ? left - lane_count<T> : lane_count<T>);
  }
#else
  for (; i < count; ++i) to[i] = (i % 2 == 0 ? even : odd)[i / 2] + bias;
#endif
}

/// One row of y from the sums of all phases; row `o` of image n of the block.
template <class T>
RAPT_LANES void write_row(const CorrelationBlock<T>& t, const T* sums, Index image_row, T bias, T* to) {
  const CorrelationAxis& width = t.images.width;
  const Index of_phase = t.groups * t.rows * t.stride;
  if (t.phase_count == 2 && width.y_stride == 2) {
    return write_two<T>(sums + image_row * t.phases[0].out, sums + of_phase + image_row * t.phases[1].out,
                        bias, width.y_extent, to);
  }
  for (Index f = 0; f < t.phase_count; ++f) {
    const CorrelationPhase<T>& phase = t.phases[f];
    write_every<T>(sums + f * of_phase + image_row * phase.out, bias, phase.out, to + phase.y_first,
                   width.y_stride);
  }
}

/// y from the sums of a block.
template <class T>
RAPT_LANES void write_block(const CorrelationBlock<T>& t) {
  const CorrelationAxis &height = t.images.height, &width = t.images.width;
  const bool whole = width.y_stride == 1 && height.y_stride == 1 && t.phases[0].out == width.y_extent;
  const Index run = height.out * width.y_extent;
  for (Index r = 0; r < t.groups * t.rows; ++r) {
    const T bias = t.bias == nullptr ? T(0) : t.bias[r];
    const T* const from = t.sums + r * t.stride;
    for (Index n = 0; n < t.images.images; ++n) {
      T* const to = t.y + n * t.y_image + r * height.y_extent * width.y_extent;
      if (whole) {
        write_every<T>(from + n * run, bias, run, to + (height.y_first + t.y_row) * width.y_extent, 1);
        continue;
      }
      for (Index o = 0; o < height.out; ++o) {
        write_row<T>(t, from, n * height.out + o, bias,
                     to + (height.y_first + (t.y_row + o) * height.y_stride) * width.y_extent);
      }
    }
  }
}

/// One block of a correlation.
template <class T>
RAPT_ENTRY void correlate_block(const CorrelationBlock<T>& t) {
  pad_images(t.images);
  const Index rows = t.groups * t.rows;
  for (Index f = 0; f < t.phase_count; ++f) {
    const CorrelationPhase<T>& phase = t.phases[f];
    const Index columns = t.images.images * t.images.height.out * phase.out;
    T* const sums = t.sums + f * rows * t.stride;
    if (t.channels * t.images.height.taps * phase.taps == 0) {
      for (Index i = 0; i < rows * t.stride; ++i) sums[i] = 0;
    } else if (t.rows <= rows_read_in_place) {
      add_in_place<T>(t, phase, columns, sums);
    } else {
      for (Index g = 0; g < t.groups; ++g) add_packed<T>(t, phase, g, columns, sums + g * t.rows * t.stride);
    }
  }
  write_block(t);
}
