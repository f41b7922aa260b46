// One tile of a matrix product. Included by gemm.hpp for each width.

/// to[p * stride + r] = from[r * from_stride + p] for r < 4, p < count: a transpose in blocks of 4 x 4.
/// Behind the first `rows` the last one is read again.
template <class T>
RAPT_LANES void transpose_four_rows(const T* from, Index from_stride, Index rows, Index count, T* to,
                                    Index stride) {
  const RowPointers<T, 4> a = rows_of<T, 4>(from, from_stride, 1, rows);
  Index p = 0;
#if RAPT_VECTOR_TYPES
  if constexpr (sizeof(T) == 4) {
    typedef T Quad __attribute__((vector_size(16)));
    for (; p + 4 <= count; p += 4) {
      Quad row[4];
      RAPT_UNROLL
      for (int r = 0; r < 4; ++r) std::memcpy(&row[r], a.rows[r] + p, sizeof(Quad));
      const Quad low01 = __builtin_shufflevector(row[0], row[1], 0, 4, 1, 5);
      const Quad high01 = __builtin_shufflevector(row[0], row[1], 2, 6, 3, 7);
      const Quad low23 = __builtin_shufflevector(row[2], row[3], 0, 4, 1, 5);
      const Quad high23 = __builtin_shufflevector(row[2], row[3], 2, 6, 3, 7);
      const Quad column[4] = {__builtin_shufflevector(low01, low23, 0, 1, 4, 5),
                              __builtin_shufflevector(low01, low23, 2, 3, 6, 7),
                              __builtin_shufflevector(high01, high23, 0, 1, 4, 5),
                              __builtin_shufflevector(high01, high23, 2, 3, 6, 7)};
      RAPT_UNROLL
      for (int r = 0; r < 4; ++r) std::memcpy(to + (p + r) * stride, &column[r], sizeof(Quad));
    }
  }
#endif
  for (; p < count; ++p) {
    for (Index r = 0; r < 4; ++r) to[p * stride + r] = a.rows[r][p];
  }
}

/// Copies columns `first` to `last` of rows p ... of op(B) as strips, one behind the other, with zeros behind
/// the last column.
template <class T>
RAPT_LANES void pack_strips(const GemmTile<T>& t, Index p, Index depth, Index first, Index last) {
  constexpr Index width = strip_columns<T>, lanes = lane_count<T>;
  // A cache line of each row at a time: neither what is read nor what is written falls out of the cache
  // between.
  constexpr Index line = 64 / Index{sizeof(T)};
  if (!t.b_transposed) {
    for (Index r = 0; r < depth; ++r) {
      const T* const from = t.b + (p + r) * t.b_stride;
      for (Index j = first; j < last; j += line) ask_for(from, 8 * t.b_stride + j);
      for (Index column = first; column < last; column += width) {
        T* const to = t.panel + (column - first) * depth + r * width;
        const Index columns = last - column < width ? last - column : width;
        Index j = 0;
        for (; j + lanes <= columns; j += lanes) store<T>(to + j, load<T>(from + column + j));
        if (j < columns) store<T>(to + j, load_part<T>(from + column + j, columns - j));
      }
    }
    return;
  }
  for (Index column = first; column < last; column += width) {
    const Index columns = last - column < width ? last - column : width, whole = columns / lanes * lanes;
    for (Index r = 0; r < depth; r += line) {
      const Index count = depth - r < line ? depth - r : line;
      T* const to = t.panel + (column - first) * depth + r * width;
      const T* const from = t.b + column * t.b_stride + p + r;
      if constexpr (width % 4 != 0) {  // without vector types: a block of the transpose would not fit
        for (Index i = 0; i < count; ++i) {
          for (Index j = 0; j < columns; ++j) to[i * width + j] = from[j * t.b_stride + i];
        }
        continue;
      }
      for (Index i = 0; whole < columns && i < count; ++i) store<T>(to + i * width + whole, Lanes<T>{});
      for (Index j = 0; j < columns; j += 4)
        transpose_four_rows<T>(from + j * t.b_stride, t.b_stride, columns - j, count, to + j, width);
    }
  }
}

template <class T>
RAPT_LANES Lanes<T> activated(Lanes<T> x, FusedActivation activation, T slope) {
  if (activation == FusedActivation::none) return x;
  // relu is the leaky one with slope 0; NaN stays NaN
  return choose<T>(x <= Lanes<T>{}, activation == FusedActivation::relu ? Lanes<T>{} : slope * x, x);
}

/// Where and how the sums of one strip become elements of C.
template <class T>
struct StripTarget {
  T* c;
  Index stride, columns;
  T alpha;
  bool add, finished;  // to what C holds; whether bias and activation are due
  const T* bias;
  FusedActivation activation;
  T slope;
};

/// C from a block of sums, row by row; sums (rows, columns), of whose rows `stride` numbers are stored.
template <class T>
RAPT_ENTRY void finish_block(const T* sums, Index stride, Index rows, const StripTarget<T>& to) {
  for (Index i = 0; i < rows; ++i) {
    for (Index j = 0; j < to.columns; j += lane_count<T>) {
      const Index left = to.columns - j, count = left < lane_count<T> ? left : lane_count<T>;
      T* const c = to.c + i * to.stride + j;
      Lanes<T> x = to.alpha * load<T>(sums + i * stride + j);
      if (to.add) x += load_part<T>(c, count);
      if (to.finished && to.bias != nullptr) x += load_part<T>(to.bias + j, count);
      if (to.finished) x = activated<T>(x, to.activation, to.slope);
      store_part<T>(c, x, count);
    }
  }
}

template <class T, int Rows, int Vectors>
RAPT_LANES void product_block(Index depth, const RowPointers<T, Rows>& a, Index rows, const T* b,
                              Index b_stride, const StripTarget<T>& to) {
  constexpr Index lanes = lane_count<T>;
  // C is written long after it was asked for: with few sums an element its way from memory is the longer one.
  for (Index i = 0; i < rows; ++i) {
    for (Index j = 0; j < to.columns; j += 64 / Index{sizeof(T)}) ask_for<true>(to.c, i * to.stride + j);
  }
  Lanes<T> sums[Rows][Vectors];
  block_sums<T, Rows, Vectors>(depth, a, b, b_stride, sums);
  const bool bare = !to.finished || (to.bias == nullptr && to.activation == FusedActivation::none);
  if (!bare || rows != Rows || to.columns != Vectors * lanes) {
    T stored[Rows * Vectors * lanes];
    RAPT_UNROLL
    for (int i = 0; i < Rows; ++i) {
      RAPT_UNROLL
      for (int j = 0; j < Vectors; ++j) store<T>(stored + (i * Vectors + j) * lanes, sums[i][j]);
    }
    return finish_block<T>(stored, Vectors * lanes, rows, to);
  }
  const Lanes<T> alpha = broadcast<T>(to.alpha);
  RAPT_UNROLL
  for (int i = 0; i < Rows; ++i) {
    RAPT_UNROLL
    for (int j = 0; j < Vectors; ++j) {
      T* const c = to.c + i * to.stride + j * lanes;
      const Lanes<T> x = alpha * sums[i][j];
      store<T>(c, to.add ? load<T>(c) + x : x);
    }
  }
}

/// Copies the rows of A at depths p ... block by block, so that those of one depth lie side by side.
template <class T>
RAPT_LANES void pack_rows(const GemmTile<T>& t, Index p, Index depth) {
  for_row_blocks(t.rows, [&](auto rows, Index first, Index count) RAPT_LANES_LAMBDA {
    const T* from = t.a + first * t.a_row + p * t.a_step;
    T* to = t.rows_panel + first * depth;
    for (Index r = 0; r < depth; ++r, from += t.a_step, to += rows) {
      for (int i = 0; i < rows; ++i) to[i] = from[(i < count ? i : count - 1) * t.a_row];
    }
  });
}

/// Columns from `first` to `last` of a tile at depths p ...: each block of rows runs over their strips, so
/// that rows of C are written in long pieces while the strips stay in the cache. `b` is the first of the
/// strips.
template <class T>
RAPT_LANES void gemm_strips(const GemmTile<T>& t, Index p, Index depth, Index first, Index last, const T* b,
                            bool packed) {
  constexpr Index width = strip_columns<T>;
  const Index b_stride = packed ? width : t.b_stride, next_strip = packed ? width * depth : width;
  for_row_blocks(t.rows, [&](auto rows, Index i, Index count) RAPT_LANES_LAMBDA {
    const auto a = t.rows_panel == nullptr
                       ? rows_of<T, rows>(t.a + i * t.a_row + p * t.a_step, t.a_row, t.a_step, count)
                       : rows_of<T, rows>(t.rows_panel + i * depth, 1, rows, rows);
    const T* strip = b;
    for (Index column = first; column < last; column += width, strip += next_strip) {
      const Index columns = last - column < width ? last - column : width;
      const StripTarget<T> to{t.c + i * t.c_stride + column,
                              t.c_stride,
                              columns,
                              t.alpha,
                              t.accumulate || p > 0,
                              p + depth == t.depth,
                              t.bias == nullptr ? nullptr : t.bias + column,
                              t.activation,
                              t.slope};
      with_vectors<T>(columns, [&](auto vectors) RAPT_LANES_LAMBDA {
        product_block<T, rows, vectors>(depth, a, count, strip, b_stride, to);
      });
    }
  });
}

/// A tile of C, in pieces of depth, and of columns whose strips fit in the first-level cache.
template <class T>
RAPT_ENTRY void gemm_tile(const GemmTile<T>& t) {
  constexpr Index width = strip_columns<T>;
  // Rows of B are copied in pieces of several cache lines even where a strip is one line wide.
  constexpr Index wide = width > gemm_packed_columns<T> ? width : gemm_packed_columns<T>;
  Index p = 0;
  do {
    const Index left = t.depth - p, depth = left <= gemm_most_depth<T> ? left : gemm_depth<T>;
    const Index group = (gemm_cached<T> / (depth * width + 1) + 1) * width,
                pieces = group > wide ? group : wide / group * group;
    if (t.rows_panel != nullptr) pack_rows(t, p, depth);
    for (Index first = 0; first < t.columns; first += pieces) {
      const Index last = first + pieces < t.columns ? first + pieces : t.columns;
      const bool packed = t.b_transposed || last % lane_count<T> != 0 ||
                          (t.rows >= gemm_rows_worth_packing && t.b_stride > gemm_packed_columns<T>);
      if (packed) pack_strips(t, p, depth, first, last);
      for (Index column = first; column < last; column += group) {
        gemm_strips(t, p, depth, column, column + group < last ? column + group : last,
                    packed ? t.panel + (column - first) * depth : t.b + p * t.b_stride + column, packed);
      }
    }
    p += depth;
  } while (p < t.depth);
}

/// C (rows, columns) of which each element is the product of a row of A and a row of B: for the few rows on
/// one side for which packing B would not pay.
template <class T>
RAPT_ENTRY void gemm_dots(const GemmTile<T>& t) {
  for (Index i = 0; i < t.rows; ++i) {
    for (Index j = 0; j < t.columns; ++j) {
      const T* const a = t.a + i * t.a_row;
      const T* const b = t.b + j * t.b_stride;
      Lanes<T> sums[4] = {};
      Index p = 0;
      for (; p + 4 * lane_count<T> <= t.depth; p += 4 * lane_count<T>) {
        RAPT_UNROLL
        for (int u = 0; u < 4; ++u)
          sums[u] += load<T>(a + p + u * lane_count<T>) * load<T>(b + p + u * lane_count<T>);
      }
      for (; p + lane_count<T> <= t.depth; p += lane_count<T>) sums[0] += load<T>(a + p) * load<T>(b + p);
      if (p < t.depth) sums[1] += load_part<T>(a + p, t.depth - p) * load_part<T>(b + p, t.depth - p);
      T* const c = t.c + i * t.c_stride + j;
      T x = t.alpha * sum_of<T>((sums[0] + sums[1]) + (sums[2] + sums[3]));
      if (t.accumulate) x += *c;
      if (t.bias != nullptr) x += t.bias[j];
      if (t.activation != FusedActivation::none && x <= T(0))
        x = t.activation == FusedActivation::relu ? T(0) : t.slope * x;
      *c = x;
    }
  }
}
