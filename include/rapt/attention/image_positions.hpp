#pragma once
/// \file  Images as sequences of positions and back.

#include <rapt/core/parallel.hpp>
#include <rapt/core/shape.hpp>

#include <algorithm>
#include <concepts>

namespace rapt::detail {

/// Writes the transpose of each of `count` matrices (rows, columns) lying one after the other: element r,c of
/// matrix b, at index `from`, decides the one at index `to` of the result, `y[to] = value(from, to)`.
///
/// An image (C, H W) so becomes a sequence (H W, C), and with the other order of extents an image again.
template <std::floating_point T, class Value>
void transpose_each(Index count, Index rows, Index columns, T* y, Value&& value) {
  constexpr Index tile = 16;  // a tile's lines of both sides stay in the first-level cache
  if (count == 0 || rows == 0 || columns == 0) return;
  const Index strips = (columns + tile - 1) / tile;
  parallel_for(count * strips, 2 * rows * tile, [&](Index chunk) {
    const Index b = chunk / strips, first = chunk % strips * tile, last = std::min(first + tile, columns);
    const Index base = b * rows * columns;
    for (Index r0 = 0; r0 < rows; r0 += tile) {
      const Index r1 = std::min(r0 + tile, rows);
      for (Index c = first; c < last; ++c) {
        for (Index r = r0; r < r1; ++r) {
          const Index to = base + c * rows + r;
          y[to] = value(base + r * columns + c, to);
        }
      }
    }
  });
}

}  // namespace rapt::detail
