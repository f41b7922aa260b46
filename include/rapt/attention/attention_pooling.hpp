#pragma once
/// \file  Attention over the members of sets of varying length: many vectors in, one vector a set out.

#include <rapt/core/checked.hpp>
#include <rapt/core/layer.hpp>
#include <rapt/core/offsets.hpp>
#include <rapt/core/parallel.hpp>
#include <rapt/core/random.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <stdexcept>
#include <string>
#include <tuple>

namespace rapt {

/// Sets laid end to end: members offsets[b] ... offsets[b + 1] - 1 belong to set b.
/// \shape key, value (N, E), offsets (B + 1), query (B, E) or absent
template <std::floating_point T>
struct AttentionPoolingInput {
  TensorView<const T, 2> key, value;
  TensorView<const Index, 1> offsets;
  TensorView<const T, 2> query;
  static constexpr auto tensors =
      std::tuple{&AttentionPoolingInput::key, &AttentionPoolingInput::value, &AttentionPoolingInput::query};
};

/// Attention pooling with learned seeds: for each head, `y = sum_n softmax_n((seed + query) . key_n /
/// sqrt(D)) value_n` over the members n of a set (pooling by multi-head attention with seed vectors, Lee et
/// al. 2019, arXiv:1810.00825, section 3.2, one seed a head; with a query it is scaled dot product attention
/// with a learned offset).
///
/// \shape   key, value (N, E), offsets (B + 1), query (B, E) or absent -> y (B, E), E = heads * D
/// \init    seed ~ N(0, 1/D)
/// \throws  ShapeError; std::invalid_argument where heads does not divide the width or offsets do not
///          rise from 0 to N
/// \borrows key, value, offsets and query until the matching backward
/// \note    an empty set gives 0
template <std::floating_point T>
struct AttentionPooling {
  using Scalar = T;
  using Input = AttentionPoolingInput<T>;
  using Output = TensorView<const T, 2>;

  Tensor<T, 1> seed;  // (E), heads side by side
  Index heads = 1;
  static constexpr auto parameters = std::tuple{field("seed", &AttentionPooling::seed)};
  static constexpr auto settings = std::tuple{field("heads", &AttentionPooling::heads)};

  struct Cache {
    Input x;                      // borrowed
    Tensor<T, 2> q;               // (B, E), seed + query
    Tensor<T, 2> weights;         // (H, N), softmax over each set: the explanation
    Tensor<T, 2> y;               // (B, E)
    Tensor<T, 2> d_weights;       // (H, N)
    Tensor<T, 2> d_key, d_value;  // (N, E)
    Tensor<T, 2> d_query;         // (B, E)
    ForwardStamp stamp;
  };

  AttentionPooling() = default;
  AttentionPooling(Index width, Index heads_, RandomStream& stream) : heads(heads_) {
    if (heads < 1 || width < 0 || width % heads != 0) {
      throw std::invalid_argument("AttentionPooling: width " + std::to_string(width) +
                                  " is not a multiple of heads " + std::to_string(heads));
    }
    seed.resize({width});
    const Index head_width = width / heads;
    fill_normal(seed.view(), 0, head_width == 0 ? T(0) : T(1) / std::sqrt(static_cast<T>(head_width)),
                stream);
  }

  Index width() const { return seed.extent(0); }

  Output forward(Input x, Cache& cache) const {
    check(x);
    cache.x = x;
    cache.stamp.set(this);
    const Index sets = x.offsets.extent(0) - 1;
    cache.weights.resize({heads, x.key.extent(0)});
    cache.y.resize({sets, width()});
    auto q = cache.q.resize({sets, width()}).matrix();
    q.rowwise() = seed.matrix().row(0);
    if (!x.query.absent()) q += x.query.matrix();
    parallel_for_range(sets, grain, operations(x), [&](Index from, Index to) {
      for (Index b = from; b < to; ++b) {
        for (Index h = 0; h < heads; ++h) pool(x, b, h, cache);
      }
    });
    return cache.y;
  }

  Input backward(Output dy, Cache& cache, AttentionPooling* gradient,
                 InputGradient input_gradient = InputGradient::compute) const {
    const Input& x = cache.x;
    const Index sets = cache.y.extent(0);
    expect_shape("AttentionPooling::backward", "dy", dy.shape(), {sets, width()});
    cache.stamp.check(this, gradient);
    cache.d_key.resize(x.key.shape());
    cache.d_value.resize(x.value.shape());
    cache.d_query.resize({sets, width()});
    cache.d_weights.resize(cache.weights.shape());
    parallel_for_range(sets, grain, 3 * operations(x), [&](Index from, Index to) {
      for (Index b = from; b < to; ++b) {
        for (Index h = 0; h < heads; ++h) pool_backward(dy, b, h, cache);
      }
    });
    // query of set b is seed + query_b, so the seed gathers over the sets, in their order
    if (gradient != nullptr) gradient->seed.matrix() += cache.d_query.matrix().colwise().sum();
    if (input_gradient == InputGradient::skip) return {};
    const TensorView<const T, 2> d_query = cache.d_query;
    return {cache.d_key, cache.d_value, x.offsets, x.query.absent() ? TensorView<const T, 2>{} : d_query};
  }

 private:
  static constexpr Index grain = 16;  // sets of one chunk

  Index head_width() const { return width() / heads; }
  Index operations(const Input& x) const {
    const Index sets = x.offsets.extent(0) - 1;
    return sets == 0 ? 0 : 4 * x.key.size() / sets + 10 * heads;
  }

  void check(const Input& x) const {
    expect_shape("AttentionPooling::forward", "key", x.key.shape(), {any, width()});
    expect_shape("AttentionPooling::forward", "value", x.value.shape(), {x.key.extent(0), width()});
    const Index sets = expect_offsets("AttentionPooling::forward", x.offsets, x.key.extent(0));
    if (!x.query.absent())
      expect_shape("AttentionPooling::forward", "query", x.query.shape(), {sets, width()});
  }

  // Members of set b, columns of head h.
  auto members(TensorView<const T, 2> all, const Input& x, Index b, Index h) const {
    return all.matrix().block(x.offsets(b), h * head_width(), x.offsets(b + 1) - x.offsets(b), head_width());
  }
  auto members(Tensor<T, 2>& all, const Input& x, Index b, Index h) const {
    return all.matrix().block(x.offsets(b), h * head_width(), x.offsets(b + 1) - x.offsets(b), head_width());
  }
  T scale() const { return T(1) / std::sqrt(static_cast<T>(std::max<Index>(head_width(), 1))); }

  void pool(const Input& x, Index b, Index h, Cache& cache) const {
    const Index from = x.offsets(b), count = x.offsets(b + 1) - from, column = h * head_width();
    auto context = cache.y.matrix().row(b).segment(column, head_width());
    context.setZero();
    if (count == 0) return;
    const auto keys = members(x.key, x, b, h), values = members(x.value, x, b, h);
    const auto q = cache.q.matrix().row(b).segment(column, head_width());
    auto p = cache.weights.matrix().row(h).segment(from, count).array();
    for (Index n = 0; n < count; ++n) p(n) = scale() * q.dot(keys.row(n));
    p = (p - p.maxCoeff()).exp();
    p /= p.sum();
    for (Index n = 0; n < count; ++n) context += p(n) * values.row(n);
  }

  void pool_backward(const Output& dy, Index b, Index h, Cache& cache) const {
    const Input& x = cache.x;
    const Index from = x.offsets(b), count = x.offsets(b + 1) - from, column = h * head_width();
    auto d_query = cache.d_query.matrix().row(b).segment(column, head_width());
    d_query.setZero();
    if (count == 0) return;
    const auto keys = members(x.key, x, b, h), values = members(x.value, x, b, h);
    auto d_keys = members(cache.d_key, x, b, h), d_values = members(cache.d_value, x, b, h);
    const auto q = cache.q.matrix().row(b).segment(column, head_width());
    const auto p = cache.weights.matrix().row(h).segment(from, count).array();
    auto ds = cache.d_weights.matrix().row(h).segment(from, count).array();
    const auto d_context = dy.matrix().row(b).segment(column, head_width());
    // context = sum_n p_n value_n
    for (Index n = 0; n < count; ++n) {
      ds(n) = d_context.dot(values.row(n));
      d_values.row(n) = p(n) * d_context;
    }
    // p = softmax(s)
    const T expected = (p * ds).sum();
    ds = scale() * p * (ds - expected);
    // s_n = scale q . key_n, q = seed + query
    for (Index n = 0; n < count; ++n) {
      d_keys.row(n) = ds(n) * q;
      d_query += ds(n) * keys.row(n);
    }
  }
};
RAPT_MODELS(Layer<AttentionPooling<float>>, Layer<AttentionPooling<double>>);

}  // namespace rapt
