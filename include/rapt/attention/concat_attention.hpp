#pragma once
/// \file  Attention scored by a small network on query and key side by side.

#include <rapt/attention/additive_score.hpp>

#include <cmath>
#include <concepts>
#include <tuple>

namespace rapt {

/// Concat attention, `y_i = sum_j softmax_j(v . tanh(W [q_i; k_j])) v_j` (Luong et al. 2015,
/// arXiv:1508.04025, eq. 8, "concat"): the additive score with both matrices in one.
///
/// \shape   query (B, Lq, E), key (B, Lk, Ek), value (B, Lk, Ev), weight (A, E + Ek), score (A)
///          -> y (B, Lq, Ev)
/// \init    each ~ U(-1/sqrt(n), 1/sqrt(n)) with n = E + Ek, A, as for Linears without bias
/// \cost    B Lq Lk A values of tanh forward, as many again backward
/// \throws  ShapeError; std::invalid_argument for a negative window
/// \borrows the input until the matching backward
template <std::floating_point T>
struct ConcatAttention {
  using Scalar = T;
  using Input = AttentionInput<T>;
  using Output = TensorView<const T, 3>;
  using Cache = AdditiveCache<T>;

  Tensor<T, 2> weight;    // (A, E + Ek), the query's columns first
  Tensor<T, 1> score;     // (A)
  Index query_width = 0;  // E
  static constexpr auto parameters =
      std::tuple{field("weight", &ConcatAttention::weight), field("score", &ConcatAttention::score)};
  static constexpr auto settings = std::tuple{field("query_width", &ConcatAttention::query_width)};

  ConcatAttention() = default;
  ConcatAttention(Index query_width_, Index key_width, Index width, RandomStream& stream)
      : weight({width, query_width_ + key_width}), score({width}), query_width(query_width_) {
    const auto fill = [&](auto view, Index n) {
      const T bound = n == 0 ? T(0) : T(1) / std::sqrt(static_cast<T>(n));
      fill_uniform(view, -bound, bound, stream);
    };
    fill(weight.view(), query_width + key_width);
    fill(score.view(), width);
  }

  Output forward(Input x, Cache& cache) const {
    detail::check_attention_input("ConcatAttention::forward", x, query_width, weight.extent(1) - query_width,
                                  any);
    cache.stamp.set(this);
    detail::additive_attention(x, weights(weight.data(), score.data()), cache);
    return cache.context;
  }

  Input backward(Output dy, Cache& cache, ConcatAttention* gradient,
                 InputGradient input_gradient = InputGradient::compute) const {
    expect_shape("ConcatAttention::backward", "dy", dy.shape(), cache.context.shape());
    cache.stamp.check(this, gradient);
    const auto into = gradient == nullptr ? detail::AdditiveWeights<T>{}
                                          : weights(gradient->weight.data(), gradient->score.data());
    return detail::additive_attention_backward<T>(dy, weights(weight.data(), score.data()), into,
                                                  input_gradient, cache);
  }

 private:
  template <class U>
  detail::AdditiveWeights<U> weights(U* both, U* v) const {
    const Index stride = weight.extent(1);
    return {both, both == nullptr ? nullptr : both + query_width, v, stride, stride, score.extent(0)};
  }
};
RAPT_MODELS(Layer<ConcatAttention<float>>, Layer<ConcatAttention<double>>);

}  // namespace rapt
