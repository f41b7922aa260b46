#pragma once
/// \file  The same model in another scalar.

#include <rapt/core/parameters.hpp>

namespace rapt {

namespace detail {

template <class L, class U>
struct Rebound;
template <class L, class U>
requires requires { typename L::template Rebound<U>; }
struct Rebound<L, U> {
  using type = typename L::template Rebound<U>;
};
template <template <std::floating_point> class L, std::floating_point T, class U>
requires(!requires { typename L<T>::template Rebound<U>; }) struct Rebound<L<T>, U> {
  using type = L<U>;
};

template <class From, class To>
void convert(const From& from, To& to);

template <std::size_t I, class From, class To>
void convert_entries(const From& from, To& to) {
  if constexpr (is_tuple<From>) {
    if constexpr (I < std::tuple_size_v<From>) {
      convert(std::get<I>(from), std::get<I>(to));
      convert_entries<I + 1>(from, to);
    }
  } else if constexpr (I < std::tuple_size_v<decltype(From::parameters)>) {
    convert(from.*std::get<I>(From::parameters).member, to.*std::get<I>(To::parameters).member);
    convert_entries<I + 1>(from, to);
  }
}

// A setting is a number, a flag, an enumerator, or a small value that does not depend on the scalar.
template <class From, class To>
void convert_setting(const From& from, To& to) {
  if constexpr (std::is_same_v<From, To>) {
    to = from;
  } else {
    to = static_cast<To>(from);
  }
}

template <class From, class To>
void convert(const From& from, To& to) {
  if constexpr (is_tensor<From>) {
    to.resize(from.shape());
    for (Index i = 0; i < from.size(); ++i) to.data()[i] = static_cast<typename To::Scalar>(from.data()[i]);
  } else if constexpr (is_tuple<From>) {
    convert_entries<0>(from, to);
  } else if constexpr (is_vector<From>) {
    to.resize(from.size());
    for (std::size_t i = 0; i < from.size(); ++i) convert(from[i], to[i]);
  } else {
    convert_entries<0>(from, to);
    if constexpr (HasBuffers<From>) {
      [&]<std::size_t... I>(std::index_sequence<I...>) {
        (convert(from.*std::get<I>(From::buffers).member, to.*std::get<I>(To::buffers).member), ...);
      }
      (std::make_index_sequence<std::tuple_size_v<decltype(From::buffers)>>{});
    }
    if constexpr (HasSettings<From>) {
      [&]<std::size_t... I>(std::index_sequence<I...>) {
        (convert_setting(from.*std::get<I>(From::settings).member, to.*std::get<I>(To::settings).member),
         ...);
      }
      (std::make_index_sequence<std::tuple_size_v<decltype(From::settings)>>{});
    }
  }
}

}  // namespace detail

/// The same model with every number converted to `U`: parameters, buffers and settings.
///
/// Works for `template <std::floating_point T> struct MyLayer`; any other form says what it becomes by a
/// member `template <class U> using Rebound = ...`.
template <std::floating_point U, class L>
auto cast(const L& layer) {
  typename detail::Rebound<L, U>::type result;
  detail::convert(layer, result);
  return result;
}

}  // namespace rapt
