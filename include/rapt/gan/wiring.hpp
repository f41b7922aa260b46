#pragma once
/// \file  How a discriminator reads what a generator writes.

#include <rapt/core/layer.hpp>

#include <concepts>

namespace rapt {

/// Between generator and discriminator: what D reads for a fake, which part of D's input (or of its gradient)
/// is the sample, and D's input with another sample in that place.
///
/// Made for two forms: D reads what G writes, or D reads {x, condition} and G's input has the same
/// condition. Specialise it, or hand a struct of the same functions to GanTrainer, for any other;
/// `with_sample` is needed by instance noise and by penalties only.
template <Layer G, Layer D>
struct GanWiring {
  using GInput = typename G::Input;
  using Fake = typename G::Output;
  using DInput = typename D::Input;

  static DInput input(const GInput&, Fake fake) requires std::same_as<Fake, DInput> { return fake; }
  static Fake gradient(const DInput& dx) requires std::same_as<Fake, DInput> { return dx; }
  static DInput with_sample(const DInput&, Fake sample) requires std::same_as<Fake, DInput> { return sample; }

  static DInput input(const GInput& x, Fake fake) requires(!std::same_as<Fake, DInput>) && requires {
    DInput{fake, x.condition};
  }
  { return {fake, x.condition}; }
  static Fake gradient(const DInput& dx) requires(!std::same_as<Fake, DInput>) && requires {
    { dx.x } -> std::convertible_to<Fake>;
  }
  { return dx.x; }
  static DInput with_sample(DInput x, Fake sample) requires(!std::same_as<Fake, DInput>) && requires {
    x.x = sample;
  }
  {
    x.x = sample;
    return x;
  }
};

/// A generator and a discriminator that GanTrainer can train: one scalar, logits (N, M), a wiring that fits.
template <class G, class D, class Wiring = GanWiring<G, D>>
concept GanPair = Layer<G> && Layer<D> && std::same_as<typename G::Scalar, typename D::Scalar> &&
    std::same_as<typename D::Output, TensorView<const typename D::Scalar, 2>> &&
    requires(const typename G::Input& x, typename G::Output fake, const typename D::Input& dx, const D& d,
             typename D::Cache& cache, typename D::Output dy) {
  { Wiring::input(x, fake) } -> std::same_as<typename D::Input>;
  { Wiring::gradient(dx) } -> std::same_as<typename G::Output>;
  {
    d.backward(dy, cache, static_cast<D*>(nullptr), InputGradient::compute)
    } -> std::same_as<typename D::Input>;
};

}  // namespace rapt
