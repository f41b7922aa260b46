#pragma once
/// \file  Scores of a linear item-to-item model.

#include <rapt/core/parallel.hpp>
#include <rapt/core/tensor_view.hpp>
#include <rapt/recommend/item_rows.hpp>

namespace rapt {

/// scores_b = sum over the items i of profile b of row i of `weights`.
/// \shape weights (I, I), profiles: B rows -> scores (B, I)
/// \cost  one row of weights for each item of each profile; the same bits at any number of threads
inline void score_by_item_weights(TensorView<const float, 2> weights, const ItemRows& profiles,
                                  TensorView<float, 2> scores) {
  if (scores.size() == 0) return;
  const Index per_row = weights.extent(1) * (profiles.count() / profiles.size() + 1);
  parallel_for_range(profiles.size(), 8, per_row, [&](Index from, Index to) {
    for (Index row = from; row < to; ++row) {
      auto sum = scores.slice(row, row + 1).matrix();
      sum.setZero();
      for (const Index item : profiles[row]) sum += weights.matrix().row(item);
    }
  });
}

}  // namespace rapt
