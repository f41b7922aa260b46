#pragma once
/// \file  Self-attention over the positions of an image, as SAGAN has it.

#include <rapt/attention/attention_tangent.hpp>
#include <rapt/attention/dot_products.hpp>
#include <rapt/attention/image_positions.hpp>
#include <rapt/core/cast.hpp>
#include <rapt/core/parallel_sum.hpp>
#include <rapt/core/tangent.hpp>
#include <rapt/nn/linear.hpp>

#include <algorithm>
#include <concepts>
#include <stdexcept>
#include <string>
#include <tuple>

namespace rapt {

/// What a SelfAttention2d is besides its channels.
struct SelfAttention2dOptions {
  Index key_width = 0;    // of queries and keys; 0: C / 8, at least 1
  Index value_width = 0;  // 0: C / 2, at least 1
  // Of query and output: one of the keys would change no weight, one of the values is one of the output.
  Bias bias = Bias::no;
};

/// Self-attention over the positions of an image, `y = x + gamma W_o A W_v x` with the weights
/// `A_ij = softmax_j(<W_q x_i, W_k x_j>)` of position i for all positions j and one number gamma that begins
/// at 0, so that the layer begins as the identity (Zhang et al. 2019, arXiv:1805.08318, eq. 1 to 3).
///
/// The projections, convolutions of size 1 in the paper, are layers of rows (N, C) -> (N, C'): Linear, or
/// what wraps one, as spectral normalisation does.
///
/// \shape   x (B, C, H, W) -> y (B, C, H, W); query.weight and key.weight (C/8, C), value.weight (C/2, C),
///          out_proj.weight (C, C/2), gamma (1)
/// \init    projections as Linear, gamma 0
/// \cost    with L = H W, 5 B L C^2 / 2 + 5 B L^2 C / 4 flops forward, about 2.5 times that backward; about
///          11 B L C numbers of memory, and B L^2 only where the weights are asked for; its tangent holds the
///          weights, 5 B L^2 numbers
/// \throws  ShapeError; std::invalid_argument for channels < 1 and negative widths
/// \borrows x until the matching backward
/// \note    Scores are not divided by the root of their width, and C/8 and C/2 are those of the paper's
///          published code (in the text all inner widths are C/8), of which the maximum pooling of keys and
///          values is left out.
template <std::floating_point T, Layer Projection = Linear<T>>
struct SelfAttention2d {
  using Scalar = T;
  using Input = TensorView<const T, 4>;
  using Output = TensorView<const T, 4>;
  template <class U>
  using Rebound = SelfAttention2d<U, typename detail::Rebound<Projection, U>::type>;

  Projection query, key, value, out_proj;
  Tensor<T, 1> gamma{Shape<1>{1}};
  Index channels = 0;
  static constexpr auto parameters =
      std::tuple{field("query", &SelfAttention2d::query), field("key", &SelfAttention2d::key),
                 field("value", &SelfAttention2d::value), field("out_proj", &SelfAttention2d::out_proj),
                 field("gamma", &SelfAttention2d::gamma)};
  static constexpr auto settings = std::tuple{field("channels", &SelfAttention2d::channels)};

  struct Cache {
    typename Projection::Cache query, key, value, out_proj;
    AttentionCache<T> attention;
    Tensor<T, 3> positions;      // (B, L, C): x with its positions as rows
    TensorView<const T, 3> out;  // (B, L, C): what gamma multiplies, in the cache of out_proj
    Tensor<T, 4> y, dx;          // (B, C, H, W)
    Tensor<T, 2> d_out;          // (B L, C)
    NeedWeights need_weights = NeedWeights::none;
    ForwardStamp stamp;
    struct {
      AttentionTangent<T> attention;
      Tensor<T, 3> positions;           // x' with its positions as rows
      TensorView<const T, 2> out;       // (B L, C), in the cache of out_proj
      Tensor<T, 4> y, d_direction, dx;  // (B, C, H, W): y', and gradients by x' and x
      Tensor<T, 2> d_out_tangent, d_out;
    } tangent;
    static constexpr auto caches =
        std::tuple{field("query", &Cache::query), field("key", &Cache::key), field("value", &Cache::value),
                   field("out_proj", &Cache::out_proj)};

    /// Weights of the last forward, (B, L, L), row i those of position i (numbered row by row); absent where
    /// `need_weights` was none.
    TensorView<const T, 3> weights() const { return attention.weights(); }
  };

  SelfAttention2d() = default;
  SelfAttention2d(Index channels_, RandomStream& stream, SelfAttention2dOptions options = {})
      : channels(channels_) {
    if (channels < 1 || options.key_width < 0 || options.value_width < 0) {
      throw std::invalid_argument("SelfAttention2d: " + std::to_string(channels) + " channels, key_width " +
                                  std::to_string(options.key_width) + " and value_width " +
                                  std::to_string(options.value_width) +
                                  ", expected at least 1 channel and no negative width");
    }
    const Index narrow = options.key_width == 0 ? std::max<Index>(channels / 8, 1) : options.key_width;
    const Index wide = options.value_width == 0 ? std::max<Index>(channels / 2, 1) : options.value_width;
    query = projection(channels, narrow, stream, options.bias);
    key = projection(channels, narrow, stream, Bias::no);
    value = projection(channels, wide, stream, Bias::no);
    out_proj = projection(wide, channels, stream, options.bias);
  }

  Output forward(Input x, Cache& cache) const {
    expect_shape("SelfAttention2d::forward", "x", x.shape(), {any, channels, any, any});
    expect_shape("SelfAttention2d::forward", "gamma", gamma.shape(), {1});
    cache.stamp.set(this);
    const Index batch = x.extent(0), length = x.extent(2) * x.extent(3);
    const auto rows = positions_of(x, cache.positions);
    const auto sequence = [&](TensorView<const T, 2> all) {
      return all.template reshape<3>({batch, length, all.extent(1)});
    };
    auto& in = cache.attention.x;
    in = {.query = sequence(query.forward(rows.rows(), cache.query)),
          .key = sequence(key.forward(rows.rows(), cache.key)),
          .value = sequence(value.forward(rows.rows(), cache.value)),
          .need_weights = cache.need_weights};
    detail::dot_attention<T>(in, 1, T(1), {}, cache.attention);
    cache.out = sequence(out_proj.forward(cache.attention.context.rows(), cache.out_proj));
    cache.tangent.out = {};  // a tangent of the forward before is none of this one
    expect_shape("SelfAttention2d::forward", "output of out_proj", cache.out.shape(),
                 {batch, length, channels});
    add_scaled(x, cache.out.rows(), cache.y.resize(x.shape()));
    return cache.y;
  }

  Input backward(Output dy, Cache& cache, SelfAttention2d* gradient,
                 InputGradient input_gradient = InputGradient::compute) const {
    expect_shape("SelfAttention2d::backward", "dy", dy.shape(), cache.y.shape());
    expect_fit("SelfAttention2d::backward", cache, gradient);
    cache.stamp.check(this, gradient);
    if (gradient == nullptr && input_gradient == InputGradient::skip) return {};
    // y = x + gamma out, out with its positions as rows
    const auto d_out = scale_back(dy, cache.out.rows(), gradient, cache.d_out);
    // out = context W_o^T
    const auto d_context =
        out_proj.backward(d_out, cache.out_proj, part(gradient, &SelfAttention2d::out_proj))
            .reshape(cache.attention.context.shape());
    // context = softmax(Q K^T) V
    detail::dot_attention_backward<T>(d_context, cache.attention.x, 1, T(1), cache.attention);
    // Q = rows W_q^T, and so on
    const auto& a = cache.attention;
    const auto through = [&](const Projection& p, const Tensor<T, 3>& d, auto& kept, auto member) {
      return p.backward(d.rows(), kept, part(gradient, member), input_gradient);
    };
    const auto from_query = through(query, a.d_query, cache.query, &SelfAttention2d::query);
    const auto from_key = through(key, a.d_key, cache.key, &SelfAttention2d::key);
    const auto from_value = through(value, a.d_value, cache.value, &SelfAttention2d::value);
    if (input_gradient == InputGradient::skip) return {};
    // y = x + ..., and rows are those of x three times more
    gather(from_query, from_key, from_value, dy, cache.dx.resize(dy.shape()));
    return cache.dx;
  }

  Output forward_tangent(Input dx, Cache& cache) const {
    detail::expect_tangent_layer<Projection>();
    expect_shape("SelfAttention2d::forward_tangent", "dx", dx.shape(), cache.y.shape());
    expect_fit("SelfAttention2d::forward_tangent", cache, nullptr);
    cache.stamp.check(this, nullptr);
    auto& t = cache.tangent;
    const auto rows = positions_of(dx, t.positions);
    // Q = rows W_q^T:  Q' = rows' W_q^T, and so on
    const auto through = [&](const Projection& p, auto& kept, TensorView<const T, 3> like) {
      return p.forward_tangent(rows.rows(), kept).reshape(like.shape());
    };
    const auto& in = cache.attention.x;
    t.attention.query = through(query, cache.query, in.query);
    t.attention.key = through(key, cache.key, in.key);
    t.attention.value = through(value, cache.value, in.value);
    detail::dot_attention_tangent<T>(in, 1, T(1), {}, t.attention);
    t.out = out_proj.forward_tangent(t.attention.context.rows(), cache.out_proj);
    expect_shape("SelfAttention2d::forward_tangent", "output of out_proj", t.out.shape(),
                 cache.out.rows().shape());
    // y' = x' + gamma out'
    add_scaled(dx, t.out, t.y.resize(dx.shape()));
    return t.y;
  }

  TangentGradient<Input> backward_tangent(Output d_dy, Output dy, Cache& cache, SelfAttention2d* gradient,
                                          InputGradient input_gradient = InputGradient::compute) const {
    const char* const where = "SelfAttention2d::backward_tangent";
    if (!d_dy.absent()) expect_shape(where, "d_dy", d_dy.shape(), cache.y.shape());
    if (!dy.absent()) expect_shape(where, "dy", dy.shape(), cache.y.shape());
    expect_fit(where, cache, gradient);
    cache.stamp.check(this, gradient);
    const bool wanted = input_gradient == InputGradient::compute;
    if ((d_dy.absent() && dy.absent()) || (gradient == nullptr && !wanted)) return {};
    auto& t = cache.tangent;
    expect_shape(where, "output of forward_tangent", t.out.shape(), cache.out.rows().shape());
    // y' = x' + gamma out', y = x + gamma out
    const auto scaled = [&](Output adjoint, TensorView<const T, 2> out, Tensor<T, 2>& memory) {
      return adjoint.absent() ? TensorView<const T, 2>{} : scale_back(adjoint, out, gradient, memory);
    };
    const auto by_tangent = scaled(d_dy, t.out, t.d_out_tangent);
    const auto by_output = scaled(dy, cache.out.rows(), t.d_out);
    // out' = context' W_o^T, out = context W_o^T
    const auto d = out_proj.backward_tangent(by_tangent, by_output, cache.out_proj,
                                             part(gradient, &SelfAttention2d::out_proj));
    const auto sequence = [&](TensorView<const T, 2> v) {
      return v.absent() ? TensorView<const T, 3>{} : v.reshape(t.attention.context.shape());
    };
    // context' and context = softmax(Q K^T) V
    auto& a = t.attention;
    detail::dot_attention_tangent_backward<T>(sequence(d.tangent), sequence(d.input), cache.attention.x, 1,
                                              T(1), a);
    // Q' = rows' W_q^T, Q = rows W_q^T, and so on
    const auto through = [&](const Projection& p, const Tensor<T, 3>& dq_tangent, const Tensor<T, 3>& dq,
                             auto& kept, auto member) {
      const auto of_direction = d.tangent.absent() ? TensorView<const T, 2>{} : dq_tangent.rows();
      return p.backward_tangent(of_direction, dq.rows(), kept, part(gradient, member), input_gradient);
    };
    const auto q = through(query, a.d_tangent_query, a.d_query, cache.query, &SelfAttention2d::query);
    const auto k = through(key, a.d_tangent_key, a.d_key, cache.key, &SelfAttention2d::key);
    const auto v = through(value, a.d_tangent_value, a.d_value, cache.value, &SelfAttention2d::value);
    TangentGradient<Input> result;
    if (!wanted) return result;
    if (!d_dy.absent()) {
      gather(q.tangent, k.tangent, v.tangent, d_dy, t.d_direction.resize(d_dy.shape()));
      result.tangent = t.d_direction;
    }
    gather(q.input, k.input, v.input, dy, t.dx.resize(cache.y.shape()));
    result.input = t.dx;
    return result;
  }

 private:
  // Whether the layer still is what filled the cache, and the gradient one of its own.
  void expect_fit(const char* where, const Cache& cache, const SelfAttention2d* gradient) const {
    expect_shape(where, "x", cache.y.shape(), {any, channels, any, any});
    expect_shape(where, "gamma", gamma.shape(), {1});
    if (gradient != nullptr) expect_shape(where, "d_gamma", gradient->gamma.shape(), {1});
  }

  static TensorView<const T, 3> positions_of(Input x, Tensor<T, 3>& memory) {
    const Index length = x.extent(2) * x.extent(3);
    const auto rows = memory.resize({x.extent(0), length, x.extent(1)});
    detail::transpose_each(x.extent(0), x.extent(1), length, rows.data(),
                           [&](Index from, Index) { return x.data()[from]; });
    return rows;
  }

  // y = x + gamma out, out with its positions as rows
  void add_scaled(Input x, TensorView<const T, 2> out, TensorView<T, 4> y) const {
    detail::transpose_each(
        x.extent(0), x.extent(2) * x.extent(3), x.extent(1), y.data(),
        [&, g = gamma(0)](Index from, Index to) { return x.data()[to] + g * out.data()[from]; });
  }

  static Projection projection(Index in, Index out, RandomStream& stream, Bias bias) {
    if constexpr (std::constructible_from<Projection, Index, Index, RandomStream&, Bias>) {
      return Projection(in, out, stream, bias);
    } else if constexpr (std::constructible_from<Projection, Linear<T>, RandomStream&>) {
      return Projection(Linear<T>(in, out, stream, bias), stream);
    } else {
      return Projection(Linear<T>(in, out, stream, bias));
    }
  }

  // d_out = gamma dy with its positions as rows, and the gradient of gamma, added unless frozen.
  TensorView<const T, 2> scale_back(Output dy, TensorView<const T, 2> out, SelfAttention2d* gradient,
                                    Tensor<T, 2>& memory) const {
    const auto d_out = memory.resize(out.shape());
    detail::transpose_each(dy.extent(0), dy.extent(1), dy.extent(2) * dy.extent(3), d_out.data(),
                           [&](Index from, Index) { return dy.data()[from]; });
    if (gradient != nullptr) {
      gradient->gamma(0) += parallel_sum<T>(d_out.size(), 4096, 2, [&](Index from, Index to) {
        T sum = 0;
        for (Index i = from; i < to; ++i) sum += d_out.data()[i] * out.data()[i];
        return sum;
      });
    }
    const T g = gamma(0);
    parallel_for_range(d_out.size(), 4096, 1, [&](Index from, Index to) {
      for (Index i = from; i < to; ++i) d_out.data()[i] *= g;
    });
    return d_out;
  }

  // dx = dy + (a + b + c) with its positions as rows, dy zeros where absent
  void gather(TensorView<const T, 2> a, TensorView<const T, 2> b, TensorView<const T, 2> c, Output dy,
              TensorView<T, 4> dx) const {
    const Index batch = dx.extent(0), length = dx.extent(2) * dx.extent(3);
    detail::transpose_each(batch, length, dx.extent(1), dx.data(), [&](Index from, Index to) {
      const T sum = a.data()[from] + b.data()[from] + c.data()[from];
      return dy.absent() ? sum : dy.data()[to] + sum;
    });
  }
};
RAPT_MODELS(TangentLayer<SelfAttention2d<float>>, TangentLayer<SelfAttention2d<double>>);
RAPT_MODELS(Layer<SelfAttention2d<float>>, Layer<SelfAttention2d<double>>);

}  // namespace rapt
