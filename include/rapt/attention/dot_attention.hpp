#pragma once
/// \file  Attention scored by plain dot products.

#include <rapt/attention/dot_products.hpp>

#include <concepts>
#include <tuple>

namespace rapt {

/// Dot-product attention, `y_i = sum_j softmax_j(q_i . k_j) v_j` (Luong et al. 2015, arXiv:1508.04025, eq. 8,
/// "dot").
///
/// \shape   query (B, Lq, E), key (B, Lk, E), value (B, Lk, Ev) -> y (B, Lq, Ev)
/// \cost    2 B Lq Lk (E + Ev) flops forward, 2.5 times that backward; B Lq numbers of memory, and
///          B Lq Lk only where the weights are asked for
/// \throws  ShapeError; std::invalid_argument for a negative window
/// \borrows the input until the matching backward
/// \note    Without the factor 1/sqrt(E) the softmax saturates at large E; see ScaledDotProductAttention.
template <std::floating_point T>
struct DotAttention {
  using Scalar = T;
  using Input = AttentionInput<T>;
  using Output = TensorView<const T, 3>;
  using Cache = AttentionCache<T>;

  static constexpr auto parameters = std::tuple<>{};

  Output forward(Input x, Cache& cache) const {
    detail::check_attention_input("DotAttention::forward", x, any, x.query.extent(2), any);
    cache.x = x;
    cache.stamp.set(this);
    detail::dot_attention<T>(x, 1, 1, {}, cache);
    return cache.context;
  }

  Input backward(Output dy, Cache& cache, DotAttention* gradient,
                 InputGradient input_gradient = InputGradient::compute) const {
    expect_shape("DotAttention::backward", "dy", dy.shape(), cache.context.shape());
    cache.stamp.check(this, gradient);
    if (input_gradient == InputGradient::skip) return {};
    detail::dot_attention_backward<T>(dy, cache.x, 1, 1, cache);
    return {.query = cache.d_query, .key = cache.d_key, .value = cache.d_value};
  }
};
RAPT_MODELS(Layer<DotAttention<float>>, Layer<DotAttention<double>>);

}  // namespace rapt
