#pragma once
/// \file  Weights kept within bounds.

#include <rapt/core/layer.hpp>
#include <rapt/optim/update.hpp>

#include <algorithm>

namespace rapt {

/// `w = clamp(w, -limit, limit)` for every number of a model: the crude way to a critic of bounded slope
/// (Arjovsky, Chintala and Bottou 2017, arXiv:1701.07875, algorithm 1). NaN stays NaN; buffers stay.
/// \throws std::invalid_argument for a limit below 0
template <class Model>
void clip_weights(Model& model, double limit) {
  detail::expect_option(limit >= 0, "clip_weights", "limit", limit, "at least 0");
  using T = typename Model::Scalar;
  const T bound = static_cast<T>(limit);
  zip_parameters(
      [bound](auto& w) {
        T* const data = w.data();
        parallel_for_range(w.size(), detail::update_grain, 1, [&](Index from, Index to) {
          for (Index i = from; i < to; ++i) data[i] = std::clamp(data[i], -bound, bound);
        });
      },
      model);
}

}  // namespace rapt
