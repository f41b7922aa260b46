#pragma once
/// \file  A discriminator that compares what it sees with a class.

#include <rapt/core/cast.hpp>
#include <rapt/core/training.hpp>
#include <rapt/gan/conditional.hpp>
#include <rapt/nn/linear.hpp>

#include <algorithm>
#include <concepts>
#include <tuple>
#include <type_traits>
#include <utility>

namespace rapt {

/// Discriminator with projection, `logit = head(h) + <V c, h>` of the features `h = body(x)` and a condition
/// c, most often a class as one 1 among zeros, for which V c is a trained vector for each class (Miyato and
/// Koyama 2018, arXiv:1802.05637, eq. 4 and figure 1d).
///
/// Head and embedding are layers of rows, Linear or what wraps one, as spectral normalisation does: head
/// F -> 1, embedding K -> F without bias. A generator of the same condition and GanWiring make a pair that
/// GanTrainer trains; the features can be matched as those of a FeatureDiscriminator.
///
/// \shape   x as the body's input with N samples, condition (N, K) -> logit (N, 1); features (N, F);
///          head.weight (1, F), head.bias (1), embedding.weight (F, K)
/// \init    head and embedding as Linear
/// \throws  what the body throws; ShapeError
/// \borrows x and condition until the matching backward, and the direction of a tangent until
///          backward_tangent, where an absent condition stands for zeros
/// \note    embedding.weight is the transpose of the weight of an nn.Embedding of PyTorch's.
template <Layer Body, Layer Projection = Linear<typename Body::Scalar>>
requires std::same_as<typename Body::Output, TensorView<const typename Body::Scalar, 2>> &&
    detail::is_float_view<typename Body::Input>
struct ProjectionDiscriminator {
  using Scalar = typename Body::Scalar;
  using Input = ConditionalInput<Scalar, Body::Input::rank>;
  using Output = TensorView<const Scalar, 2>;
  template <class U>
  using Rebound = ProjectionDiscriminator<typename detail::Rebound<Body, U>::type,
                                          typename detail::Rebound<Projection, U>::type>;

  Body body;
  Projection head, embedding;
  static constexpr auto parameters =
      std::tuple{field("body", &ProjectionDiscriminator::body), field("head", &ProjectionDiscriminator::head),
                 field("embedding", &ProjectionDiscriminator::embedding)};

  struct Cache {
    typename Body::Cache body;
    typename Projection::Cache head, embedding;
    Shape<2> condition{};       // (N, K)
    Output features, embedded;  // (N, F), in the caches of the body and of the embedding
    Tensor<Scalar, 2> y;
    Tensor<Scalar, 2> d_features, d_embedded;
    struct {
      Output features, embedded;                       // h' and V c'
      Tensor<Scalar, 2> y, no_condition;               // y', zeros
      Tensor<Scalar, 2> d_features, d_embedded;        // by h' and V c'
      Tensor<Scalar, 2> d_features_in, d_embedded_in;  // by h and V c
    } tangent;
    static constexpr auto caches = std::tuple{field("body", &Cache::body), field("head", &Cache::head),
                                              field("embedding", &Cache::embedding)};
  };

  ProjectionDiscriminator() = default;
  ProjectionDiscriminator(Body b, Projection h, Projection e)
      : body(std::move(b)), head(std::move(h)), embedding(std::move(e)) {}
  /// Linear head and embedding for a body of that many features.
  ProjectionDiscriminator(Body b, Index features, Index classes,
                          RandomStream& stream) requires std::same_as<Projection, Linear<Scalar>>
      : body(std::move(b)), head(features, 1, stream), embedding(classes, features, stream, Bias::no) {}

  Output forward(Input x, Cache& cache) const {
    const char* const where = "ProjectionDiscriminator::forward";
    expect_shape(where, "condition", x.condition.shape(), {x.x.extent(0), any});
    cache.condition = x.condition.shape();
    cache.features = body.forward(x.x, cache.body);
    cache.embedded = embedding.forward(x.condition, cache.embedding);
    expect_shape(where, "embedded condition", cache.embedded.shape(), cache.features.shape());
    // y = head(h) + <V c, h>
    const auto scores = head.forward(cache.features, cache.head);
    return add_products(scores, cache.embedded, cache.features, {}, {}, cache.y);
  }

  /// What the body saw in the last forward. \borrows cache
  Output features(const Cache& cache) const { return cache.features; }

  Input backward(Output dy, Cache& cache, ProjectionDiscriminator* gradient,
                 InputGradient input_gradient = InputGradient::compute) const {
    return backward(dy, Output{}, cache, gradient, input_gradient);
  }

  /// The gradient of a loss of the logits and of the features; d_features (N, F), or absent.
  Input backward(Output dy, Output d_features, Cache& cache, ProjectionDiscriminator* gradient,
                 InputGradient input_gradient = InputGradient::compute) const {
    const char* const where = "ProjectionDiscriminator::backward";
    expect_shape(where, "dy", dy.shape(), cache.y.shape());
    if (!d_features.absent()) expect_shape(where, "d_features", d_features.shape(), cache.features.shape());
    // y = head(h) + <e, h>, e = V c
    const auto through = head.backward(dy, cache.head, part(gradient, &ProjectionDiscriminator::head));
    const auto d_embedded = weigh({}, {}, dy, cache.features, {}, {}, cache.d_embedded);
    const auto d_condition = embedding.backward(
        d_embedded, cache.embedding, part(gradient, &ProjectionDiscriminator::embedding), input_gradient);
    const auto d = weigh(through, d_features, dy, cache.embedded, {}, {}, cache.d_features);
    // h = body(x)
    const auto dx =
        body.backward(d, cache.body, part(gradient, &ProjectionDiscriminator::body), input_gradient);
    if (input_gradient == InputGradient::skip) return {};
    return {dx, d_condition};
  }

  Output forward_tangent(Input dx, Cache& cache) const {
    detail::expect_tangent_layer<Body>();
    detail::expect_tangent_layer<Projection>();
    auto& t = cache.tangent;
    if (dx.condition.absent()) {
      t.no_condition.resize(cache.condition);
      t.no_condition.fill(0);
      dx.condition = t.no_condition;
    }
    t.features = body.forward_tangent(dx.x, cache.body);
    t.embedded = embedding.forward_tangent(dx.condition, cache.embedding);
    // y' = head'(h) h' + <e, h'> + <e', h>
    const auto scores = head.forward_tangent(t.features, cache.head);
    return add_products(scores, cache.embedded, t.features, t.embedded, cache.features, t.y);
  }

  TangentGradient<Input> backward_tangent(Output d_dy, Output dy, Cache& cache,
                                          ProjectionDiscriminator* gradient,
                                          InputGradient input_gradient = InputGradient::compute) const {
    const char* const where = "ProjectionDiscriminator::backward_tangent";
    if (!d_dy.absent()) expect_shape(where, "d_dy", d_dy.shape(), cache.y.shape());
    if (!dy.absent()) expect_shape(where, "dy", dy.shape(), cache.y.shape());
    if (d_dy.absent() && dy.absent()) return {};
    auto& t = cache.tangent;
    const auto through =
        head.backward_tangent(d_dy, dy, cache.head, part(gradient, &ProjectionDiscriminator::head));
    // y' = ... + <e, h'> + <e', h>, y = ... + <e, h>
    Output by_embedded, by_features;
    if (!d_dy.absent()) {
      by_embedded = weigh({}, {}, d_dy, cache.features, {}, {}, t.d_embedded);
      by_features = weigh(through.tangent, {}, d_dy, cache.embedded, {}, {}, t.d_features);
    }
    const auto d_embedded = weigh({}, {}, d_dy, t.features, dy, cache.features, t.d_embedded_in);
    const auto d_features = weigh(through.input, {}, d_dy, t.embedded, dy, cache.embedded, t.d_features_in);
    // e' = V c', e = V c
    const auto d_condition =
        embedding.backward_tangent(by_embedded, d_embedded, cache.embedding,
                                   part(gradient, &ProjectionDiscriminator::embedding), input_gradient);
    // h' = body'(x) x', h = body(x)
    const auto dx = body.backward_tangent(by_features, d_features, cache.body,
                                          part(gradient, &ProjectionDiscriminator::body), input_gradient);
    return {{dx.tangent, d_condition.tangent}, {dx.input, d_condition.input}};
  }

 private:
  // y_n = scores_n + <a_n, b_n> + <c_n, d_n>; an absent pair adds nothing
  static Output add_products(Output scores, Output a, Output b, Output c, Output d,
                             Tensor<Scalar, 2>& memory) {
    const Index rows = a.extent(0), width = a.extent(1);
    expect_shape("ProjectionDiscriminator::forward", "head(features)", scores.shape(), {rows, 1});
    Scalar* const y = memory.resize({rows, 1}).data();
    const auto dot = [&](Output p, Output q, Index n) {
      using Row = detail::ConstFlatArray<Scalar>;
      return (Row(p.data() + n * width, width) * Row(q.data() + n * width, width)).sum();
    };
    parallel_for_range(rows, detail::rows_of_chunk(width), 4 * width, [&](Index from, Index to) {
      for (Index n = from; n < to; ++n) {
        y[n] = scores.data()[n] + dot(a, b, n);
        if (!c.absent()) y[n] += dot(c, d, n);
      }
    });
    return memory;
  }

  // y_nf = base_nf + more_nf + w_n a_nf + v_n b_nf; what is absent adds nothing
  static Output weigh(Output base, Output more, Output w, Output a, Output v, Output b,
                      Tensor<Scalar, 2>& memory) {
    const auto& shape = a.absent() ? b.shape() : a.shape();
    const Index width = shape[1];
    Scalar* const y = memory.resize(shape).data();
    parallel_for_range(shape[0], detail::rows_of_chunk(width), 4 * width, [&](Index from, Index to) {
      for (Index n = from; n < to; ++n) {
        const auto row = [&](Output rows) {
          return detail::ConstFlatArray<Scalar>(rows.data() + n * width, width);
        };
        detail::FlatArray<Scalar> sum(y + n * width, width);
        if (base.absent()) {
          sum.setZero();
        } else {
          sum = row(base);
        }
        if (!more.absent()) sum += row(more);
        if (!w.absent()) sum += w.data()[n] * row(a);
        if (!v.absent()) sum += v.data()[n] * row(b);
      }
    });
    return memory;
  }
};
RAPT_MODELS(TangentLayer<ProjectionDiscriminator<Linear<float>>>,
            TangentLayer<ProjectionDiscriminator<Linear<double>>>);

}  // namespace rapt
