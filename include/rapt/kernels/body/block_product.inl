// The register-blocked product from which the matrix product and attention are made. Included by
// block_product.hpp for each width.

/// Most vectors of a strip of C that stay in registers: six rows of them, and a row of B, fill the registers.
template <class T>
inline constexpr Index strip_lanes = RAPT_LANE_REGISTERS == 32 ? 4 : 2;
/// Columns of C that one pass over a row block computes.
template <class T>
inline constexpr Index strip_columns = strip_lanes<T>* lane_count<T>;

/// Rows pointers[0] ... of A: element (i, p) lies at pointers[i][p * step].
template <class T, int Rows>
struct RowPointers {
  const T* rows[Rows];
  Index step;
};

/// Row-major A has row stride `stride` and step 1; transposed A has them the other way round. Rows behind
/// `count` read the last one again, and are not written.
template <class T, int Rows>
RAPT_LANES RowPointers<T, Rows> rows_of(const T* a, Index row_stride, Index step, Index count) {
  RowPointers<T, Rows> pointers;
  RAPT_UNROLL
  for (int i = 0; i < Rows; ++i) pointers.rows[i] = a + (i < count ? i : count - 1) * row_stride;
  pointers.step = step;
  return pointers;
}

/// sums (Rows, Vectors lanes) += A (Rows, depth) B (depth, Vectors lanes), B row-major with row stride
/// `b_stride`.
template <class T, int Rows, int Vectors>
RAPT_LANES void add_products(Index depth, const RowPointers<T, Rows>& a, const T* b, Index b_stride,
                             Lanes<T> (&sums)[Rows][Vectors]) {
  Index at = 0;
  for (Index p = 0; p < depth; ++p, at += a.step, b += b_stride) {
    Lanes<T> right[Vectors];
    RAPT_UNROLL
    for (int j = 0; j < Vectors; ++j) right[j] = load<T>(b + j * lane_count<T>);
    RAPT_UNROLL
    for (int i = 0; i < Rows; ++i) {
      const Lanes<T> left = broadcast<T>(a.rows[i][at]);
      RAPT_UNROLL
      for (int j = 0; j < Vectors; ++j) sums[i][j] += left * right[j];
    }
  }
}

/// sums (Rows, Vectors lanes) = A (Rows, depth) B (depth, Vectors lanes), B row-major with row stride
/// `b_stride`.
template <class T, int Rows, int Vectors>
RAPT_LANES void block_sums(Index depth, const RowPointers<T, Rows>& a, const T* b, Index b_stride,
                           Lanes<T> (&sums)[Rows][Vectors]) {
  RAPT_UNROLL
  for (int i = 0; i < Rows; ++i) {
    RAPT_UNROLL
    for (int j = 0; j < Vectors; ++j) sums[i][j] = Lanes<T>{};
  }
  add_products<T, Rows, Vectors>(depth, a, b, b_stride, sums);
}

/// Calls block(rows, first, count) for the row blocks of m rows: `rows`, a constant, is how many registers
/// hold, and `count` <= rows how many are left. Six at a time, the rest by four, so that no block is too low
/// to hide the latency of its sums.
template <class Block>
RAPT_LANES void for_row_blocks(Index m, Block&& block) {
  Index i = 0;
  for (Index left = m; left > 0; left = m - i) {
    if (left <= 4 || left == 7 || left == 8) {
      const Index count = left < 4 ? left : 4;
      block(std::integral_constant<int, 4>{}, i, count);
      i += count;
    } else {
      const Index count = left < 6 ? left : 6;
      block(std::integral_constant<int, 6>{}, i, count);
      i += count;
    }
  }
}

/// Calls strip(vectors) with the number of vectors, a constant, that hold `columns` <= strip_columns.
template <class T, class Strip>
RAPT_LANES void with_vectors(Index columns, Strip&& strip) {
  if constexpr (strip_lanes<T> == 4) {
    if (columns > 3 * lane_count<T>) return strip(std::integral_constant<int, 4>{});
    if (columns > 2 * lane_count<T>) return strip(std::integral_constant<int, 3>{});
  }
  if (columns > lane_count<T>) return strip(std::integral_constant<int, 2>{});
  return strip(std::integral_constant<int, 1>{});
}
