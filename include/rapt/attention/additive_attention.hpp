#pragma once
/// \file  Additive attention.

#include <rapt/attention/additive_score.hpp>

#include <cmath>
#include <concepts>
#include <tuple>

namespace rapt {

/// Additive attention, `y_i = sum_j softmax_j(v . tanh(W_q q_i + W_k k_j)) v_j` (Bahdanau et al. 2015,
/// arXiv:1409.0473, section 3.1 and appendix A.1.2).
///
/// \shape   query (B, Lq, E), key (B, Lk, Ek), value (B, Lk, Ev), query_weight (A, E), key_weight (A, Ek),
///          score (A) -> y (B, Lq, Ev)
/// \init    each ~ U(-1/sqrt(n), 1/sqrt(n)) with n = E, Ek, A, as for Linears without bias
/// \cost    B Lq Lk A values of tanh forward, as many again backward
/// \throws  ShapeError; std::invalid_argument for a negative window
/// \borrows the input until the matching backward
template <std::floating_point T>
struct AdditiveAttention {
  using Scalar = T;
  using Input = AttentionInput<T>;
  using Output = TensorView<const T, 3>;
  using Cache = AdditiveCache<T>;

  Tensor<T, 2> query_weight;  // (A, E)
  Tensor<T, 2> key_weight;    // (A, Ek)
  Tensor<T, 1> score;         // (A)
  static constexpr auto parameters = std::tuple{field("query_weight", &AdditiveAttention::query_weight),
                                                field("key_weight", &AdditiveAttention::key_weight),
                                                field("score", &AdditiveAttention::score)};

  AdditiveAttention() = default;
  AdditiveAttention(Index query_width, Index key_width, Index width, RandomStream& stream)
      : query_weight({width, query_width}), key_weight({width, key_width}), score({width}) {
    const auto fill = [&](auto view, Index n) {
      const T bound = n == 0 ? T(0) : T(1) / std::sqrt(static_cast<T>(n));
      fill_uniform(view, -bound, bound, stream);
    };
    fill(query_weight.view(), query_width);
    fill(key_weight.view(), key_width);
    fill(score.view(), width);
  }

  Output forward(Input x, Cache& cache) const {
    detail::check_attention_input("AdditiveAttention::forward", x, query_weight.extent(1),
                                  key_weight.extent(1), any);
    cache.stamp.set(this);
    detail::additive_attention(x, weights(query_weight.data(), key_weight.data(), score.data()), cache);
    return cache.context;
  }

  Input backward(Output dy, Cache& cache, AdditiveAttention* gradient,
                 InputGradient input_gradient = InputGradient::compute) const {
    expect_shape("AdditiveAttention::backward", "dy", dy.shape(), cache.context.shape());
    cache.stamp.check(this, gradient);
    const auto into = gradient == nullptr ? detail::AdditiveWeights<T>{}
                                          : weights(gradient->query_weight.data(),
                                                    gradient->key_weight.data(), gradient->score.data());
    return detail::additive_attention_backward<T>(
        dy, weights(query_weight.data(), key_weight.data(), score.data()), into, input_gradient, cache);
  }

 private:
  template <class U>
  detail::AdditiveWeights<U> weights(U* query, U* key, U* v) const {
    return {query, key, v, query_weight.extent(1), key_weight.extent(1), score.extent(0)};
  }
};
RAPT_MODELS(Layer<AdditiveAttention<float>>, Layer<AdditiveAttention<double>>);

}  // namespace rapt
