#pragma once
/// \file  A sum over a range on several threads, the same bits at any number of them.

#include <rapt/core/parallel.hpp>

#include <algorithm>
#include <array>

namespace rapt {

/// `body(from, to)` summed over pieces of [0, count), in the order of the pieces; T(0) for an empty range.
///
/// The pieces (at least `grain` long, at most 64 of them) follow from `count` alone, and their sums wait on
/// the stack: it allocates nothing.
template <class T, class Body>
T parallel_sum(Index count, Index grain, Index operations_per_element, Body&& body) {
  constexpr Index most = 64;
  const Index length = std::max(grain, (count + most - 1) / most);
  std::array<T, most> sums{};
  parallel_for_range(count, length, operations_per_element, [&](Index from, Index to) {
    sums[static_cast<std::size_t>(from / length)] = body(from, to);
  });
  T sum{};
  for (Index piece = 0; piece * length < count; ++piece) sum += sums[static_cast<std::size_t>(piece)];
  return sum;
}

}  // namespace rapt
