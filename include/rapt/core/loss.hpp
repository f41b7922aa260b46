#pragma once
/// \file  What a loss is.

#include <rapt/core/layer.hpp>

#include <concepts>

namespace rapt {

/// A loss maps prediction and target to one number; sums over the batch are divided here and nowhere else.
///
///     forward(prediction, target, cache) const   -> the loss, averaged as its docstring says
///     backward(cache) const                      -> d loss / d prediction, which lives in `cache`
template <class L>
concept Loss = std::copyable<L> && std::default_initializable<typename L::Cache> &&
    requires(const L& loss, typename L::Prediction prediction, typename L::Target target,
             typename L::Cache& cache) {
  typename L::Scalar;
  { loss.forward(prediction, target, cache) } -> std::same_as<typename L::Scalar>;
  { loss.backward(cache) } -> std::same_as<typename L::Prediction>;
};

/// Target of a loss that has none.
struct NoTarget {};

}  // namespace rapt
