#pragma once
/// \file  One block of a transformer encoder.

#include <rapt/attention/multihead_attention.hpp>
#include <rapt/core/parallel.hpp>
#include <rapt/nn/dropout.hpp>
#include <rapt/nn/gelu.hpp>
#include <rapt/nn/layer_norm.hpp>
#include <rapt/nn/linear.hpp>
#include <rapt/nn/relu.hpp>

#include <concepts>
#include <tuple>

namespace rapt {

/// Nonlinearity between the two linear maps of an encoder block.
enum class EncoderActivation { relu, gelu };

/// What an encoder block is besides its sizes; the defaults are PyTorch's.
struct TransformerEncoderOptions {
  double dropout = 0.1;  // of attention weights, of the hidden layer and of both branches
  EncoderActivation activation = EncoderActivation::relu;
  bool norm_first = false;
  Index key_value_heads = 0;                  // 0: as heads
  bool rotary = false;                        // turns queries and keys by their positions
  RotaryPositionsOptions rotary_positions{};  // how, where `rotary` is set
};

/// A sequence and its masks, which mean what they mean in AttentionInput.
/// \shape x (B, L, E), key_padding_mask (B, L), attn_mask and bias (L, L), alibi_slopes (H)
template <std::floating_point T>
struct TransformerEncoderInput {
  TensorView<const T, 3> x{};
  TensorView<const bool, 2> key_padding_mask{};
  TensorView<const bool, 2> attn_mask{};
  TensorView<const T, 2> bias{};
  TensorView<const T, 1> alibi_slopes{};
  bool causal = false;
  Index window = AttentionInput<T>::no_window;
  NeedWeights need_weights = NeedWeights::none;
  static constexpr auto tensors = std::tuple{&TransformerEncoderInput::x};
};

/// Encoder block: self-attention, then `F(z) = W_2 f(W_1 z + b_1) + b_2`, each with a residual and LayerNorm
/// N. Post-norm `u = N_1(x + A(x)), y = N_2(u + F(u))` (Vaswani et al. 2017, arXiv:1706.03762, section 3.1),
/// or with `norm_first` pre-norm `u = x + A(N_1(x)), y = u + F(N_2(u))` (Xiong et al. 2020,
/// arXiv:2002.04745). Parameters bear the names of torch.nn.TransformerEncoderLayer (batch_first).
///
/// \shape   x (B, L, E) -> y (B, L, E); the hidden layer has width `linear1.out()`
/// \init    as MultiheadAttention, Linear, LayerNorm
/// \throws  ShapeError; std::invalid_argument where heads does not divide E and for a dropout outside [0, 1)
/// \borrows the input until the matching backward
/// \note    Padded positions are no keys, but still queries: the caller leaves their rows of y out.
///          The attention weights of the last forward are in `cache.self_attn`.
template <std::floating_point T>
struct TransformerEncoderLayer {
  using Scalar = T;
  using Input = TransformerEncoderInput<T>;
  using Output = TensorView<const T, 3>;

  MultiheadAttention<T> self_attn;
  Linear<T> linear1, linear2;
  LayerNorm<T> norm1, norm2;
  Dropout<T> dropout{0.0};  // applied at three places, each with a cache of its own
  ReLU<T> relu;             // the one of these two that `activation` names
  GELU<T> gelu;
  EncoderActivation activation = EncoderActivation::relu;
  bool norm_first = false;
  static constexpr auto parameters = std::tuple{field("self_attn", &TransformerEncoderLayer::self_attn),
                                                field("linear1", &TransformerEncoderLayer::linear1),
                                                field("linear2", &TransformerEncoderLayer::linear2),
                                                field("norm1", &TransformerEncoderLayer::norm1),
                                                field("norm2", &TransformerEncoderLayer::norm2),
                                                field("dropout", &TransformerEncoderLayer::dropout)};
  static constexpr auto settings = std::tuple{field("activation", &TransformerEncoderLayer::activation),
                                              field("norm_first", &TransformerEncoderLayer::norm_first)};

  struct Cache {
    Shape<3> shape{};
    typename MultiheadAttention<T>::Cache self_attn;
    typename Linear<T>::Cache linear1, linear2;
    typename LayerNorm<T>::Cache norm1, norm2;
    typename Dropout<T>::Cache dropout, dropout1, dropout2;  // hidden layer, attention, feed forward
    typename ReLU<T>::Cache relu;
    typename GELU<T>::Cache gelu;
    Tensor<T, 2> sum1, sum2;    // (B * L, E), after the residuals
    Tensor<T, 2> d_middle, dx;  // (B * L, E)
    static constexpr auto caches =
        std::tuple{field("self_attn", &Cache::self_attn), field("dropout", &Cache::dropout),
                   field("dropout1", &Cache::dropout1), field("dropout2", &Cache::dropout2)};
  };

  TransformerEncoderLayer() = default;
  TransformerEncoderLayer(Index width, Index heads, Index hidden, RandomStream& stream,
                          TransformerEncoderOptions options = {})
      : self_attn(width, heads, stream,
                  {.dropout = options.dropout,
                   .key_value_heads = options.key_value_heads,
                   .rotary = options.rotary,
                   .rotary_positions = options.rotary_positions}),
        linear1(width, hidden, stream),
        linear2(hidden, width, stream),
        norm1(width),
        norm2(width),
        dropout(options.dropout),
        activation(options.activation),
        norm_first(options.norm_first) {}

  Output forward(Input x, Cache& cache) const {
    expect_shape("TransformerEncoderLayer::forward", "x", x.x.shape(), {any, any, self_attn.width()});
    cache.shape = x.x.shape();
    const Rows in = x.x.rows();
    if (norm_first) {
      const Rows u = add(in, attend(norm1.forward(in, cache.norm1), x, cache), cache.sum1);
      return add(u, feed_forward(norm2.forward(u, cache.norm2), cache), cache.sum2).reshape(cache.shape);
    }
    const Rows u = norm1.forward(add(in, attend(in, x, cache), cache.sum1), cache.norm1);
    return norm2.forward(add(u, feed_forward(u, cache), cache.sum2), cache.norm2).reshape(cache.shape);
  }

  Input backward(Output dy, Cache& cache, TransformerEncoderLayer* gradient,
                 InputGradient input_gradient = InputGradient::compute) const {
    expect_shape("TransformerEncoderLayer::backward", "dy", dy.shape(), cache.shape);
    using Self = TransformerEncoderLayer;
    LayerNorm<T>* const g1 = part(gradient, &Self::norm1);
    LayerNorm<T>* const g2 = part(gradient, &Self::norm2);
    const bool skip = input_gradient == InputGradient::skip;
    Rows dx;
    if (norm_first) {
      // y = u + F(N_2(u))
      const Rows d_norm = feed_forward_backward(dy.rows(), cache, gradient);
      const Rows du = add(dy.rows(), norm2.backward(d_norm, cache.norm2, g2), cache.d_middle);
      // u = x + A(N_1(x))
      const Rows d_in = norm1.backward(attend_backward(du, cache, gradient), cache.norm1, g1, input_gradient);
      if (skip) return {};
      dx = add(du, d_in, cache.dx);
    } else {
      // y = N_2(u + F(u))
      const Rows d_sum2 = norm2.backward(dy.rows(), cache.norm2, g2);
      const Rows du = add(d_sum2, feed_forward_backward(d_sum2, cache, gradient), cache.d_middle);
      // u = N_1(x + A(x))
      const Rows d_sum1 = norm1.backward(du, cache.norm1, g1);
      const Rows d_in = attend_backward(d_sum1, cache, gradient, input_gradient);
      if (skip) return {};
      dx = add(d_sum1, d_in, cache.dx);
    }
    return {.x = dx.reshape(cache.shape)};
  }

 private:
  using Rows = TensorView<const T, 2>;  // (B * L, E)

  static Rows add(Rows a, Rows b, Tensor<T, 2>& sum) {
    T* const to = sum.resize(a.shape()).data();
    parallel_for_range(a.size(), 16384, 1, [&](Index from, Index end) {
      using Array = Eigen::Map<const Eigen::Array<T, Eigen::Dynamic, 1>>;
      Eigen::Map<Eigen::Array<T, Eigen::Dynamic, 1>>(to + from, end - from) =
          Array(a.data() + from, end - from) + Array(b.data() + from, end - from);
    });
    return sum;
  }

  // Outside training Dropout copies, which here would be six passes over memory.
  Rows drop(Rows x, typename Dropout<T>::Cache& cache) const {
    if (cache.training.on && dropout.p > 0) return dropout.forward(x, cache);
    cache.dropped = false;
    return x;
  }
  Rows drop_backward(Rows d, typename Dropout<T>::Cache& cache) const {
    Dropout<T>* const none = nullptr;
    return cache.dropped ? dropout.backward(d, cache, none) : d;
  }

  Rows attend(Rows z, const Input& x, Cache& cache) const {
    const auto whole = z.reshape(cache.shape);
    const auto attended = self_attn.forward({.query = whole,
                                             .key = whole,
                                             .value = whole,
                                             .key_padding_mask = x.key_padding_mask,
                                             .attn_mask = x.attn_mask,
                                             .bias = x.bias,
                                             .alibi_slopes = x.alibi_slopes,
                                             .causal = x.causal,
                                             .window = x.window,
                                             .need_weights = x.need_weights},
                                            cache.self_attn);
    return drop(attended.rows(), cache.dropout1);
  }
  Rows attend_backward(Rows d, Cache& cache, TransformerEncoderLayer* gradient,
                       InputGradient input_gradient = InputGradient::compute) const {
    using Self = TransformerEncoderLayer;
    // A(z) = dropout(attention(z, z, z))
    const Rows d_attended = drop_backward(d, cache.dropout1);
    const auto dz = self_attn.backward_self(d_attended.reshape(cache.shape), cache.self_attn,
                                            part(gradient, &Self::self_attn), input_gradient);
    if (input_gradient == InputGradient::skip) return {};
    return dz.rows();
  }

  Rows feed_forward(Rows z, Cache& cache) const {
    const Rows h = linear1.forward(z, cache.linear1);
    const Rows active =
        activation == EncoderActivation::relu ? relu.forward(h, cache.relu) : gelu.forward(h, cache.gelu);
    const Rows out = linear2.forward(drop(active, cache.dropout), cache.linear2);
    return drop(out, cache.dropout2);
  }
  Rows feed_forward_backward(Rows d, Cache& cache, TransformerEncoderLayer* gradient) const {
    using Self = TransformerEncoderLayer;
    // F(z) = dropout(W_2 h + b_2), h = dropout(f(W_1 z + b_1))
    const Rows d_out = drop_backward(d, cache.dropout2);
    const Rows d_hidden = linear2.backward(d_out, cache.linear2, part(gradient, &Self::linear2));
    const Rows d_active = drop_backward(d_hidden, cache.dropout);
    const Rows dh = activation == EncoderActivation::relu ? relu.backward(d_active, cache.relu, nullptr)
                                                          : gelu.backward(d_active, cache.gelu, nullptr);
    return linear1.backward(dh, cache.linear1, part(gradient, &Self::linear1));
  }
};
RAPT_MODELS(Layer<TransformerEncoderLayer<float>>, Layer<TransformerEncoderLayer<double>>);

}  // namespace rapt
