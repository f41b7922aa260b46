#pragma once
/// \file  Layers applied one after another.

#include <rapt/core/cast.hpp>
#include <rapt/core/tangent.hpp>
#include <rapt/core/training.hpp>
#include <rapt/nn/linear.hpp>

#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>

namespace rapt {

/// Chain of layers, `y = L_k(... L_1(x))`; the cache of the chain is the tuple of their caches.
///
/// Parameter names are the positions, "0.weight", "2.bias", as in torch.nn.Sequential. The first layer may
/// read ids: backward then returns nothing. For a depth known at run time only, keep a std::vector of blocks.
/// \shape   as the first layer's input -> as the last one's output
/// \throws  what the layers throw
/// \borrows x until the matching backward
template <Layer First, Layer... Rest>
struct Sequential {
  using Layers = std::tuple<First, Rest...>;
  using Cache = std::tuple<typename First::Cache, typename Rest::Cache...>;
  static constexpr std::size_t depth = 1 + sizeof...(Rest);
  using Scalar = typename First::Scalar;
  using Input = typename First::Input;
  using Output = typename std::tuple_element_t<depth - 1, Layers>::Output;
  template <class U>
  using Rebound =
      Sequential<typename detail::Rebound<First, U>::type, typename detail::Rebound<Rest, U>::type...>;

  Layers layers;
  static constexpr auto parameters = std::tuple{field("", &Sequential::layers)};

  Sequential() = default;
  explicit Sequential(First first, Rest... rest) : layers(std::move(first), std::move(rest)...) {}

  Output forward(Input x, Cache& cache) const { return forward_from<0>(x, cache); }

  auto backward(Output dy, Cache& cache, Sequential* gradient,
                InputGradient input_gradient = InputGradient::compute) const {
    return backward_from<depth - 1>(dy, cache, gradient, input_gradient);
  }

  Output forward_tangent(Input dx, Cache& cache) const { return tangent_from<0>(dx, cache); }

  TangentGradient<Input> backward_tangent(Output d_dy, Output dy, Cache& cache, Sequential* gradient,
                                          InputGradient input_gradient = InputGradient::compute) const {
    return tangent_backward_from<depth - 1>(TangentGradient<Output>{d_dy, dy}, cache, gradient,
                                            input_gradient);
  }

  /// Commits what the layers propose in training mode, each for itself.
  void absorb(const Cache& cache) { rapt::absorb(layers, cache); }

 private:
  static_assert((std::is_same_v<Scalar, typename Rest::Scalar> && ...),
                "Sequential: all layers must share one scalar type");

  template <std::size_t I>
  Output forward_from(auto x, Cache& cache) const {
    const auto y = std::get<I>(layers).forward(x, std::get<I>(cache));
    if constexpr (I + 1 == depth) {
      return y;
    } else {
      using Next = typename std::tuple_element_t<I + 1, Layers>::Input;
      static_assert(std::is_convertible_v<decltype(y), Next>,
                    "Sequential: the output of one layer is not the input of the next");
      return forward_from<I + 1>(Next(y), cache);
    }
  }

  template <std::size_t I>
  Output tangent_from(auto dx, Cache& cache) const {
    detail::expect_tangent_layer<std::tuple_element_t<I, Layers>>();
    const auto dy = std::get<I>(layers).forward_tangent(dx, std::get<I>(cache));
    if constexpr (I + 1 == depth) {
      return dy;
    } else {
      return tangent_from<I + 1>(typename std::tuple_element_t<I + 1, Layers>::Input(dy), cache);
    }
  }

  template <std::size_t I>
  TangentGradient<Input> tangent_backward_from(auto d, Cache& cache, Sequential* gradient,
                                               InputGradient input_gradient) const {
    auto* const own = gradient == nullptr ? nullptr : &std::get<I>(gradient->layers);
    // x_I+1 = L_I(x_I), x'_I+1 = J_I x'_I
    const auto dx = std::get<I>(layers).backward_tangent(d.tangent, d.input, std::get<I>(cache), own,
                                                         I == 0 ? input_gradient : InputGradient::compute);
    if constexpr (I == 0) {
      return dx;
    } else {
      return tangent_backward_from<I - 1>(dx, cache, gradient, input_gradient);
    }
  }

  template <std::size_t I>
  auto backward_from(auto dy, Cache& cache, Sequential* gradient, InputGradient input_gradient) const {
    auto* const own = gradient == nullptr ? nullptr : &std::get<I>(gradient->layers);
    const auto& layer = std::get<I>(layers);
    if constexpr (I == 0) {
      return layer.backward(dy, std::get<I>(cache), own, input_gradient);
    } else {
      using Result = decltype(layer.backward(dy, std::get<I>(cache), own, InputGradient::compute));
      static_assert(!std::is_void_v<Result>, "Sequential: only the first layer may read ids");
      // x_I+1 = L_I(x_I)
      return backward_from<I - 1>(layer.backward(dy, std::get<I>(cache), own, InputGradient::compute), cache,
                                  gradient, input_gradient);
    }
  }
};
RAPT_MODELS(Layer<Sequential<Linear<float>, Linear<float>>>, Layer<Sequential<Linear<double>>>);

}  // namespace rapt
