#pragma once
/// \file  The plain average: what attention must beat.

#include <rapt/attention/materialized.hpp>

#include <algorithm>
#include <concepts>
#include <tuple>

namespace rapt {

/// Average of the values that a query sees, `y_i = mean_j v_j`: attention with every score 0, the baseline
/// that shows whether learned weights gain anything (the fixed context that Bahdanau et al. 2015,
/// arXiv:1409.0473, set out to replace).
///
/// \shape   query (B, Lq, *), key (B, Lk, *), value (B, Lk, Ev) -> y (B, Lq, Ev)
/// \throws  ShapeError; std::invalid_argument for a negative window
/// \borrows the input until the matching backward
/// \note    Of query and key only the lengths count; their gradients are 0. A finite bias still weighs.
template <std::floating_point T>
struct UniformAttention {
  using Scalar = T;
  using Input = AttentionInput<T>;
  using Output = TensorView<const T, 3>;
  using Cache = AttentionCache<T>;

  static constexpr auto parameters = std::tuple<>{};

  Output forward(Input x, Cache& cache) const {
    detail::check_attention_input("UniformAttention::forward", x, any, any, any);
    cache.x = x;
    cache.stamp.set(this);
    const Index scores = x.query.extent(1) * x.key.extent(1);
    detail::attend(x, 1, {}, scores, cache, [&](Index, Index, T* s) { std::fill_n(s, scores, T(0)); });
    return cache.context;
  }

  Input backward(Output dy, Cache& cache, UniformAttention* gradient,
                 InputGradient input_gradient = InputGradient::compute) const {
    expect_shape("UniformAttention::backward", "dy", dy.shape(), cache.context.shape());
    cache.stamp.check(this, gradient);
    if (input_gradient == InputGradient::skip) return {};
    detail::attend_backward(dy, cache.x, 1, 0, cache, [](Index, Index, const T*) {});
    // s = 0, whatever query and key are
    cache.d_query.resize(cache.x.query.shape());
    cache.d_query.fill(0);
    cache.d_key.resize(cache.x.key.shape());
    cache.d_key.fill(0);
    return {.query = cache.d_query, .key = cache.d_key, .value = cache.d_value};
  }
};
RAPT_MODELS(Layer<UniformAttention<float>>, Layer<UniformAttention<double>>);

}  // namespace rapt
