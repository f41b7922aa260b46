#pragma once
/// \file  The discriminator of a GAN.

#include <rapt/gan/conditional.hpp>
#include <rapt/gan/mlp.hpp>

#include <concepts>
#include <initializer_list>
#include <tuple>
#include <vector>

namespace rapt {

/// Discriminator `logit = D(x)`: Linear, LeakyReLU(0.2), ..., Linear to one number a sample; the sigmoid
/// belongs to the loss (Goodfellow et al. 2014, arXiv:1406.2661; the slope after Radford et al. 2016,
/// arXiv:1511.06434).
///
/// \shape   x (N, widths[0]) -> logit (N, 1); `widths` lists the input and the hidden layers
/// \init    as Linear
/// \throws  ShapeError; std::invalid_argument for no widths
/// \borrows x until the matching backward, and the direction of a tangent until backward_tangent
template <std::floating_point T>
struct Discriminator {
  using Scalar = T;
  using Input = TensorView<const T, 2>;
  using Output = TensorView<const T, 2>;
  using Cache = typename Mlp<T>::Cache;

  Mlp<T> net;
  static constexpr auto parameters = std::tuple{field("", &Discriminator::net)};

  Discriminator() = default;
  Discriminator(std::initializer_list<Index> widths, RandomStream& stream)
      : net(with_one_logit(widths), Activate::leaky_relu, Activate::identity, stream) {}

  Output forward(Input x, Cache& cache) const { return net.forward(x, cache); }
  Input backward(Output dy, Cache& cache, Discriminator* gradient,
                 InputGradient input_gradient = InputGradient::compute) const {
    return net.backward(dy, cache, part(gradient, &Discriminator::net), input_gradient);
  }
  Output forward_tangent(Input dx, Cache& cache) const { return net.forward_tangent(dx, cache); }
  TangentGradient<Input> backward_tangent(Output d_dy, Output dy, Cache& cache, Discriminator* gradient,
                                          InputGradient input_gradient = InputGradient::compute) const {
    return net.backward_tangent(d_dy, dy, cache, part(gradient, &Discriminator::net), input_gradient);
  }

 private:
  static std::vector<Index> with_one_logit(std::vector<Index> widths) {
    widths.push_back(1);
    return widths;
  }
};
RAPT_MODELS(Layer<Discriminator<float>>, Layer<Discriminator<double>>);
RAPT_MODELS(TangentLayer<Discriminator<float>>, TangentLayer<Discriminator<double>>);

/// Discriminator that reads {x, condition}; its first width is that of both together.
template <std::floating_point T>
using ConditionalDiscriminator = Conditional<Discriminator<T>>;
RAPT_MODELS(Layer<ConditionalDiscriminator<float>>, Layer<ConditionalDiscriminator<double>>);

}  // namespace rapt
