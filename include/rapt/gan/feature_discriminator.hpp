#pragma once
/// \file  A discriminator that shows what it sees.

#include <rapt/core/cast.hpp>
#include <rapt/core/layer.hpp>
#include <rapt/core/tangent.hpp>
#include <rapt/core/training.hpp>

#include <concepts>
#include <tuple>
#include <type_traits>
#include <utility>

namespace rapt {

/// Discriminator `logit = head(body(x))` whose features `body(x)` can be read after a forward, and can be
/// given a gradient of their own: what feature matching needs (Salimans et al. 2016, arXiv:1606.03498,
/// section 3.1).
///
/// \shape   as the body's input -> as the head's output; features (B, F), of the body's output (B, ...) with
///          F the product of the other extents
/// \throws  what the layers throw; ShapeError
/// \borrows x until the matching backward
template <Layer Body, Layer Head>
requires std::same_as<typename Body::Output, typename Head::Input>
struct FeatureDiscriminator {
  using Scalar = typename Body::Scalar;
  using Input = typename Body::Input;
  using Output = typename Head::Output;
  using Features = typename Body::Output;
  template <class U>
  using Rebound =
      FeatureDiscriminator<typename detail::Rebound<Body, U>::type, typename detail::Rebound<Head, U>::type>;

  Body body;
  Head head;
  static constexpr auto parameters =
      std::tuple{field("body", &FeatureDiscriminator::body), field("head", &FeatureDiscriminator::head)};

  struct Cache {
    typename Body::Cache body;
    typename Head::Cache head;
    Features features{};  // in the body's cache
    Tensor<Scalar, Features::rank> d_features;
    static constexpr auto caches = std::tuple{field("body", &Cache::body), field("head", &Cache::head)};
  };

  FeatureDiscriminator() = default;
  FeatureDiscriminator(Body b, Head h) : body(std::move(b)), head(std::move(h)) {}

  Output forward(Input x, Cache& cache) const {
    cache.features = body.forward(x, cache.body);
    return head.forward(cache.features, cache.head);
  }

  /// What the last forward saw. \borrows cache
  TensorView<const Scalar, 2> features(const Cache& cache) const {
    const Index rows = cache.features.extent(0);
    return cache.features.template reshape<2>({rows, rows == 0 ? 0 : cache.features.size() / rows});
  }

  Input backward(Output dy, Cache& cache, FeatureDiscriminator* gradient,
                 InputGradient input_gradient = InputGradient::compute) const {
    // y = head(features)
    const Features d = head.backward(dy, cache.head, part(gradient, &FeatureDiscriminator::head));
    // features = body(x)
    return body.backward(d, cache.body, part(gradient, &FeatureDiscriminator::body), input_gradient);
  }

  /// The gradient of a loss of the logits and of the features; d_features (B, F).
  Input backward(Output dy, TensorView<const Scalar, 2> d_features, Cache& cache,
                 FeatureDiscriminator* gradient,
                 InputGradient input_gradient = InputGradient::compute) const {
    expect_shape("FeatureDiscriminator::backward", "d_features", d_features.shape(), features(cache).shape());
    // y = head(features)
    const Features through = head.backward(dy, cache.head, part(gradient, &FeatureDiscriminator::head));
    // L = L(y, features)
    cache.d_features.resize(through.shape()).array() =
        through.array() + d_features.reshape(through.shape()).array();
    // features = body(x)
    return body.backward(cache.d_features, cache.body, part(gradient, &FeatureDiscriminator::body),
                         input_gradient);
  }

  Output forward_tangent(Input dx, Cache& cache) const {
    detail::expect_tangent_layer<Body>();
    detail::expect_tangent_layer<Head>();
    return head.forward_tangent(body.forward_tangent(dx, cache.body), cache.head);
  }

  TangentGradient<Input> backward_tangent(Output d_dy, Output dy, Cache& cache,
                                          FeatureDiscriminator* gradient,
                                          InputGradient input_gradient = InputGradient::compute) const {
    // y' = head'(features) features', y = head(features)
    const auto d = head.backward_tangent(d_dy, dy, cache.head, part(gradient, &FeatureDiscriminator::head));
    // features' = body'(x) x', features = body(x)
    return body.backward_tangent(d.tangent, d.input, cache.body, part(gradient, &FeatureDiscriminator::body),
                                 input_gradient);
  }

  /// Commits what the layers propose in training mode, each for itself.
  void absorb(const Cache& cache) {
    rapt::absorb(body, cache.body);
    rapt::absorb(head, cache.head);
  }
};

namespace detail {

/// Whether a discriminator exposes features and takes a gradient of them, as FeatureDiscriminator does.
template <class D>
inline constexpr bool has_features = requires(const D& d, typename D::Cache& cache, typename D::Output dy,
                                              TensorView<const typename D::Scalar, 2> d_features) {
  { d.features(cache) } -> std::same_as<TensorView<const typename D::Scalar, 2>>;
  { d.backward(dy, d_features, cache, static_cast<D*>(nullptr)) } -> std::same_as<typename D::Input>;
};

}  // namespace detail

}  // namespace rapt
