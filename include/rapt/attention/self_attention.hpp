#pragma once
/// \file  Multi-head attention of a sequence to itself, as a layer of one input.

#include <rapt/attention/alibi_slopes.hpp>
#include <rapt/attention/multihead_attention.hpp>

#include <concepts>
#include <stdexcept>
#include <string>
#include <tuple>

namespace rapt {

/// Multi-head self-attention: MultiheadAttention with query = key = value = x (Vaswani et al. 2017,
/// arXiv:1706.03762, section 3.2.3), so that it fits where a layer has one input (Sequential, Residual).
///
/// \shape   x (B, L, E) -> y (B, L, E)
/// \init    as MultiheadAttention
/// \throws  ShapeError; std::invalid_argument for options of other widths than E and for a negative window
/// \borrows x until the matching backward
/// \note    Its parameters bear the names of MultiheadAttention, without prefix.
template <std::floating_point T>
struct SelfAttention {
  using Scalar = T;
  using Input = TensorView<const T, 3>;
  using Output = TensorView<const T, 3>;

  MultiheadAttention<T> attention;
  bool causal = false;
  Index window = AttentionInput<T>::no_window;
  bool alibi = false;  // scores fall with the distance, by alibi_slopes
  static constexpr auto parameters = std::tuple{field("", &SelfAttention::attention)};
  static constexpr auto settings =
      std::tuple{field("causal", &SelfAttention::causal), field("window", &SelfAttention::window),
                 field("alibi", &SelfAttention::alibi)};

  struct Cache {
    typename MultiheadAttention<T>::Cache attention;
    Tensor<T, 1> slopes;  // (H), where they are wanted
    NeedWeights need_weights = NeedWeights::none;
    static constexpr auto caches = std::tuple{field("", &Cache::attention)};
  };

  SelfAttention() = default;
  SelfAttention(Index width, Index heads, RandomStream& stream, MultiheadAttentionOptions options = {})
      : attention(width, heads, stream, options) {
    if (attention.key_width() != width || attention.value_width() != width) {
      throw std::invalid_argument("SelfAttention: key_width " + std::to_string(attention.key_width()) +
                                  " and value_width " + std::to_string(attention.value_width()) +
                                  " are not the width " + std::to_string(width));
    }
  }

  Output forward(Input x, Cache& cache) const {
    expect_shape("SelfAttention::forward", "x", x.shape(), {any, any, attention.width()});
    TensorView<const T, 1> slopes;
    if (alibi) {
      if (cache.slopes.extent(0) != attention.heads) cache.slopes = alibi_slopes<T>(attention.heads);
      slopes = cache.slopes;
    }
    return attention.forward({.query = x,
                              .key = x,
                              .value = x,
                              .alibi_slopes = slopes,
                              .causal = causal,
                              .window = window,
                              .need_weights = cache.need_weights},
                             cache.attention);
  }

  Input backward(Output dy, Cache& cache, SelfAttention* gradient,
                 InputGradient input_gradient = InputGradient::compute) const {
    expect_shape("SelfAttention::backward", "dy", dy.shape(), cache.attention.context.shape());
    return attention.backward_self(dy, cache.attention, part(gradient, &SelfAttention::attention),
                                   input_gradient);
  }

  Output forward_tangent(Input dx, Cache& cache) const {
    expect_shape("SelfAttention::forward_tangent", "dx", dx.shape(), cache.attention.context.shape());
    return attention.forward_tangent({.query = dx, .key = dx, .value = dx}, cache.attention);
  }

  TangentGradient<Input> backward_tangent(Output d_dy, Output dy, Cache& cache, SelfAttention* gradient,
                                          InputGradient input_gradient = InputGradient::compute) const {
    const auto& shape = cache.attention.context.shape();
    if (!d_dy.absent()) expect_shape("SelfAttention::backward_tangent", "d_dy", d_dy.shape(), shape);
    if (!dy.absent()) expect_shape("SelfAttention::backward_tangent", "dy", dy.shape(), shape);
    return attention.backward_tangent_self(d_dy, dy, cache.attention,
                                           part(gradient, &SelfAttention::attention), input_gradient);
  }
};
RAPT_MODELS(TangentLayer<SelfAttention<float>>, TangentLayer<SelfAttention<double>>);
RAPT_MODELS(Layer<SelfAttention<float>>, Layer<SelfAttention<double>>);

}  // namespace rapt
