#pragma once
/// \file  Attention by position: the query alone decides where to look.

#include <rapt/attention/materialized.hpp>

#include <cmath>
#include <concepts>
#include <string>
#include <tuple>

namespace rapt {

/// Location-based attention, `y_i = sum_j softmax_j((W q_i)_j) v_j` (Luong et al. 2015, arXiv:1508.04025,
/// eq. 9), for at most `weight.extent(0)` positions.
///
/// \shape   query (B, Lq, E), key (B, Lk, *), value (B, Lk, Ev), weight (M, E) with Lk <= M -> y (B, Lq, Ev)
/// \init    weight ~ U(-1/sqrt(E), 1/sqrt(E)), as for a Linear without bias
/// \throws  ShapeError; std::invalid_argument for a negative window
/// \borrows the input until the matching backward
/// \note    Shorter inputs use the first Lk rows of W; of the keys only the number
///          counts, their gradient is 0.
template <std::floating_point T>
struct LocationAttention {
  using Scalar = T;
  using Input = AttentionInput<T>;
  using Output = TensorView<const T, 3>;
  using Cache = AttentionCache<T>;

  Tensor<T, 2> weight;  // (M, E)
  static constexpr auto parameters = std::tuple{field("weight", &LocationAttention::weight)};

  LocationAttention() = default;
  LocationAttention(Index query_width, Index max_length, RandomStream& stream)
      : weight({max_length, query_width}) {
    const T bound = query_width == 0 ? T(0) : T(1) / std::sqrt(static_cast<T>(query_width));
    fill_uniform(weight.view(), -bound, bound, stream);
  }

  Output forward(Input x, Cache& cache) const {
    detail::check_attention_input("LocationAttention::forward", x, width(), any, any);
    const Index queries = x.query.extent(1), keys = x.key.extent(1);
    if (keys > weight.extent(0)) {
      throw ShapeError("LocationAttention::forward: key has shape " + to_string(x.key.shape()) +
                       ", expected (*, at most " + std::to_string(weight.extent(0)) + ", *)");
    }
    cache.x = x;
    cache.stamp.set(this);
    detail::attend(x, 1, {}, 2 * queries * keys * width(), cache, [&](Index b, Index, T* scores) {
      gemm<T>(queries, keys, width(), 1, {x.query.data() + b * queries * width(), width()},
              {weight.data(), width(), true}, false, scores, keys);
    });
    return cache.context;
  }

  Input backward(Output dy, Cache& cache, LocationAttention* gradient,
                 InputGradient input_gradient = InputGradient::compute) const {
    expect_shape("LocationAttention::backward", "dy", dy.shape(), cache.context.shape());
    cache.stamp.check(this, gradient);
    const Input& x = cache.x;
    const Index queries = x.query.extent(1), keys = x.key.extent(1);
    cache.d_query.resize(x.query.shape());
    detail::attend_backward(dy, x, 1, 2 * queries * keys * width(), cache, [&](Index b, Index, const T* ds) {
      // S = Q W^T
      gemm<T>(queries, width(), keys, 1, {ds, keys}, {weight.data(), width()}, false,
              cache.d_query.data() + b * queries * width(), width());
    });
    for (Index b = 0; gradient != nullptr && b < x.query.extent(0); ++b) {
      // S = Q W^T
      detail::mix<T>(keys, width(), queries, 1, {cache.d_scores[b].data(), keys, true}, x.query[b].data(),
                     width(), true, gradient->weight.data(), width());
    }
    if (input_gradient == InputGradient::skip) return {};
    // the scores do not depend on the keys
    cache.d_key.resize(x.key.shape());
    cache.d_key.fill(0);
    return {.query = cache.d_query, .key = cache.d_key, .value = cache.d_value};
  }

 private:
  Index width() const { return weight.extent(1); }
};
RAPT_MODELS(Layer<LocationAttention<float>>, Layer<LocationAttention<double>>);

}  // namespace rapt
