#pragma once
/// \file  The matrix product on raw pointers and strides.

#include <rapt/core/parallel.hpp>
#include <rapt/core/workspace.hpp>
#include <rapt/kernels/block_product.hpp>

#include <algorithm>
#include <concepts>

namespace rapt {

/// One operand of gemm: row-major memory with a row stride, taken as it is or transposed.
template <class T>
struct GemmOperand {
  const T* data = nullptr;
  Index stride = 0;  // elements from one row to the next, as stored
  bool transposed = false;
};

/// What a product may apply to its elements before it writes them, while they are in registers.
enum class FusedActivation { none, relu, leaky_relu };

/// What follows a product: `f(C + bias)`, the same bias for every row.
template <class T>
struct GemmEpilogue {
  const T* bias = nullptr;  // one number a column, or null
  FusedActivation activation = FusedActivation::none;
  T slope = T(0.01);  // of leaky_relu
};

namespace detail {

// Depth of a packed strip of B: 16 columns of floats then fill half of a first-level cache of 32 KiB.
template <class T>
inline constexpr Index gemm_depth = 1024 / Index{sizeof(T)};
// A last piece of depth may be half as long again, rather than leave a short one.
template <class T>
inline constexpr Index gemm_most_depth = gemm_depth<T> + gemm_depth<T> / 2;
// Elements of B over which a block of rows runs before the next block: most of such a cache.
template <class T>
inline constexpr Index gemm_cached = 24 * 1024 / Index{sizeof(T)};
// Columns of B that are copied at once: a page of it is then visited once for several cache lines.
template <class T>
inline constexpr Index gemm_packed_columns = 256 / Index{sizeof(T)};
// Tiles of C are shared out among threads, and so fixed by the shape alone; within these limits.
inline constexpr Index gemm_least_tile_rows = 132, gemm_most_tile_rows = 528;
inline constexpr Index gemm_least_tile_columns = 128, gemm_most_tile_columns = 512;
// A transposed A whose rows lie further apart than this is copied first, since each depth is another page,
// and by few rows at a time.
inline constexpr Index gemm_far_bytes = 2048;
// With fewer rows a strip of B is used too seldom to be copied first.
inline constexpr Index gemm_rows_worth_packing = 24;
// With fewer rows, or columns, of C the elements are computed as products of rows.
inline constexpr Index gemm_least_rows = 4;

template <class T>
struct GemmTile {
  Index rows, columns, depth;
  T alpha;
  const T* a;
  Index a_row, a_step;  // element (i, p) of op(A) lies at a[i * a_row + p * a_step]
  const T* b;
  Index b_stride;
  bool b_transposed;
  T* c;
  Index c_stride;
  bool accumulate;
  const T* bias;
  FusedActivation activation;
  T slope;
  T* panel;       // gemm_panel(depth) elements of workspace
  T* rows_panel;  // gemm_rows_panel(depth, rows), or null where A is read in place
};

/// Elements that a tile needs for the strips of B it copies at once, whatever the width of the vectors.
template <class T>
constexpr Index gemm_panel(Index depth) {
  constexpr Index strip = 256 / Index{sizeof(T)};
  return gemm_cached<T> + (std::min(depth, gemm_most_depth<T>) + 1) * strip;
}

/// Rows of a tile whose copy of A fits into a thread's first workspace.
template <class T>
constexpr Index gemm_packed_rows(Index depth) {
  const Index fit =
      256 * 1024 / Index{sizeof(T)} / std::max<Index>(std::min(depth, gemm_most_depth<T>), 1) - 6;
  return std::clamp(fit / 6 * 6, gemm_least_tile_rows, gemm_most_tile_rows);
}

/// Elements that a tile needs for its copy of A.
template <class T>
constexpr Index gemm_rows_panel(Index depth, Index rows) {
  return std::min(depth, gemm_most_depth<T>) * (rows + 6);
}

/// `n` cut into equal pieces of at most about `most`, multiples of `unit`.
constexpr Index even_piece(Index n, Index most, Index unit) {
  const Index pieces = std::max<Index>((n + most - 1) / most, 1), piece = (n + pieces - 1) / pieces;
  return std::max((piece + unit - 1) / unit * unit, unit);
}

/// How C is cut into tiles: at least four where there is enough of it.
struct GemmTiling {
  Index rows, columns;  // of a tile
  Index across, count;  // tiles side by side, and in all
  GemmTiling(Index m, Index n, Index most_rows) {
    rows = even_piece(m, std::clamp(m / 2, gemm_least_tile_rows, most_rows), 6);
    const Index down = (m + rows - 1) / rows;
    columns = even_piece(n, std::clamp(n * down / 4, gemm_least_tile_columns, gemm_most_tile_columns), 64);
    across = (n + columns - 1) / columns;
    count = down * across;
  }
};

}  // namespace detail

}  // namespace rapt

#define RAPT_BODY <rapt/kernels/body/gemm.inl>
#include <rapt/kernels/body/for_each_width.inl>

namespace rapt {

/// C (m, n) = f(alpha op(A) (m, k) op(B) (k, n) [+ C] + bias); row strides are in elements. C must not
/// overlap A or B.
///
/// The same bits at any thread count; a warm call allocates nothing. NaN and infinity go through as in sums
/// of products.
template <class T>
requires std::is_same_v<T, float> || std::is_same_v<T, double>
void gemm(Index m, Index n, Index k, T alpha, GemmOperand<T> a, GemmOperand<T> b, bool accumulate, T* c,
          Index c_stride, const GemmEpilogue<T>& epilogue = {}) {
  if (m == 0 || n == 0) return;
  if (k == 0) a = b = {c, 0};  // nothing of them is read
  const bool dots = !a.transposed && b.transposed && std::min(m, n) < detail::gemm_least_rows;
  const bool packs_rows = a.transposed && a.stride * Index{sizeof(T)} > detail::gemm_far_bytes && n >= 128;
  const detail::GemmTiling tiles(m, n,
                                 packs_rows ? detail::gemm_packed_rows<T>(k) : detail::gemm_most_tile_rows);
  const auto kernel = dots ? RAPT_KERNEL_FOR(simd(), gemm_dots<T>) : RAPT_KERNEL_FOR(simd(), gemm_tile<T>);
  parallel_for(tiles.count, 2 * tiles.rows * tiles.columns * k / 32, [&](Index tile) {
    const Index row = tile / tiles.across * tiles.rows, column = tile % tiles.across * tiles.columns;
    const Workspace<T> panel(dots ? 0 : detail::gemm_panel<T>(k));
    const Workspace<T> rows_panel(packs_rows ? detail::gemm_rows_panel<T>(k, tiles.rows) : 0);
    const Index a_row = a.transposed ? 1 : a.stride, a_step = a.transposed ? a.stride : 1;
    kernel({.rows = std::min(tiles.rows, m - row),
            .columns = std::min(tiles.columns, n - column),
            .depth = k,
            .alpha = alpha,
            .a = a.data + row * a_row,
            .a_row = a_row,
            .a_step = a_step,
            .b = b.data + column * (b.transposed ? b.stride : 1),
            .b_stride = b.stride,
            .b_transposed = b.transposed,
            .c = c + row * c_stride + column,
            .c_stride = c_stride,
            .accumulate = accumulate,
            .bias = epilogue.bias == nullptr ? nullptr : epilogue.bias + column,
            .activation = epilogue.activation,
            .slope = epilogue.slope,
            .panel = panel.data(),
            .rows_panel = packs_rows ? rows_panel.data() : nullptr});
  });
}

}  // namespace rapt
