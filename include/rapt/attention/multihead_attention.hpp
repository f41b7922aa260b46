#pragma once
/// \file  Multi-head attention with trained projections.

#include <rapt/attention/attention_tangent.hpp>
#include <rapt/attention/dot_products.hpp>
#include <rapt/attention/projection.hpp>
#include <rapt/attention/rotary_positions.hpp>
#include <rapt/core/tangent.hpp>
#include <rapt/nn/linear.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <stdexcept>
#include <string>
#include <tuple>

namespace rapt {

/// What a MultiheadAttention is besides width and heads.
struct MultiheadAttentionOptions {
  double dropout = 0;                         // probability that a weight is dropped in training
  Bias bias = Bias::yes;                      // of all four projections
  Index key_width = 0;                        // PyTorch's kdim; 0: as the query
  Index value_width = 0;                      // PyTorch's vdim; 0: as the query
  Index key_value_heads = 0;                  // 0: as heads
  bool rotary = false;                        // turns projected queries and keys by their positions
  RotaryPositionsOptions rotary_positions{};  // how, where `rotary` is set
};

/// Multi-head attention (Vaswani et al. 2017, arXiv:1706.03762, section 3.2.2):
/// `y = concat_h(softmax(Q_h K_h^T / sqrt(D)) V_h) W_o^T + b_o` with Q = query W_q^T + b_q and so on,
/// D = E / H. Parameters bear the names of torch.nn.MultiheadAttention, and lie as there (batch_first).
///
/// With fewer heads of keys and values, G, query head h reads head `h / (H / G)` of them (grouped-query
/// attention; Ainslie et al. 2023, arXiv:2305.13245); one for all is multi-query attention (Shazeer 2019,
/// arXiv:1911.02150). With `rotary`, Q and K are turned as by RotaryPositions, each counted from its first
/// row (Su et al. 2021, arXiv:2104.09864).
///
/// \shape   query (B, Lq, E), key (B, Lk, Ek), value (B, Lk, Ev) -> y (B, Lq, E). With K = G D:
///          in_proj_weight (E + 2K, E), rows of W_q, W_k, W_v in this order, or q_proj_weight (E, E),
///          k_proj_weight (K, Ek), v_proj_weight (K, Ev) where Ek or Ev differ from E; in_proj_bias (E + 2K)
///          or (0); what is not used is empty
/// \init    projections ~ Xavier uniform, their biases 0, out_proj.weight as Linear, out_proj.bias 0,
///          as PyTorch
/// \cost    4 B L E (E + K) + 4 B L^2 E flops forward, about twice that backward; B (Lq + Lk) E numbers of
///          memory, and B H Lq Lk only where the weights are asked for; its tangent holds the weights,
///          5 B H Lq Lk numbers
/// \throws  ShapeError; std::invalid_argument where heads does not divide E, where G does not divide H, for a
///          dropout outside [0, 1), for a negative window, and as RotaryPositions
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
  Index key_value_heads = 0;  // 0: as heads
  RotaryPositions<T> rotary;  // turns nothing where its rotary_width is 0
  double dropout = 0;
  static constexpr auto parameters = std::tuple{field("in_proj_weight", &MultiheadAttention::in_proj_weight),
                                                field("q_proj_weight", &MultiheadAttention::q_proj_weight),
                                                field("k_proj_weight", &MultiheadAttention::k_proj_weight),
                                                field("v_proj_weight", &MultiheadAttention::v_proj_weight),
                                                field("in_proj_bias", &MultiheadAttention::in_proj_bias),
                                                field("out_proj", &MultiheadAttention::out_proj),
                                                field("rotary", &MultiheadAttention::rotary)};
  static constexpr auto settings = std::tuple{field("heads", &MultiheadAttention::heads),
                                              field("key_value_heads", &MultiheadAttention::key_value_heads),
                                              field("dropout", &MultiheadAttention::dropout)};

  struct Cache : AttentionCache<T> {
    Training training;
    typename Linear<T>::Cache out_proj;
    Tensor<T, 3> seen_key, seen_value;  // used where a key is seen by no query
    Tensor<T, 3> query, key, value;     // projected: (B, L, H D) and (B, L, G D), heads side by side
    detail::RotaryTable<T> table;
    Input projected;  // the input with these three
    Tensor<T, 3> dx_query, dx_key, dx_value;
    struct {
      Input direction;                 // borrowed
      Tensor<T, 3> query, key, value;  // the direction, projected
      AttentionTangent<T> attention;
      Tensor<T, 3> d_query, d_key, d_value;     // by the direction
      Tensor<T, 3> dx_query, dx_key, dx_value;  // by the input
    } tangent;
  };

  MultiheadAttention() = default;
  MultiheadAttention(Index width, Index heads_, RandomStream& stream, MultiheadAttentionOptions options = {})
      : heads(heads_), key_value_heads(options.key_value_heads), dropout(options.dropout) {
    if (heads < 1 || width < 0 || width % heads != 0) {
      throw std::invalid_argument("MultiheadAttention: width " + std::to_string(width) +
                                  " is not a multiple of heads " + std::to_string(heads));
    }
    const Index shared =
        detail::head_counts("MultiheadAttention", heads, key_value_heads).key * width / heads;
    detail::check_attention_dropout("MultiheadAttention", dropout);
    if (options.rotary) rotary = RotaryPositions<T>(width, heads, options.rotary_positions);
    const Index key_width = options.key_width == 0 ? width : options.key_width;
    const Index value_width = options.value_width == 0 ? width : options.value_width;
    const auto xavier = [&](Tensor<T, 2>& weight, Index out, Index in) {
      weight = Tensor<T, 2>({out, in});
      const T bound = in + out == 0 ? T(0) : std::sqrt(T(6) / static_cast<T>(in + out));
      fill_uniform(weight.view(), -bound, bound, stream);
    };
    if (key_width == width && value_width == width) {
      xavier(in_proj_weight, width + 2 * shared, width);
    } else {
      xavier(q_proj_weight, width, width);
      xavier(k_proj_weight, shared, key_width);
      xavier(v_proj_weight, shared, value_width);
    }
    in_proj_bias = Tensor<T, 1>({options.bias == Bias::yes ? width + 2 * shared : 0});
    out_proj = Linear<T>(width, width, stream, options.bias);
    out_proj.bias.fill(0);
  }

  Index width() const { return out_proj.in(); }
  Index key_width() const { return packed() ? width() : k_proj_weight.extent(1); }
  Index value_width() const { return packed() ? width() : v_proj_weight.extent(1); }

  Output forward(Input x, Cache& cache) const {
    check("MultiheadAttention::forward", x);
    const Index shared = shared_width();
    cache.stamp.set(this);
    cache.x = x;
    cache.x.key = detail::without_unseen(x, x.key, cache.seen_key);
    cache.x.value = detail::without_unseen(x, x.value, cache.seen_value);
    const Index batch = x.query.extent(0), queries = x.query.extent(1), keys = x.key.extent(1);
    const auto p = projections<const T>(*this, shared_width());
    detail::project<T>(x.query, p[0], cache.query.resize({batch, queries, width()}));
    detail::project<T>(cache.x.key, p[1], cache.key.resize({batch, keys, shared}));
    detail::project<T>(cache.x.value, p[2], cache.value.resize({batch, keys, shared}));
    if (turns()) {
      cache.table.prepare(std::max(queries, keys), rotary.rotary_width / 2, rotary.base,
                          rotary.first_position);
      turn<false>(cache.query, cache.key, cache);
    }
    cache.projected = x;
    cache.projected.query = cache.query;
    cache.projected.key = cache.key;
    cache.projected.value = cache.value;
    detail::dot_attention<T>(cache.projected, counts(), scale(),
                             detail::draw_attention_dropout(dropout, cache.training), cache);
    return out_proj.forward(cache.context.rows(), cache.out_proj).reshape(x.query.shape());
  }

  Input backward(Output dy, Cache& cache, MultiheadAttention* gradient,
                 InputGradient input_gradient = InputGradient::compute) const {
    expect_shape("MultiheadAttention::backward", "dy", dy.shape(), cache.context.shape());
    Gradients dx;
    if (input_gradient == InputGradient::compute) {
      dx.query = cache.dx_query.resize(cache.x.query.shape());
      dx.key = cache.dx_key.resize(cache.x.key.shape());
      dx.value = cache.dx_value.resize(cache.x.value.shape());
    }
    backward(dy, cache, gradient, dx, false);
    return {.query = dx.query, .key = dx.key, .value = dx.value};
  }

  /// backward for self-attention, where query = key = value = x: the gradient of x, summed on the way.
  Output backward_self(Output dy, Cache& cache, MultiheadAttention* gradient,
                       InputGradient input_gradient = InputGradient::compute) const {
    expect_shape("MultiheadAttention::backward_self", "dy", dy.shape(), cache.context.shape());
    expect_shape("MultiheadAttention::backward_self", "key", cache.x.key.shape(), cache.x.query.shape());
    expect_shape("MultiheadAttention::backward_self", "value", cache.x.value.shape(), cache.x.query.shape());
    Gradients dx;
    if (input_gradient == InputGradient::compute)
      dx.query = dx.key = dx.value = cache.dx_query.resize(cache.x.query.shape());
    backward(dy, cache, gradient, dx, true);
    return dx.query;
  }

  Output forward_tangent(Input dx, Cache& cache) const {
    detail::check_attention_direction("MultiheadAttention::forward_tangent", dx, cache.x);
    cache.stamp.check(this, nullptr);
    auto& t = cache.tangent;
    t.direction = dx;
    auto p = projections<const T>(*this, shared_width());
    // Q = query W_q^T + b_q:  Q' = query' W_q^T; where query' is absent nothing is left to turn
    const auto project = [](Output from, detail::Projection<const T> by, const Tensor<T, 3>& like,
                            Tensor<T, 3>& to) {
      by.bias = nullptr;
      to.resize({from.absent() ? 0 : like.extent(0), like.extent(1), like.extent(2)});
      if (from.absent()) return Output{};
      detail::project<T>(from, by, to.view());
      return Output(to);
    };
    t.attention.query = project(dx.query, p[0], cache.query, t.query);
    t.attention.key = project(dx.key, p[1], cache.key, t.key);
    t.attention.value = project(dx.value, p[2], cache.value, t.value);
    if (turns()) turn<false>(t.query, t.key, cache);
    detail::dot_attention_tangent<T>(cache.projected, counts(), scale(), cache.dropout, t.attention);
    return out_proj.forward_tangent(t.attention.context.rows(), cache.out_proj)
        .reshape(cache.x.query.shape());
  }

  TangentGradient<Input> backward_tangent(Output d_dy, Output dy, Cache& cache, MultiheadAttention* gradient,
                                          InputGradient input_gradient = InputGradient::compute) const {
    check_adjoints("MultiheadAttention::backward_tangent", d_dy, dy, cache);
    if (d_dy.absent() && dy.absent()) return {};
    Gradients d, dx;
    if (input_gradient == InputGradient::compute) {
      auto& t = cache.tangent;
      d = {t.d_query.resize(cache.x.query.shape()), t.d_key.resize(cache.x.key.shape()),
           t.d_value.resize(cache.x.value.shape())};
      dx = {t.dx_query.resize(cache.x.query.shape()), t.dx_key.resize(cache.x.key.shape()),
            t.dx_value.resize(cache.x.value.shape())};
    }
    if (d_dy.absent()) d = {};
    backward_tangent(d_dy, dy, cache, gradient, d, dx, false);
    TangentGradient<Input> result;
    result.tangent = {.query = d.query, .key = d.key, .value = d.value};
    result.input = {.query = dx.query, .key = dx.key, .value = dx.value};
    return result;
  }

  /// backward_tangent for self-attention, where query = key = value = x and all three have one direction: the
  /// gradients of x and of its direction, summed on the way.
  TangentGradient<Output> backward_tangent_self(Output d_dy, Output dy, Cache& cache,
                                                MultiheadAttention* gradient,
                                                InputGradient input_gradient = InputGradient::compute) const {
    const char* const where = "MultiheadAttention::backward_tangent_self";
    check_adjoints(where, d_dy, dy, cache);
    expect_shape(where, "key", cache.x.key.shape(), cache.x.query.shape());
    expect_shape(where, "value", cache.x.value.shape(), cache.x.query.shape());
    if (d_dy.absent() && dy.absent()) return {};
    Gradients d, dx;
    if (input_gradient == InputGradient::compute) {
      const auto& shape = cache.x.query.shape();
      if (!d_dy.absent()) d.query = d.key = d.value = cache.tangent.d_query.resize(shape);
      dx.query = dx.key = dx.value = cache.tangent.dx_query.resize(shape);
    }
    backward_tangent(d_dy, dy, cache, gradient, d, dx, true);
    return {d.query, dx.query};
  }

 private:
  template <class U>
  using Projections = std::array<detail::Projection<U>, 3>;

  struct Gradients {
    TensorView<T, 3> query{}, key{}, value{};
  };

  // With `sum` the three gradients are one, to which the second and third are added.
  void backward(Output dy, Cache& cache, MultiheadAttention* gradient, const Gradients& dx, bool sum) const {
    cache.stamp.check(this, gradient);
    // y = context W_o^T + b_o
    const auto d_context =
        out_proj.backward(dy.rows(), cache.out_proj, part(gradient, &MultiheadAttention::out_proj))
            .reshape(dy.shape());
    // context = attention(Q, K, V)
    detail::dot_attention_backward<T>(d_context, cache.projected, counts(), scale(), cache);
    // Q and K were turned: their gradients are turned back
    if (turns()) turn<true>(cache.d_query, cache.d_key, cache);
    const auto p = projections<const T>(*this, shared_width());
    const auto g = gradient == nullptr ? Projections<T>{} : projections<T>(*gradient, shared_width());
    // Q = query W_q^T + b_q, and so on
    detail::project_backward<T>(cache.d_query, cache.x.query, p[0], g[0], dx.query);
    detail::project_backward<T>(cache.d_key, cache.x.key, p[1], g[1], dx.key, sum);
    detail::project_backward<T>(cache.d_value, cache.x.value, p[2], g[2], dx.value, sum);
  }

  static void check_adjoints(const char* where, Output d_dy, Output dy, const Cache& cache) {
    if (!d_dy.absent()) expect_shape(where, "d_dy", d_dy.shape(), cache.x.query.shape());
    if (!dy.absent()) expect_shape(where, "dy", dy.shape(), cache.x.query.shape());
  }

  // d: gradients by the direction, dx: by the input. With `sum` the three of each are one.
  void backward_tangent(Output d_dy, Output dy, Cache& cache, MultiheadAttention* gradient,
                        const Gradients& d, const Gradients& dx, bool sum) const {
    cache.stamp.check(this, gradient);
    auto& t = cache.tangent;
    // y' = context' W_o^T and y = context W_o^T + b_o
    const auto rows = [](Output v) { return v.absent() ? TensorView<const T, 2>{} : v.rows(); };
    const auto sequence = [&](TensorView<const T, 2> v) {
      return v.absent() ? Output{} : v.reshape(t.attention.context.shape());
    };
    const auto d_context = out_proj.backward_tangent(rows(d_dy), rows(dy), cache.out_proj,
                                                     part(gradient, &MultiheadAttention::out_proj));
    // context' = attention'(Q, K, V; Q', K', V') and context = attention(Q, K, V)
    detail::dot_attention_tangent_backward<T>(sequence(d_context.tangent), sequence(d_context.input),
                                              cache.projected, counts(), scale(), t.attention);
    auto& a = t.attention;
    // Q, K, Q' and K' were turned: their gradients are turned back
    if (turns()) turn<true>(a.d_query, a.d_key, cache);
    if (turns() && !d_dy.absent()) turn<true>(a.d_tangent_query, a.d_tangent_key, cache);
    const auto p = projections<const T>(*this, shared_width());
    const auto g = gradient == nullptr ? Projections<T>{} : projections<T>(*gradient, shared_width());
    // Q = query W_q^T + b_q, and so on
    detail::project_backward<T>(a.d_query, cache.x.query, p[0], g[0], dx.query);
    detail::project_backward<T>(a.d_key, cache.x.key, p[1], g[1], dx.key, sum);
    detail::project_backward<T>(a.d_value, cache.x.value, p[2], g[2], dx.value, sum);
    if (d_dy.absent()) return;
    // Q' = query' W_q^T, and so on; what is absent is zeros and gives the weights no gradient
    const auto back = [](Output d_projected, Output direction, Output x, const detail::Projection<const T>& w,
                         detail::Projection<T> to, TensorView<T, 3> into, bool add) {
      to.bias = nullptr;
      if (direction.absent()) to.weight = nullptr;
      detail::project_backward<T>(d_projected, direction.absent() ? x : direction, w, to, into, add);
    };
    back(a.d_tangent_query, t.direction.query, cache.x.query, p[0], g[0], d.query, false);
    back(a.d_tangent_key, t.direction.key, cache.x.key, p[1], g[1], d.key, sum);
    back(a.d_tangent_value, t.direction.value, cache.x.value, p[2], g[2], d.value, sum);
  }

  bool packed() const { return k_proj_weight.size() == 0 && v_proj_weight.size() == 0; }
  T scale() const { return detail::attention_scale<T>(width() / heads); }
  detail::HeadCounts counts() const { return {heads, key_value_heads == 0 ? heads : key_value_heads}; }
  Index shared_width() const { return width() / heads * counts().key; }  // of keys and values, projected

  void check(const char* where, const Input& x) const {
    // Settings are public: what the constructor checked may have been changed since.
    detail::head_counts(where, heads, key_value_heads);
    if (width() % heads != 0) {
      throw std::invalid_argument(std::string(where) + ": width " + std::to_string(width()) +
                                  " is not a multiple of heads " + std::to_string(heads));
    }
    detail::check_attention_dropout(where, dropout);
    if (turns()) rotary.check(where, width(), heads);
    detail::check_attention_input(where, x, width(), key_width(), value_width(), heads);
    // Parameters from a file, and heads set by hand, need not fit each other.
    const Index both = shared_width();
    if (packed()) {
      expect_shape(where, "in_proj_weight", in_proj_weight.shape(), {width() + 2 * both, width()});
    } else {
      expect_shape(where, "q_proj_weight", q_proj_weight.shape(), {width(), width()});
      expect_shape(where, "k_proj_weight", k_proj_weight.shape(), {both, any});
      expect_shape(where, "v_proj_weight", v_proj_weight.shape(), {both, any});
    }
    if (in_proj_bias.size() != 0)
      expect_shape(where, "in_proj_bias", in_proj_bias.shape(), {width() + 2 * both});
  }

  bool turns() const { return rotary.rotary_width != 0; }
  template <bool back>
  void turn(Tensor<T, 3>& query, Tensor<T, 3>& key, const Cache& cache) const {
    detail::rotate_heads<back, T>(rotary.pairs, query, counts().query, cache.table, query.data());
    detail::rotate_heads<back, T>(rotary.pairs, key, counts().key, cache.table, key.data());
  }

  // The three projections of a layer, or of its gradient, wherever they lie.
  template <class U, class Self>
  static Projections<U> projections(Self& l, Index shared) {
    const Index width = l.width();
    U* const bias = l.in_proj_bias.data();
    const auto bias_of = [&](Index row) { return l.in_proj_bias.size() == 0 ? nullptr : bias + row; };
    if (l.packed()) {
      U* const all = l.in_proj_weight.data();
      const auto rows = [&](Index from) {
        return detail::Projection<U>{all + from * width, width, bias_of(from)};
      };
      return {rows(0), rows(width), rows(width + shared)};
    }
    return {{{l.q_proj_weight.data(), width, bias_of(0)},
             {l.k_proj_weight.data(), l.k_proj_weight.extent(1), bias_of(width)},
             {l.v_proj_weight.data(), l.v_proj_weight.extent(1), bias_of(width + shared)}}};
  }
};
RAPT_MODELS(TangentLayer<MultiheadAttention<float>>, TangentLayer<MultiheadAttention<double>>);
RAPT_MODELS(Layer<MultiheadAttention<float>>, Layer<MultiheadAttention<double>>);

}  // namespace rapt
