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
inline constexpr Index gemm_depth = 256;
// Elements of B over which a block of rows runs before the next block: most of such a cache.
template <class T>
inline constexpr Index gemm_cached = 24 * 1024 / Index{sizeof(T)};
// Columns of B that are copied at once: a page of it is then visited once for several cache lines.
template <class T>
inline constexpr Index gemm_packed_columns = 256 / Index{sizeof(T)};
// Tiles of C, which are shared out among threads, and so fixed by the shape alone: a quarter of C's rows and
// columns, within these limits.
inline constexpr Index gemm_least_tile_rows = 132, gemm_most_tile_rows = 528;
inline constexpr Index gemm_least_tile_columns = 128, gemm_most_tile_columns = 512;
// A transposed A whose rows lie further apart than this is copied first: each depth is another page.
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
  T* panel;       // gemm_panel(depth, columns) elements of workspace
  T* rows_panel;  // gemm_rows_panel(depth, rows), or null where A is read in place
};

/// Elements that a tile needs for its packed strips, whatever the width of the vectors.
template <class T>
constexpr Index gemm_panel(Index depth, Index columns) {
  constexpr Index strip = 4 * 64 / Index{sizeof(T)};
  return std::min(depth, gemm_depth + gemm_depth / 2) * ((columns + strip - 1) / strip * strip);
}

/// Elements that a tile needs for its copy of A.
constexpr Index gemm_rows_panel(Index depth, Index rows) {
  return std::min(depth, gemm_depth + gemm_depth / 2) * (rows + 6);
}

/// `n` cut into about four equal pieces of at least about `least` and at most `most`, multiples of `unit`.
constexpr Index even_piece(Index n, Index least, Index most, Index unit) {
  most = std::clamp(n / 4, least, most);
  const Index pieces = std::max<Index>((n + most - 1) / most, 1), piece = (n + pieces - 1) / pieces;
  return std::max((piece + unit - 1) / unit * unit, unit);
}

}  // namespace detail

}  // namespace rapt

#define RAPT_BODY <rapt/kernels/body/gemm.inl>
#include <rapt/kernels/body/for_each_width.inl>

namespace rapt {

/// C (m, n) = f(alpha op(A) (m, k) op(B) (k, n) [+ C] + bias); row strides are in elements. C must not
/// overlap A or B. \note The same bits at any thread count; a warm call allocates nothing. NaN and infinity
/// go through as in
///       sums of products.
template <class T>
requires std::is_same_v<T, float> || std::is_same_v<T, double>
void gemm(Index m, Index n, Index k, T alpha, GemmOperand<T> a, GemmOperand<T> b, bool accumulate, T* c,
          Index c_stride, const GemmEpilogue<T>& epilogue = {}) {
  if (m == 0 || n == 0) return;
  if (k == 0) a = b = {c, 0};  // nothing of them is read
  const bool dots = !a.transposed && b.transposed && std::min(m, n) < detail::gemm_least_rows;
  const Index down = detail::even_piece(m, detail::gemm_least_tile_rows, detail::gemm_most_tile_rows, 6);
  const Index across =
      detail::even_piece(n, detail::gemm_least_tile_columns, detail::gemm_most_tile_columns, 64);
  const Index tiles_across = (n + across - 1) / across, tiles = (m + down - 1) / down * tiles_across;
  const bool packs_rows = a.transposed && a.stride * Index{sizeof(T)} > detail::gemm_far_bytes && n >= 128;
  const auto kernel = dots ? RAPT_KERNEL_FOR(simd(), gemm_dots<T>) : RAPT_KERNEL_FOR(simd(), gemm_tile<T>);
  parallel_for(tiles, 2 * std::min(m, down) * std::min(n, across) * k / 32, [&](Index tile) {
    const Index row = tile / tiles_across * down, column = tile % tiles_across * across;
    const Workspace<T> panel(dots ? 0 : detail::gemm_panel<T>(k, across));
    const Workspace<T> rows_panel(packs_rows ? detail::gemm_rows_panel(k, down) : 0);
    const Index a_row = a.transposed ? 1 : a.stride, a_step = a.transposed ? a.stride : 1;
    kernel({.rows = std::min(down, m - row),
            .columns = std::min(across, n - column),
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
