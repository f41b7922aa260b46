#pragma once
/// \file  What a layer is.

#include <rapt/core/parameters.hpp>
#include <rapt/core/tensor.hpp>

#include <cassert>
#include <concepts>
#include <tuple>
#include <type_traits>

/// Stands under a definition and says which concepts it models, for each scalar. Checked where
/// RAPT_CHECK_CONCEPTS is defined, as in the tests: checking instantiates the whole class, which a unit that
/// only includes the header need not pay for.
#ifdef RAPT_CHECK_CONCEPTS
#define RAPT_MODELS(...) static_assert(::rapt::detail::all_true(__VA_ARGS__))
#else
#define RAPT_MODELS(...) static_assert(true)
#endif

namespace rapt {

namespace detail {
constexpr bool all_true(std::same_as<bool> auto... each) { return (each && ...); }
}  // namespace detail

/// Whether backward must also compute the gradient of its input. The first layer of a model skips it.
enum class InputGradient { compute, skip };

/// A layer is a copyable value that holds parameters (and settings) and nothing else.
///
///     forward(x, cache) const               -> view of the output, which lives in `cache`
///     backward(dy, cache, gradient) const   -> view of dL/dx, which lives in `cache`
///
/// Parameter gradients are ADDED to *gradient, unless it is null (frozen); input gradients OVERWRITE. A layer
/// may be applied many times before backward, each time with a cache of its own. A view that a layer returns
/// lives until the cache's next forward. An input of several parts is a struct of views that lists them in
/// `tensors`; a layer that reads ids has a backward that returns nothing.
template <class L>
concept Layer = std::copyable<L> && std::default_initializable<typename L::Cache> &&
    requires(const L& layer, L* gradient, typename L::Cache& cache, typename L::Input x,
             typename L::Output dy) {
  typename L::Scalar;
  L::parameters;
  { layer.forward(x, cache) } -> std::same_as<typename L::Output>;
  layer.backward(dy, cache, gradient, InputGradient::compute);
  requires std::same_as<decltype(layer.backward(dy, cache, gradient, InputGradient::compute)),
                        typename L::Input> ||
      std::is_void_v<decltype(layer.backward(dy, cache, gradient, InputGradient::compute))>;
};

/// The gradient of a part, or null where the whole is frozen.
template <class L, class Part>
constexpr Part* part(L* gradient, Part L::*member) {
  return gradient == nullptr ? nullptr : &(gradient->*member);
}

/// Ties a cache to the layer that filled it, so that debug builds catch a backward with somebody else's
/// cache. Leaves keep one in their cache: `set` in forward, `check` in backward.
class ForwardStamp {
 public:
  void set(const void* layer) { layer_ = layer; }
  void check([[maybe_unused]] const void* layer, [[maybe_unused]] const void* gradient) const {
    assert(layer_ == layer && "this cache was not filled by this layer's forward");
    assert(gradient != layer && "the gradient is a second value of the layer's type, not the layer itself");
  }

 private:
  const void* layer_ = nullptr;
};

namespace detail {

template <class>
inline constexpr bool is_view = false;
template <class T, std::size_t R>
inline constexpr bool is_view<TensorView<T, R>> = true;
template <class>
inline constexpr bool is_float_view = false;
template <std::floating_point T, std::size_t R>
inline constexpr bool is_float_view<TensorView<const T, R>> = true;

template <std::size_t I, class F, class... Inputs>
void zip_view(F& f, Inputs&... inputs) {
  f(inputs.*std::get<I>(std::remove_const_t<Inputs>::tensors)...);
}

/// Calls f with each view of numbers in an input (or in inputs of one type side by side); ids and masks have
/// no gradient and are left out.
template <class F, class First, class... Rest>
void zip_views(F&& f, First& first, Rest&... rest) {
  using Input = std::remove_const_t<First>;
  if constexpr (is_float_view<Input>) {
    f(first, rest...);
  } else if constexpr (requires { Input::tensors; }) {
    [&]<std::size_t... I>(std::index_sequence<I...>) { (zip_view<I>(f, first, rest...), ...); }
    (std::make_index_sequence<std::tuple_size_v<decltype(Input::tensors)>>{});
  }
}

}  // namespace detail

/// The output of a layer for an input, with a cache of its own: prediction without ceremony.
/// Allocates; a server keeps a cache and calls `forward`.
template <Layer L>
auto predict(const L& layer, typename L::Input x) {
  typename L::Cache cache;
  const auto y = layer.forward(x, cache);
  Tensor<typename L::Scalar, L::Output::rank> result;
  result.copy_from(y);
  return result;
}

}  // namespace rapt
