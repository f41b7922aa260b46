#pragma once
/// \file  What a layer offers so that gradients of its gradients are exact without a tape.

#include <rapt/core/layer.hpp>

#include <type_traits>

namespace rapt {

/// What backward_tangent returns: the gradients of `S = <d_dy, y'> + <dy, y>` by the direction x' and by the
/// input x, in views of the cache.
template <class Input>
struct TangentGradient {
  Input tangent{};  // dS/dx'
  Input input{};    // dS/dx
};

/// A layer y = f(x, w) whose directional derivative can itself be differentiated.
///
///     forward_tangent(x', cache) const                  -> view of y' = (df/dx) x'
///     backward_tangent(d_dy, dy, cache, gradient) const -> {dS/dx', dS/dx} of S = <d_dy, y'> + <dy, y>
///
/// Both follow a forward with the same cache; a first-order backward may stand between forward and
/// forward_tangent. x' has the shape of x and is borrowed until backward_tangent. dS/dw is ADDED to
/// *gradient, unless it is null. Either adjoint may be absent (`absent()`), which stands for zeros; a result
/// is absent where it is known to be zeros, as dS/dx of a piecewise linear layer for an absent dy, or where
/// InputGradient::skip says that nobody reads it.
///
/// This is what a gradient penalty P(g), g = dD/dx, needs: with v = dP/dg held constant,
/// `dP/dw = d/dw <v, g> = d/dw (sum of D's tangent in direction v)`, so one forward_tangent(v) and one
/// backward_tangent(ones, absent) after it give the exact gradient of the penalty.
template <class L>
concept TangentLayer = Layer<L> && requires(const L& layer, L* gradient, typename L::Cache& cache,
                                            typename L::Input x, typename L::Output dy) {
  { layer.forward_tangent(x, cache) } -> std::same_as<typename L::Output>;
  {
    layer.backward_tangent(dy, dy, cache, gradient, InputGradient::compute)
    } -> std::same_as<TangentGradient<typename L::Input>>;
};

namespace detail {

/// Instantiated by composites for each of their layers: the error names the layer.
template <class L>
constexpr void expect_tangent_layer() {
  static_assert(
      TangentLayer<L>,
      "a gradient penalty differentiates through this layer twice, and it has no forward_tangent and "
      "backward_tangent: see the template argument L of expect_tangent_layer");
}

/// Whether no part of an input of one or several views is there.
template <class Input>
bool all_absent(const Input& input) {
  bool absent = true;
  zip_views([&](const auto& view) { absent = absent && view.absent(); }, input);
  return absent;
}

}  // namespace detail

}  // namespace rapt
