#pragma once
/// \file  Attention scored by a trained bilinear form.

#include <rapt/attention/dot_products.hpp>
#include <rapt/attention/projection.hpp>

#include <cmath>
#include <concepts>
#include <tuple>

namespace rapt {

/// General attention, `y_i = sum_j softmax_j(q_i^T W k_j) v_j` (Luong et al. 2015, arXiv:1508.04025, eq. 8,
/// "general").
///
/// \shape   query (B, Lq, E), key (B, Lk, Ek), value (B, Lk, Ev), weight (E, Ek) -> y (B, Lq, Ev)
/// \init    weight ~ U(-1/sqrt(Ek), 1/sqrt(Ek)), as for a Linear without bias
/// \throws  ShapeError; std::invalid_argument for a negative window
/// \borrows the input until the matching backward
template <std::floating_point T>
struct GeneralAttention {
  using Scalar = T;
  using Input = AttentionInput<T>;
  using Output = TensorView<const T, 3>;

  Tensor<T, 2> weight;  // (E, Ek)
  static constexpr auto parameters = std::tuple{field("weight", &GeneralAttention::weight)};

  struct Cache : AttentionCache<T> {
    Tensor<T, 3> seen_key;           // (B, Lk, Ek), used where a key is seen by no query
    Tensor<T, 3> projected, dx_key;  // (B, Lk, E), (B, Lk, Ek)
    Input scored;                    // the input with the projected key
  };

  GeneralAttention() = default;
  GeneralAttention(Index query_width, Index key_width, RandomStream& stream)
      : weight({query_width, key_width}) {
    const T bound = key_width == 0 ? T(0) : T(1) / std::sqrt(static_cast<T>(key_width));
    fill_uniform(weight.view(), -bound, bound, stream);
  }

  Output forward(Input x, Cache& cache) const {
    detail::check_attention_input("GeneralAttention::forward", x, weight.extent(0), weight.extent(1), any);
    cache.x = x;
    cache.x.key = detail::without_unseen(x, x.key, cache.seen_key);
    cache.stamp.set(this);
    const auto projected = cache.projected.resize({x.key.extent(0), x.key.extent(1), weight.extent(0)});
    detail::project<T>(cache.x.key, {weight.data(), weight.extent(1)}, projected);
    cache.scored = x;
    cache.scored.key = cache.projected;
    detail::dot_attention<T>(cache.scored, 1, 1, {}, cache);
    return cache.context;
  }

  Input backward(Output dy, Cache& cache, GeneralAttention* gradient,
                 InputGradient input_gradient = InputGradient::compute) const {
    expect_shape("GeneralAttention::backward", "dy", dy.shape(), cache.context.shape());
    cache.stamp.check(this, gradient);
    detail::dot_attention_backward<T>(dy, cache.scored, 1, 1, cache);
    // s_ij = q_i . p_j,  p = K W^T
    const bool wanted = input_gradient == InputGradient::compute;
    TensorView<T, 3> dx_key;
    if (wanted) dx_key = cache.dx_key.resize(cache.x.key.shape());
    detail::project_backward<T>(cache.d_key, cache.x.key, {weight.data(), weight.extent(1)},
                                {gradient == nullptr ? nullptr : gradient->weight.data()}, dx_key);
    if (!wanted) return {};
    return {.query = cache.d_query, .key = dx_key, .value = cache.d_value};
  }
};
RAPT_MODELS(Layer<GeneralAttention<float>>, Layer<GeneralAttention<double>>);

}  // namespace rapt
