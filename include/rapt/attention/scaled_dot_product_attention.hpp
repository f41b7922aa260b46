#pragma once
/// \file  Attention scored by dot products over sqrt(E).

#include <rapt/attention/materialized.hpp>

#include <concepts>
#include <tuple>

namespace rapt {

/// Scaled dot-product attention, `y = softmax(Q K^T / sqrt(E)) V` (Vaswani et al. 2017, arXiv:1706.03762,
/// eq. 1), with dropout on the weights in training.
///
/// \shape   query (B, Lq, E), key (B, Lk, E), value (B, Lk, Ev) -> y (B, Lq, Ev)
/// \cost    2 B Lq Lk (E + Ev) flops forward, twice that backward; B Lq Lk numbers of memory
/// \throws  ShapeError; std::invalid_argument for a negative window or a dropout outside [0, 1)
/// \borrows the input until the matching backward
template <std::floating_point T>
struct ScaledDotProductAttention {
  using Scalar = T;
  using Input = AttentionInput<T>;
  using Output = TensorView<const T, 3>;

  double dropout = 0;  // probability that a weight is dropped in training
  static constexpr auto parameters = std::tuple<>{};
  static constexpr auto settings = std::tuple{field("dropout", &ScaledDotProductAttention::dropout)};

  struct Cache : AttentionCache<T> {
    Training training;
  };

  ScaledDotProductAttention() = default;
  explicit ScaledDotProductAttention(double dropout_) : dropout(dropout_) {
    detail::check_attention_dropout("ScaledDotProductAttention", dropout);
  }

  Output forward(Input x, Cache& cache) const {
    detail::check_attention_input("ScaledDotProductAttention::forward", x, any, x.query.extent(2), any);
    cache.x = x;
    cache.stamp.set(this);
    detail::dot_attention<T>(x, 1, detail::attention_scale<T>(x.query.extent(2)),
                             detail::draw_attention_dropout(dropout, cache.training), cache);
    return cache.context;
  }

  Input backward(Output dy, Cache& cache, ScaledDotProductAttention* gradient,
                 InputGradient input_gradient = InputGradient::compute) const {
    expect_shape("ScaledDotProductAttention::backward", "dy", dy.shape(), cache.context.shape());
    cache.stamp.check(this, gradient);
    if (input_gradient == InputGradient::skip) return {};
    detail::dot_attention_backward<T>(dy, cache.x, 1, detail::attention_scale<T>(cache.x.query.extent(2)),
                                      cache);
    return {.query = cache.d_query, .key = cache.d_key, .value = cache.d_value};
  }
};
static_assert(Layer<ScaledDotProductAttention<float>> && Layer<ScaledDotProductAttention<double>>);

}  // namespace rapt
