#pragma once
/// \file  A network that reads a condition beside its input.

#include <rapt/core/cast.hpp>
#include <rapt/gan/concat.hpp>

#include <concepts>
#include <tuple>

namespace rapt {

/// What a conditional network reads: noise or a sample, and what it is conditioned on.
/// \shape x (N, A), condition (N, C)
template <std::floating_point T>
struct ConditionalInput {
  TensorView<const T, 2> x, condition;
  static constexpr auto tensors = std::tuple{&ConditionalInput::x, &ConditionalInput::condition};
};

/// `y = net([x, condition])`: the conditional form of a generator or discriminator (Mirza and Osindero 2014,
/// arXiv:1411.1784). Give the net an input as wide as both together.
///
/// \shape   x (N, A), condition (N, C) -> what the net gives for (N, A + C)
/// \throws  ShapeError
/// \borrows x and condition until the matching backward
template <Layer Net>
requires std::same_as<typename Net::Input, TensorView<const typename Net::Scalar, 2>>
struct Conditional {
  using Scalar = typename Net::Scalar;
  using Input = ConditionalInput<Scalar>;
  using Output = typename Net::Output;
  template <class U>
  using Rebound = Conditional<typename detail::Rebound<Net, U>::type>;

  Net net;
  Concat<Scalar> concat;
  static constexpr auto parameters =
      std::tuple{field("", &Conditional::net), field("concat", &Conditional::concat)};

  struct Cache {
    typename Net::Cache net;
    typename Concat<Scalar>::Cache concat;
    static constexpr auto caches = std::tuple{field("", &Cache::net)};
  };

  Conditional() = default;
  explicit Conditional(Net n) : net(std::move(n)) {}

  Output forward(Input x, Cache& cache) const {
    return net.forward(concat.forward({x.x, x.condition}, cache.concat), cache.net);
  }

  Input backward(Output dy, Cache& cache, Conditional* gradient,
                 InputGradient input_gradient = InputGradient::compute) const {
    // y = net(joined)
    const auto d_joined = net.backward(dy, cache.net, part(gradient, &Conditional::net), input_gradient);
    if (input_gradient == InputGradient::skip) return {};
    // joined = [x, condition]
    const auto d = concat.backward(d_joined, cache.concat, nullptr);
    return {d.first, d.second};
  }

  Output forward_tangent(Input dx, Cache& cache) const {
    detail::expect_tangent_layer<Net>();
    return net.forward_tangent(concat.forward_tangent({dx.x, dx.condition}, cache.concat), cache.net);
  }

  TangentGradient<Input> backward_tangent(Output d_dy, Output dy, Cache& cache, Conditional* gradient,
                                          InputGradient input_gradient = InputGradient::compute) const {
    // y = net(joined), y' = net'(joined) joined'
    const auto d_joined =
        net.backward_tangent(d_dy, dy, cache.net, part(gradient, &Conditional::net), input_gradient);
    // joined = [x, condition], joined' = [x', condition']
    const auto d =
        concat.backward_tangent(d_joined.tangent, d_joined.input, cache.concat, nullptr, input_gradient);
    return {{d.tangent.first, d.tangent.second}, {d.input.first, d.input.second}};
  }
};

}  // namespace rapt
