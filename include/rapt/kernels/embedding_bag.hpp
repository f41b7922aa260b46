#pragma once
/// \file  Sums of rows of a table, and their gradients.

#include <rapt/kernels/sweep.hpp>

namespace rapt::detail {

/// Bags first ... last - 1 of ids into a table with rows of `width` numbers: ids offsets[b] ... offsets[b +
/// 1] - 1 belong to bag b, or the one id b where `offsets` is null.
struct Bags {
  Index first, last;
  const Index *ids, *offsets;
  Index width;

  Index begin(Index bag) const { return offsets == nullptr ? bag : offsets[bag]; }
  Index end(Index bag) const { return offsets == nullptr ? bag + 1 : offsets[bag + 1]; }
};

}  // namespace rapt::detail

#define RAPT_BODY <rapt/kernels/body/embedding_bag.inl>
#include <rapt/kernels/body/for_each_width.inl>
