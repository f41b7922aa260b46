// One tile of a matrix product. Included by gemm.hpp for each width.

/// to[p * stride + r] = from[r * from_stride + p] for r < 4, p < count: a transpose in blocks of 4 x 4.
template <class T>
RAPT_LANES void transpose_four_rows(const T* from, Index from_stride, Index count, T* to, Index stride) {
  Index p = 0;
#if RAPT_VECTOR_TYPES
  if constexpr (sizeof(T) == 4) {
    typedef T Quad __attribute__((vector_size(16)));
    for (; p + 4 <= count; p += 4) {
      Quad row[4];
      RAPT_UNROLL
      for (int r = 0; r < 4; ++r) std::memcpy(&row[r], from + r * from_stride + p, sizeof(Quad));
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
    for (Index r = 0; r < 4; ++r) to[p * stride + r] = from[r * from_stride + p];
  }
}

/// Copies rows p ... of a strip of op(B) side by side, zeros behind its last column.
template <class T>
RAPT_LANES void pack_strip(const GemmTile<T>& t, Index p, Index depth, Index column, Index columns, T* panel) {
  constexpr Index width = strip_columns<T>;
  if (!t.b_transposed) {
    for (Index r = 0; r < depth; ++r) {
      const T* const from = t.b + (p + r) * t.b_stride + column;
      T* const to = panel + r * width;
      Index j = 0;
      for (; j + lane_count<T> <= columns; j += lane_count<T>) store<T>(to + j, load<T>(from + j));
      if (j < columns) store<T>(to + j, load_part<T>(from + j, columns - j));
    }
    return;
  }
  const Index padded = (columns + lane_count<T> - 1) / lane_count<T> * lane_count<T>;
  Index j = 0;
  for (; j + 4 <= columns; j += 4) {
    const T* const from = t.b + (column + j) * t.b_stride + p;
    transpose_four_rows<T>(from, t.b_stride, depth, panel + j, width);
  }
  for (; j < padded; ++j) {
    const T* const from = t.b + (column + j) * t.b_stride + p;
    for (Index r = 0; r < depth; ++r) panel[r * width + j] = j < columns ? from[r] : T(0);
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

template <class T, int Rows, int Vectors>
RAPT_LANES void product_block(Index depth, const RowPointers<T, Rows>& a, Index rows, const T* b, Index b_stride,
                              const StripTarget<T>& to) {
  constexpr Index lanes = lane_count<T>;
  const bool plain = rows == Rows && to.columns == Vectors * lanes && !(to.finished && (to.bias != nullptr || to.activation != FusedActivation::none));
  if (plain) {
    const Lanes<T> alpha = broadcast<T>(to.alpha);
    if (to.add) {
      return block_sums<T, Rows, Vectors>(depth, a, b, b_stride, [&](int i, int j, Lanes<T> sum) RAPT_LANES_LAMBDA {
        T* const c = to.c + i * to.stride + j * lanes;
        store<T>(c, load<T>(c) + alpha * sum);
      });
    }
    return block_sums<T, Rows, Vectors>(depth, a, b, b_stride, [&](int i, int j, Lanes<T> sum) RAPT_LANES_LAMBDA {
      store<T>(to.c + i * to.stride + j * lanes, alpha * sum);
    });
  }
  T sums[Rows * Vectors * lanes];
  block_sums<T, Rows, Vectors>(depth, a, b, b_stride, [&](int i, int j, Lanes<T> sum) RAPT_LANES_LAMBDA {
    store<T>(sums + (i * Vectors + j) * lanes, sum);
  });
  for (Index i = 0; i < rows; ++i) {
    for (Index j = 0; j < Vectors; ++j) {
      const Index left = to.columns - j * lanes, count = left < lanes ? left : lanes;
      T* const c = to.c + i * to.stride + j * lanes;
      Lanes<T> x = to.alpha * load<T>(sums + (i * Vectors + j) * lanes);
      if (to.add) x += load_part<T>(c, count);
      if (to.finished && to.bias != nullptr) x += load_part<T>(to.bias + j * lanes, count);
      if (to.finished) x = activated<T>(x, to.activation, to.slope);
      store_part<T>(c, x, count);
    }
  }
}

/// All of a tile of C, the strips of B packed one after the other into `t.panel`.
template <class T>
RAPT_ENTRY void gemm_tile(const GemmTile<T>& t) {
  Index p = 0;
  do {
    const Index left = t.depth - p, depth = left <= gemm_depth + gemm_depth / 2 ? left : gemm_depth;
    for (Index column = 0; column < t.columns; column += strip_columns<T>) {
      const Index rest = t.columns - column, columns = rest < strip_columns<T> ? rest : strip_columns<T>;
      const T* b = t.panel;
      Index b_stride = strip_columns<T>;
      if (!t.b_transposed && columns == strip_columns<T> && t.rows < gemm_rows_worth_packing) {
        b = t.b + p * t.b_stride + column;
        b_stride = t.b_stride;
      } else {
        pack_strip(t, p, depth, column, columns, t.panel);
      }
      StripTarget<T> to{t.c + column, t.c_stride, columns, t.alpha, t.accumulate || p > 0, p + depth == t.depth,
                        t.bias == nullptr ? nullptr : t.bias + column, t.activation, t.slope};
      const T* const a = t.a + p * t.a_step;
      with_vectors<T>(columns, [&](auto vectors) RAPT_LANES_LAMBDA {
        for_row_blocks(t.rows, [&](auto rows, Index i, Index count) RAPT_LANES_LAMBDA {
          StripTarget<T> block = to;
          block.c += i * to.stride;
          product_block<T, rows, vectors>(depth, rows_of<T, rows>(a + i * t.a_row, t.a_row, t.a_step, count),
                                          count, b, b_stride, block);
        });
      });
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
