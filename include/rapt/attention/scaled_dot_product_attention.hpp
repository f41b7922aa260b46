#pragma once
/// \file  Attention scored by dot products over sqrt(E).

#include <rapt/attention/attention_tangent.hpp>
#include <rapt/attention/dot_products.hpp>
#include <rapt/core/tangent.hpp>

#include <concepts>
#include <tuple>

namespace rapt {

/// Scaled dot-product attention, `y_h = softmax(Q_h K_h^T / sqrt(D)) V_h` for every head h of width D
/// (Vaswani et al. 2017, arXiv:1706.03762, eq. 1), with dropout on the weights in training. Heads lie side by
/// side.
///
/// With fewer heads of keys and values, G, query head h reads head `h / (H / G)` of them (grouped-query
/// attention; Ainslie et al. 2023, arXiv:2305.13245); one for all is multi-query attention (Shazeer 2019,
/// arXiv:1911.02150).
///
/// \shape   query (B, Lq, H D), key (B, Lk, G D), value (B, Lk, G Dv) -> y (B, Lq, H Dv)
/// \cost    2 B H Lq Lk (D + Dv) flops forward, 2.5 times that backward; B H Lq numbers of memory,
///          and B H Lq Lk only where the weights are asked for. The tangent takes 2.5 times the flops of
///          forward, its backward 6 times, and it holds the weights: 5 B H Lq Lk numbers
/// \throws  ShapeError; std::invalid_argument for a negative window, a dropout outside [0, 1), and where
///          G does not divide H
/// \borrows the input until the matching backward
template <std::floating_point T>
struct ScaledDotProductAttention {
  using Scalar = T;
  using Input = AttentionInput<T>;
  using Output = TensorView<const T, 3>;

  double dropout = 0;  // probability that a weight is dropped in training
  Index heads = 1;
  Index key_value_heads = 0;  // 0: as heads
  static constexpr auto parameters = std::tuple<>{};
  static constexpr auto settings =
      std::tuple{field("dropout", &ScaledDotProductAttention::dropout),
                 field("heads", &ScaledDotProductAttention::heads),
                 field("key_value_heads", &ScaledDotProductAttention::key_value_heads)};

  struct Cache : AttentionCache<T> {
    Training training;
    AttentionTangent<T> tangent;
  };

  ScaledDotProductAttention() = default;
  explicit ScaledDotProductAttention(double dropout_, Index heads_ = 1, Index key_value_heads_ = 0)
      : dropout(dropout_), heads(heads_), key_value_heads(key_value_heads_) {
    detail::check_attention_dropout("ScaledDotProductAttention", dropout);
    detail::head_counts("ScaledDotProductAttention", heads, key_value_heads);
  }

  Output forward(Input x, Cache& cache) const {
    const char* const where = "ScaledDotProductAttention::forward";
    const auto counts = detail::head_counts(where, heads, key_value_heads);
    detail::check_attention_dropout(where, dropout);
    const Index width = detail::head_width(where, "query", x.query.shape(), counts.query);
    detail::check_attention_input(where, x, any, width * counts.key, any, counts.query);
    detail::head_width(where, "value", x.value.shape(), counts.key);
    cache.x = x;
    cache.stamp.set(this);
    detail::dot_attention<T>(x, counts, detail::attention_scale<T>(width),
                             detail::draw_attention_dropout(dropout, cache.training), cache);
    return cache.context;
  }

  Input backward(Output dy, Cache& cache, ScaledDotProductAttention* gradient,
                 InputGradient input_gradient = InputGradient::compute) const {
    expect_shape("ScaledDotProductAttention::backward", "dy", dy.shape(), cache.context.shape());
    cache.stamp.check(this, gradient);
    if (input_gradient == InputGradient::skip) return {};
    const auto counts = detail::head_counts("ScaledDotProductAttention::backward", heads, key_value_heads);
    detail::dot_attention_backward<T>(dy, cache.x, counts, scale(cache, counts), cache);
    return {.query = cache.d_query, .key = cache.d_key, .value = cache.d_value};
  }

  Output forward_tangent(Input dx, Cache& cache) const {
    const char* const where = "ScaledDotProductAttention::forward_tangent";
    detail::check_attention_direction(where, dx, cache.x);
    cache.stamp.check(this, nullptr);
    const auto counts = detail::head_counts(where, heads, key_value_heads);
    auto& t = cache.tangent;
    t.query = dx.query;
    t.key = dx.key;
    t.value = dx.value;
    detail::dot_attention_tangent<T>(cache.x, counts, scale(cache, counts), cache.dropout, t);
    return t.context;
  }

  TangentGradient<Input> backward_tangent(Output d_dy, Output dy, Cache& cache,
                                          ScaledDotProductAttention* gradient,
                                          InputGradient input_gradient = InputGradient::compute) const {
    const char* const where = "ScaledDotProductAttention::backward_tangent";
    auto& t = cache.tangent;
    if (!d_dy.absent()) expect_shape(where, "d_dy", d_dy.shape(), t.context.shape());
    if (!dy.absent()) expect_shape(where, "dy", dy.shape(), t.context.shape());
    cache.stamp.check(this, gradient);
    TangentGradient<Input> result;
    if (input_gradient == InputGradient::skip || (d_dy.absent() && dy.absent())) return result;
    const auto counts = detail::head_counts(where, heads, key_value_heads);
    detail::dot_attention_tangent_backward<T>(d_dy, dy, cache.x, counts, scale(cache, counts), t);
    result.input = {.query = t.d_query, .key = t.d_key, .value = t.d_value};
    if (!d_dy.absent())
      result.tangent = {.query = t.d_tangent_query, .key = t.d_tangent_key, .value = t.d_tangent_value};
    return result;
  }

 private:
  static T scale(const Cache& cache, detail::HeadCounts counts) {
    return detail::attention_scale<T>(cache.x.query.extent(2) / counts.query);
  }
};
RAPT_MODELS(TangentLayer<ScaledDotProductAttention<float>>, TangentLayer<ScaledDotProductAttention<double>>);
RAPT_MODELS(Layer<ScaledDotProductAttention<float>>, Layer<ScaledDotProductAttention<double>>);

}  // namespace rapt
