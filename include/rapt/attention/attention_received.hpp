#pragma once
/// \file  An attention map as a channel of an image.

#include <rapt/core/parallel.hpp>
#include <rapt/core/tensor_view.hpp>

#include <algorithm>
#include <concepts>
#include <type_traits>

namespace rapt {

/// `map_j = sum_i weights_ij`, how much attention position j gets from all positions: 1 on average, since
/// each query's weights sum to 1. Written as an image of one channel, so that a network can read it beside
/// the image, as the `condition` of a ConditionalInput.
///
///     cache.need_weights = NeedWeights::averaged;                  // of a SelfAttention2d
///     const auto y = attention.forward(x, cache);
///     attention_received<float>(cache.weights(), map.resize({B, 1, H, W}));
///     const auto logits = discriminator.forward({.x = image, .condition = map}, d_cache);
///
/// \shape   weights (B, L, L) with L = H W, or (B, Lq, L) -> map (B, 1, H, W)
/// \throws  ShapeError
/// \note    The map is a constant condition: it is a function of the weights without backward, so a gradient
///          by the condition ends there, and the attention that made it learns through its own output only.
template <std::floating_point T>
void attention_received(std::type_identity_t<TensorView<const T, 3>> weights, TensorView<T, 4> map) {
  const Index height = map.extent(2), width = map.extent(3), positions = height * width;
  const Index batch = weights.extent(0), queries = weights.extent(1);
  expect_shape("attention_received", "weights", weights.shape(), {any, any, positions});
  expect_shape("attention_received", "map", map.shape(), {batch, 1, height, width});
  parallel_for(batch, queries * positions, [&](Index b) {
    T* const sums = map.data() + b * positions;
    std::fill_n(sums, positions, T(0));
    for (Index i = 0; i < queries; ++i) {
      const T* const row = weights.data() + (b * queries + i) * positions;
      for (Index j = 0; j < positions; ++j) sums[j] += row[j];
    }
  });
}

}  // namespace rapt
