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
/// The others.
template <class T>
RAPT_LANES Lanes<T> odd_lanes(Lanes<T> a, Lanes<T> b) {
  if constexpr (lane_count<T> == 16) {
    return __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
  } else if constexpr (lane_count<T> == 8) {
    return __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15);
  } else if constexpr (lane_count<T> == 4) {
    return __builtin_shufflevector(a, b, 1, 3, 5, 7);
  } else {
    return __builtin_shufflevector(a, b, 1, 3);
  }
}
/// The lanes of two vectors in turn: a0 b0 a1 b1 ..., the first half of them or the second.
template <class T, bool second>
RAPT_LANES Lanes<T> mixed_lanes(Lanes<T> a, Lanes<T> b) {
  constexpr int n = lane_count<T>, at = second ? n / 2 : 0;
  if constexpr (n == 16) {
    return __builtin_shufflevector(a, b, at, n + at, at + 1, n + at + 1, at + 2, n + at + 2, at + 3,
                                   n + at + 3, at + 4, n + at + 4, at + 5, n + at + 5, at + 6, n + at + 6,
                                   at + 7, n + at + 7);
  } else if constexpr (n == 8) {
    return __builtin_shufflevector(a, b, at, n + at, at + 1, n + at + 1, at + 2, n + at + 2, at + 3,
                                   n + at + 3);
  } else if constexpr (n == 4) {
    return __builtin_shufflevector(a, b, at, n + at, at + 1, n + at + 1);
  } else {
    return __builtin_shufflevector(a, b, at, n + at);
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

/// Numbers [begin, end) of one phase of a row lie in the image, from its number `from` on.
struct PhaseRange {
  Index begin, end, from;
};
template <class T>
RAPT_LANES PhaseRange phase_range(const PaddedImages<T>& t, Index phase) {
  const Index stride = t.width.stride, at = phase + t.width.first;
  const Index begin = at >= 0 ? 0 : (stride - 1 - at) / stride;
  const Index end = at >= t.width.in ? 0 : (t.width.in - at + stride - 1) / stride;
  return {begin < t.line ? begin : t.line, end < t.line ? end : t.line, at + begin * stride};
}

/// One phase of a row, zeros on both sides.
template <class T>
RAPT_LANES void pad_phase(const T* from, Index stride, PhaseRange range, Index line, T* to) {
  for (Index i = 0; i < range.begin; ++i) to[i] = 0;
  if (range.begin < range.end)
    copy_every<T>(from + range.from, stride, range.end - range.begin, to + range.begin);
  for (Index i = range.begin > range.end ? range.begin : range.end; i < line; ++i) to[i] = 0;
}

/// Fills the copy; what is written behind a row is written again by the next one.
/// Both phases of a row of a stride of 2 that begins at most one zero before the image's.
template <class T>
RAPT_LANES void pad_two_phases(const T* from, Index count, const PhaseRange (&ranges)[2], Index line, T* to) {
#if RAPT_VECTOR_TYPES
  constexpr Index lanes = lane_count<T>;
  const bool swapped = ranges[0].from % 2 != 0;
  // Of the second phase a vector may begin where the first one's line ends: it is stored later.
  for (Index phase = 0; phase < 2; ++phase, to += line) {
    const bool odd = swapped == (phase == 0);
    const PhaseRange range = ranges[phase];
    to[0] = 0;
    for (Index i = 0; i < range.end - range.begin; i += lanes) {
      const Index left = count - 2 * i;
      const Lanes<T> low = left < lanes ? load_part<T>(from + 2 * i, left) : load<T>(from + 2 * i);
      Lanes<T> high{};
      if (left >= 2 * lanes) {
        high = load<T>(from + 2 * i + lanes);
      } else if (left > lanes) {
        high = load_part<T>(from + 2 * i + lanes, left - lanes);
      }
      store<T>(to + range.begin + i, odd ? odd_lanes<T>(low, high) : even_lanes<T>(low, high));
    }
    for (Index i = range.end; i < line; ++i) to[i] = 0;
  }
#else
  for (Index phase = 0; phase < 2; ++phase, to += line) pad_phase<T>(from, 2, ranges[phase], line, to);
#endif
  static_cast<void>(count);
}

/// Fills the copy; what is written behind a row is written again by the next one.
template <class T>
RAPT_LANES void pad_images(const PaddedImages<T>& t) {
  const Index stride = t.width.stride;
  // The divisions of two phases are made once.
  const PhaseRange ranges[2] = {phase_range(t, 0), phase_range(t, stride > 1 ? 1 : 0)};
  const auto begins_near = [](PhaseRange range) {
    return range.begin <= 1 && range.from <= 1 && range.begin < range.end;
  };
  const bool two = stride == 2 && begins_near(ranges[0]) && begins_near(ranges[1]);
  T* to = t.copy;
  for (Index n = 0; n < t.images; ++n) {
    for (Index c = 0; c < t.channels; ++c) {
      const T* const from = t.x + n * t.x_image + c * t.height.in * t.width.in;
      for (Index r = 0; r < t.lines; ++r, to += t.row) {
        const Index row = r + t.height.first;
        const T* const line = from + row * t.width.in;
        if (row < 0 || row >= t.height.in) {
          for (Index i = 0; i < t.row; ++i) to[i] = 0;
        } else if (two) {
          pad_two_phases<T>(line, t.width.in, ranges, t.line, to);
        } else {
          for (Index phase = 0; phase < stride; ++phase) {
            pad_phase<T>(line, stride, phase < 2 ? ranges[phase] : phase_range(t, phase), t.line,
                         to + phase * t.line);
          }
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

/// Packs a strip: a row for each tap of channels [first, last). What a run writes beyond its columns is
/// overwritten by the next one, or belongs to no column.
template <class T>
RAPT_LANES void pack_taps(const PaddedImages<T>& t, const CorrelationPhase<T>& phase,
                          const StripRuns<T>& runs, Index first, Index last, T* to) {
  for_each_tap(t, phase, first, last, [&](const T* from) RAPT_LANES_LAMBDA {
    for (Index k = 0; k < runs.count; ++k) store<T>(to + runs.to[k], load<T>(from + runs.from[k]));
    to += strip_columns<T>;
  });
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
      pack_taps<T>(t.images, phase, runs, group * t.channels + c, group * t.channels + last, t.panel);
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
