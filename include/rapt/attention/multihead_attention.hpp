#pragma once
/// \file  Multi-head attention with trained projections.

#include <rapt/attention/materialized.hpp>
#include <rapt/attention/projection.hpp>
#include <rapt/nn/linear.hpp>

#include <array>
#include <cmath>
#include <concepts>
#include <stdexcept>
#include <string>
#include <tuple>

namespace rapt {

/// What a MultiheadAttention is besides width and heads.
struct MultiheadAttentionOptions {
  double dropout = 0;     // probability that a weight is dropped in training
  Bias bias = Bias::yes;  // of all four projections
  Index key_width = 0;    // PyTorch's kdim; 0: as the query
  Index value_width = 0;  // PyTorch's vdim; 0: as the query
};

/// Multi-head attention (Vaswani et al. 2017, arXiv:1706.03762, section 3.2.2):
/// `y = concat_h(softmax(Q_h K_h^T / sqrt(D)) V_h) W_o^T + b_o` with Q = query W_q^T + b_q and so on,
/// D = E / H. Parameters bear the names of torch.nn.MultiheadAttention, and lie as there (batch_first).
///
/// \shape   query (B, Lq, E), key (B, Lk, Ek), value (B, Lk, Ev) -> y (B, Lq, E). in_proj_weight (3E, E), or
///          q_proj_weight (E, E), k_proj_weight (E, Ek), v_proj_weight (E, Ev) where Ek or Ev differ from E;
///          in_proj_bias (3E) or (0); what is not used is empty
/// \init    projections ~ Xavier uniform, their biases 0, out_proj.weight as Linear, out_proj.bias 0,
///          as PyTorch
/// \cost    8 B L E^2 + 4 B L^2 E flops forward, twice that backward; B H Lq Lk numbers of memory
/// \throws  ShapeError; std::invalid_argument where heads does not divide E, for a dropout outside [0, 1) and
///          for a negative window
/// \borrows the input until the matching backward
/// \note    A query that sees no key gives b_o (PyTorch: NaN). The weights returned are those before dropout
///          (PyTorch: after). A query is always read, also where key_padding_mask ignores its twin among the
///          keys.
template <std::floating_point T>
struct MultiheadAttention {
  using Scalar = T;
  using Input = AttentionInput<T>;
  using Output = TensorView<const T, 3>;

  Tensor<T, 2> in_proj_weight, q_proj_weight, k_proj_weight, v_proj_weight;
  Tensor<T, 1> in_proj_bias;
  Linear<T> out_proj;
  Index heads = 1;
  double dropout = 0;
  static constexpr auto parameters = std::tuple{field("in_proj_weight", &MultiheadAttention::in_proj_weight),
                                                field("q_proj_weight", &MultiheadAttention::q_proj_weight),
                                                field("k_proj_weight", &MultiheadAttention::k_proj_weight),
                                                field("v_proj_weight", &MultiheadAttention::v_proj_weight),
                                                field("in_proj_bias", &MultiheadAttention::in_proj_bias),
                                                field("out_proj", &MultiheadAttention::out_proj)};
  static constexpr auto settings =
      std::tuple{field("heads", &MultiheadAttention::heads), field("dropout", &MultiheadAttention::dropout)};

  struct Cache : AttentionCache<T> {
    Training training;
    typename Linear<T>::Cache out_proj;
    Tensor<T, 3> seen_key, seen_value;  // used where a key is seen by no query
    Tensor<T, 3> query, key, value;     // projected: (B, L, E), heads side by side
    Input projected;                    // the input with these three
    Tensor<T, 3> dx_query, dx_key, dx_value;
  };

  MultiheadAttention() = default;
  MultiheadAttention(Index width, Index heads_, RandomStream& stream, MultiheadAttentionOptions options = {})
      : heads(heads_), dropout(options.dropout) {
    if (heads < 1 || width < 0 || width % heads != 0) {
      throw std::invalid_argument("MultiheadAttention: width " + std::to_string(width) +
                                  " is not a multiple of heads " + std::to_string(heads));
    }
    detail::check_attention_dropout("MultiheadAttention", dropout);
    const Index key_width = options.key_width == 0 ? width : options.key_width;
    const Index value_width = options.value_width == 0 ? width : options.value_width;
    const auto xavier = [&](Tensor<T, 2>& weight, Index out, Index in) {
      weight = Tensor<T, 2>({out, in});
      const T bound = in + out == 0 ? T(0) : std::sqrt(T(6) / static_cast<T>(in + out));
      fill_uniform(weight.view(), -bound, bound, stream);
    };
    if (key_width == width && value_width == width) {
      xavier(in_proj_weight, 3 * width, width);
    } else {
      xavier(q_proj_weight, width, width);
      xavier(k_proj_weight, width, key_width);
      xavier(v_proj_weight, width, value_width);
    }
    in_proj_bias = Tensor<T, 1>({options.bias == Bias::yes ? 3 * width : 0});
    out_proj = Linear<T>(width, width, stream, options.bias);
    out_proj.bias.fill(0);
  }

  Index width() const { return out_proj.in(); }
  Index key_width() const { return packed() ? width() : k_proj_weight.extent(1); }
  Index value_width() const { return packed() ? width() : v_proj_weight.extent(1); }

  Output forward(Input x, Cache& cache) const {
    detail::check_attention_input("MultiheadAttention::forward", x, width(), key_width(), value_width(),
                                  heads);
    cache.stamp.set(this);
    cache.x = x;
    cache.x.key = detail::without_unseen(x, x.key, cache.seen_key);
    cache.x.value = detail::without_unseen(x, x.value, cache.seen_value);
    const Index batch = x.query.extent(0), queries = x.query.extent(1), keys = x.key.extent(1);
    const auto p = projections<const T>(*this);
    detail::project<T>(x.query, p[0], cache.query.resize({batch, queries, width()}));
    detail::project<T>(cache.x.key, p[1], cache.key.resize({batch, keys, width()}));
    detail::project<T>(cache.x.value, p[2], cache.value.resize({batch, keys, width()}));
    cache.projected = x;
    cache.projected.query = cache.query;
    cache.projected.key = cache.key;
    cache.projected.value = cache.value;
    detail::dot_attention<T>(cache.projected, heads, scale(),
                             detail::draw_attention_dropout(dropout, cache.training), cache);
    return out_proj.forward(cache.context.rows(), cache.out_proj).reshape(x.query.shape());
  }

  Input backward(Output dy, Cache& cache, MultiheadAttention* gradient,
                 InputGradient input_gradient = InputGradient::compute) const {
    expect_shape("MultiheadAttention::backward", "dy", dy.shape(), cache.context.shape());
    cache.stamp.check(this, gradient);
    // y = context W_o^T + b_o
    const auto d_context =
        out_proj.backward(dy.rows(), cache.out_proj, part(gradient, &MultiheadAttention::out_proj))
            .reshape(dy.shape());
    // context = attention(Q, K, V)
    detail::dot_attention_backward<T>(d_context, cache.projected, heads, scale(), cache);
    const bool wanted = input_gradient == InputGradient::compute;
    TensorView<T, 3> dx_query, dx_key, dx_value;
    if (wanted) {
      dx_query = cache.dx_query.resize(cache.x.query.shape());
      dx_key = cache.dx_key.resize(cache.x.key.shape());
      dx_value = cache.dx_value.resize(cache.x.value.shape());
    }
    const auto p = projections<const T>(*this);
    const auto g = gradient == nullptr ? Projections<T>{} : projections<T>(*gradient);
    // Q = query W_q^T + b_q, and so on
    detail::project_backward<T>(cache.d_query, cache.x.query, p[0], g[0], dx_query);
    detail::project_backward<T>(cache.d_key, cache.x.key, p[1], g[1], dx_key);
    detail::project_backward<T>(cache.d_value, cache.x.value, p[2], g[2], dx_value);
    if (!wanted) return {};
    return {.query = dx_query, .key = dx_key, .value = dx_value};
  }

 private:
  template <class U>
  using Projections = std::array<detail::Projection<U>, 3>;

  bool packed() const { return k_proj_weight.size() == 0 && v_proj_weight.size() == 0; }
  T scale() const { return detail::attention_scale<T>(width() / heads); }

  // The three projections of a layer, or of its gradient, wherever they lie.
  template <class U, class Self>
  static Projections<U> projections(Self& l) {
    const Index width = l.width(), square = width * width;
    U* const bias = l.in_proj_bias.data();
    const auto bias_of = [&](Index i) { return l.in_proj_bias.size() == 0 ? nullptr : bias + i * width; };
    if (l.packed()) {
      U* const all = l.in_proj_weight.data();
      return {{{all, width, bias_of(0)},
               {all + square, width, bias_of(1)},
               {all + 2 * square, width, bias_of(2)}}};
    }
    return {{{l.q_proj_weight.data(), width, bias_of(0)},
             {l.k_proj_weight.data(), l.k_proj_weight.extent(1), bias_of(1)},
             {l.v_proj_weight.data(), l.v_proj_weight.extent(1), bias_of(2)}}};
  }
};
static_assert(Layer<MultiheadAttention<float>> && Layer<MultiheadAttention<double>>);

}  // namespace rapt
