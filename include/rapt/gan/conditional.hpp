#pragma once
/// \file  A network that reads a condition beside its input.

#include <rapt/core/cast.hpp>
#include <rapt/gan/concat.hpp>

#include <concepts>
#include <tuple>

namespace rapt {

/// What a conditional network reads: noise or a sample, and what it is conditioned on, such as classes, one
/// number 1 and the others 0.
/// \shape x (N, A), condition (N, C); of rank 4 x (N, A, H, W), condition (N, C) or (N, C, H, W)
template <std::floating_point T, std::size_t Rank = 2, std::size_t ConditionRank = 2>
struct ConditionalInput {
  TensorView<const T, Rank> x;
  TensorView<const T, ConditionRank> condition;
  static constexpr auto tensors = std::tuple{&ConditionalInput::x, &ConditionalInput::condition};
};

/// `y = net([x, condition])`: the conditional form of a generator or discriminator (Mirza and Osindero 2014,
/// arXiv:1411.1784). Give the net an input as wide as both together. Where the net reads images, they get the
/// condition as further channels: numbers (N, C) as C planes, or with ConditionRank 4 an image (N, C, H, W),
/// such as a map of attention.
///
/// \shape   x (N, A), condition (N, C) -> what the net gives for (N, A + C); x (N, A, H, W), condition (N, C)
///          or (N, C, H, W) -> what the net gives for (N, A + C, H, W)
/// \throws  ShapeError
/// \borrows x and condition until the matching backward
template <Layer Net, std::size_t ConditionRank = 2>
requires detail::is_float_view<typename Net::Input> &&(Net::Input::rank >= 2) &&
    (ConditionRank == 2 || ConditionRank == Net::Input::rank) struct Conditional {
  using Scalar = typename Net::Scalar;
  using Input = ConditionalInput<Scalar, Net::Input::rank, ConditionRank>;
  using Output = typename Net::Output;
  template <class U>
  using Rebound = Conditional<typename detail::Rebound<Net, U>::type, ConditionRank>;

  Net net;
  Concat<Scalar, Net::Input::rank, ConditionRank> concat;
  static constexpr auto parameters =
      std::tuple{field("", &Conditional::net), field("concat", &Conditional::concat)};

  struct Cache {
    typename Net::Cache net;
    typename Concat<Scalar, Net::Input::rank, ConditionRank>::Cache concat;
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
