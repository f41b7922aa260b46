// The gradient of a correlation's weight: a product of the taps, read in place from the padded copy, and dy
// transposed. Included by conv_weight.hpp for each width.

/// Columns of the strip of the panel that begins at row `first` of dy.
template <class T>
RAPT_LANES Index panel_columns(const CorrelationWeightBlock<T>& t, Index first) {
  return t.stride - first < strip_columns<T> ? t.stride - first : strip_columns<T>;
}

/// Packs dy^T in strips of rows: a row of the panel for each output of the block, zeros behind the last row.
template <class T>
RAPT_LANES void pack_outputs(const CorrelationWeightBlock<T>& t) {
  const Index run = t.images.height.out * t.images.width.out, pixels = t.images.images * run;
  for (Index first = 0; first < t.rows; first += strip_columns<T>) {
    const Index width = panel_columns(t, first), rows = t.rows - first < width ? t.rows - first : width;
    const Index whole = lane_count<T> % 4 == 0 ? rows / 4 * 4 : 0;
    T* const strip = t.panel + first * pixels;
    for (Index p = 0; p < pixels && rows < width; ++p) {
      for (Index r = rows; r < width; ++r) strip[p * width + r] = 0;
    }
    for (Index n = 0; n < t.images.images; ++n) {
      const T* const from = t.dy + n * t.dy_image + first * t.dy_row;
      T* const to = strip + n * run * width;
      for (Index r = 0; r < whole; r += 4)
        transpose_four_rows<T>(from + r * t.dy_row, t.dy_row, 4, run, to + r, width);
      for (Index r = whole; r < rows; ++r) {
        for (Index p = 0; p < run; ++p) to[p * width + r] = from[r * t.dy_row + p];
      }
    }
  }
}

/// Walks down the rows of the sums, numbered (channel, tap row, tap column): where the first output reads
/// them.
template <class T>
struct TapWalk {
  const PaddedImages<T>& images;
  Index channel = 0, i = 0, j = 0, column = 0, phase = 0;

  RAPT_LANES explicit TapWalk(const PaddedImages<T>& t) : images(t) {}
  RAPT_LANES const T* next() {
    const PaddedImages<T>& t = images;
    const T* const at =
        t.copy + channel * t.channel + i * t.height.dilation * t.row + phase * t.line + column;
    column += t.tap_step;
    phase += t.tap_phase;
    if (phase >= t.width.stride) {
      phase -= t.width.stride;
      ++column;
    }
    if (++j == t.width.taps) {
      j = column = phase = 0;
      if (++i == t.height.taps) {
        i = 0;
        ++channel;
      }
    }
    return at;
  }
  /// The next `count`, and the last of them again in the rest of `to`.
  template <int most>
  RAPT_LANES void next_few(Index count, const T* (&to)[most]) {
    for (int k = 0; k < most; ++k) to[k] = k < count ? next() : to[k - 1];
  }
};

/// Adds the products of some taps with a strip of dy^T. Never inlined, as strip_sums.
template <class T, int Rows, int Vectors>
[[gnu::noinline]] RAPT_ENTRY void add_tap_products(const CorrelationWeightBlock<T>& t, const T* const* taps,
                                                   Index count, const T* strip, Index width, T* to) {
  const PaddedImages<T>& images = t.images;
  Lanes<T> sums[Rows][Vectors];
  RAPT_UNROLL
  for (int i = 0; i < Rows; ++i) {
    RAPT_UNROLL
    for (int j = 0; j < Vectors; ++j) sums[i][j] = Lanes<T>{};
  }
  RowPointers<T, Rows> a;
  a.step = 1;
  for (Index n = 0; n < images.images; ++n) {
    for (Index o = 0; o < images.height.out; ++o, strip += images.width.out * width) {
      const Index at = n * images.image + o * images.height.stride * images.row;
      RAPT_UNROLL
      for (int i = 0; i < Rows; ++i) a.rows[i] = taps[i] + at;
      add_products<T, Rows, Vectors>(images.width.out, a, strip, width, sums);
    }
  }
  RAPT_UNROLL
  for (int i = 0; i < Rows; ++i) {
    if (i >= count) break;
    RAPT_UNROLL
    for (int j = 0; j < Vectors; ++j) {
      T* const c = to + i * t.stride + j * lane_count<T>;
      store<T>(c, load<T>(c) + sums[i][j]);
    }
  }
}

/// Adds the products of `Taps` taps and one row of dy, both read in place along the columns.
template <class T, int Taps>
RAPT_LANES void add_taps_in_place(const CorrelationWeightBlock<T>& t, const T* const (&taps)[Taps],
                                  Index count, const T* dy, T* to) {
  const PaddedImages<T>& images = t.images;
  const Index width = images.width.out;
  Lanes<T> sums[Taps];
  RAPT_UNROLL
  for (int i = 0; i < Taps; ++i) sums[i] = Lanes<T>{};
  for (Index n = 0; n < images.images; ++n) {
    for (Index o = 0; o < images.height.out; ++o) {
      const Index at = n * images.image + o * images.height.stride * images.row;
      const T* const d = dy + n * t.dy_image + o * width;
      for (Index j = 0; j < width; j += lane_count<T>) {
        const Lanes<T> right = width - j < lane_count<T> ? load_part<T>(d + j, width - j) : load<T>(d + j);
        RAPT_UNROLL
        for (int i = 0; i < Taps; ++i) sums[i] += load<T>(taps[i] + at + j) * right;
      }
    }
  }
  for (int i = 0; i < Taps && i < count; ++i) to[i * t.stride] += sum_of<T>(sums[i]);
}

/// The products with few rows of dy.
template <class T>
RAPT_LANES void add_in_place(const CorrelationWeightBlock<T>& t, Index taps) {
  constexpr int at_once = RAPT_LANE_REGISTERS == 32 ? 9 : 5;
  TapWalk<T> walk(t.images);
  for (Index g = 0; g < t.groups; ++g) {
    for (Index k = 0; k < taps; k += at_once) {
      const Index count = taps - k < at_once ? taps - k : at_once;
      const T* from[at_once];
      walk.next_few(count, from);
      for (Index r = 0; r < t.rows; ++r) {
        add_taps_in_place<T, at_once>(t, from, count, t.dy + (g * t.rows + r) * t.dy_row,
                                      t.sums + (g * taps + k) * t.stride + r);
      }
    }
  }
}

template <class T>
RAPT_ENTRY void correlate_weight_block(const CorrelationWeightBlock<T>& t) {
  constexpr Index width = strip_columns<T>;
  const PaddedImages<T>& images = t.images;
  const Index pixels = images.images * images.height.out * images.width.out;
  const Index taps = images.channels / t.groups * images.height.taps * images.width.taps;
  pad_images(images);
  if (t.rows <= weight_rows_read_in_place) return add_in_place(t, taps);
  pack_outputs(t);
  for (Index first = 0; first < t.rows; first += width) {
    const Index columns = t.rows - first < width ? t.rows - first : width;
    TapWalk<T> walk(images);
    for_row_blocks(taps, [&](auto rows, Index k, Index count) RAPT_LANES_LAMBDA {
      const T* from[rows];
      walk.next_few(count, from);
      with_vectors<T>(columns, [&](auto vectors) RAPT_LANES_LAMBDA {
        add_tap_products<T, rows, vectors>(t, from, count, t.panel + first * pixels, panel_columns(t, first),
                                           t.sums + k * t.stride + first);
      });
    });
  }
}

template <class T>
RAPT_ENTRY void add_transposed_sums(const CorrelationWeightSum<T>& t) {
  constexpr Index block = 16;
  T tile[block * block];
  for (Index k = t.from; k < t.to; k += block) {
    const Index taps = t.to - k < block ? t.to - k : block;
    for (Index r = 0; r < t.rows; r += block) {
      const Index rows = t.rows - r < block ? t.rows - r : block;
      for (Index i = 0; i < taps; ++i) {
        const T* from = t.sums + (k + i) * t.stride + r;
        for (Index j = 0; j < rows; ++j) {
          T sum = from[j];
          for (Index part = 1; part < t.parts; ++part) sum += from[part * t.part + j];
          tile[j * block + i] = sum;
        }
      }
      for (Index j = 0; j < rows; ++j) {
        T* const to = t.d_weight + (r + j) * t.taps + k;
        for (Index i = 0; i < taps; ++i) to[i] += tile[j * block + i];
      }
    }
  }
}

template <class T>
RAPT_ENTRY void channel_sums(const ChannelSums<T>& t) {
  for (Index c = t.from; c < t.to; ++c) {
    Lanes<T> sums[4] = {};
    for (Index n = 0; n < t.batch; ++n) {
      const T* const from = t.dy + (n * t.channels + c) * t.pixels;
      Index i = 0;
      for (; i + 4 * lane_count<T> <= t.pixels; i += 4 * lane_count<T>) {
        RAPT_UNROLL
        for (int u = 0; u < 4; ++u) sums[u] += load<T>(from + i + u * lane_count<T>);
      }
      for (; i + lane_count<T> <= t.pixels; i += lane_count<T>) sums[0] += load<T>(from + i);
      if (i < t.pixels) sums[1] += load_part<T>(from + i, t.pixels - i);
    }
    t.d_bias[c] += sum_of<T>((sums[0] + sums[1]) + (sums[2] + sums[3]));
  }
}
