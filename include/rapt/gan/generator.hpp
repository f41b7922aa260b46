#pragma once
/// \file  The generator of a GAN.

#include <rapt/gan/conditional.hpp>
#include <rapt/gan/mlp.hpp>

#include <concepts>
#include <initializer_list>
#include <tuple>

namespace rapt {

/// Activations of a Generator.
struct GeneratorOptions {
  Activate hidden = Activate::relu;
  /// Sigmoid for numbers in (0, 1), tanh for (-1, 1), identity for any.
  Activate output = Activate::identity;
};

/// Generator `x = G(z)`: Linear, activation, ..., Linear, output activation (Goodfellow et al. 2014,
/// arXiv:1406.2661, section 5).
///
/// \shape   noise (N, widths[0]) -> sample (N, widths.back())
/// \init    as Linear
/// \throws  ShapeError; std::invalid_argument for fewer than two widths
/// \borrows noise until the matching backward
template <std::floating_point T>
struct Generator {
  using Scalar = T;
  using Input = TensorView<const T, 2>;
  using Output = TensorView<const T, 2>;
  using Cache = typename Mlp<T>::Cache;

  Mlp<T> net;
  static constexpr auto parameters = std::tuple{field("", &Generator::net)};

  Generator() = default;
  Generator(std::initializer_list<Index> widths, RandomStream& stream, GeneratorOptions options = {})
      : net({widths.begin(), widths.size()}, options.hidden, options.output, stream) {}

  Output forward(Input noise, Cache& cache) const { return net.forward(noise, cache); }
  Input backward(Output dy, Cache& cache, Generator* gradient,
                 InputGradient input_gradient = InputGradient::compute) const {
    return net.backward(dy, cache, part(gradient, &Generator::net), input_gradient);
  }
  Output forward_tangent(Input dx, Cache& cache) const { return net.forward_tangent(dx, cache); }
  TangentGradient<Input> backward_tangent(Output d_dy, Output dy, Cache& cache, Generator* gradient,
                                          InputGradient input_gradient = InputGradient::compute) const {
    return net.backward_tangent(d_dy, dy, cache, part(gradient, &Generator::net), input_gradient);
  }
};
RAPT_MODELS(Layer<Generator<float>>, Layer<Generator<double>>);
RAPT_MODELS(TangentLayer<Generator<float>>, TangentLayer<Generator<double>>);

/// Generator that reads {noise, condition}; its first width is that of both together.
template <std::floating_point T>
using ConditionalGenerator = Conditional<Generator<T>>;
RAPT_MODELS(Layer<ConditionalGenerator<float>>, Layer<ConditionalGenerator<double>>);

}  // namespace rapt
