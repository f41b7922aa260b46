#pragma once
/// \file  A loop over a run of numbers, a vector at a time, the last one in part: what kernels of one pass
/// over memory are made of.

#include <rapt/kernels/lanes.hpp>

#include <type_traits>

namespace rapt::detail {

/// Columns of one chunk that walks down all rows: four cache lines of float at least, eighths of wide rows.
constexpr Index columns_of_strip(Index width) {
  const Index eighth = (width + 127) / 128 * 16;
  return eighth < 64 ? 64 : eighth;
}

}  // namespace rapt::detail

#define RAPT_BODY <rapt/kernels/body/sweep.inl>
#include <rapt/kernels/body/for_each_width.inl>
