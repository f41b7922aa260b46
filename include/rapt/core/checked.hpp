#pragma once
/// \file  Arithmetic on numbers that come from outside: it never wraps and never narrows silently.

#include <rapt/core/shape.hpp>

#include <concepts>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>

namespace rapt {

namespace detail {

template <std::integral T>
[[noreturn, gnu::cold, gnu::noinline]] void throw_overflow(std::string_view what, T a, const char* operation,
                                                           T b) {
  throw std::overflow_error(std::string(what) + ": " + std::to_string(a) + " " + operation + " " +
                            std::to_string(b) + " does not fit " +
                            std::to_string(std::numeric_limits<T>::digits) + " bits");
}

}  // namespace detail

/// a + b. \throws std::overflow_error that names `what` and both numbers
template <std::integral T>
constexpr T checked_add(T a, T b, std::string_view what) {
  T sum{};
  if (__builtin_add_overflow(a, b, &sum)) detail::throw_overflow(what, a, "+", b);
  return sum;
}

/// a * b. \throws std::overflow_error that names `what` and both numbers
template <std::integral T>
constexpr T checked_multiply(T a, T b, std::string_view what) {
  T product{};
  if (__builtin_mul_overflow(a, b, &product)) detail::throw_overflow(what, a, "*", b);
  return product;
}

/// The same value in another integer type. \throws std::overflow_error where it does not fit
template <std::integral To, std::integral From>
constexpr To narrow(From value, std::string_view what) {
  To result{};
  if (__builtin_add_overflow(value, From{0}, &result)) {
    throw std::overflow_error(std::string(what) + ": " + std::to_string(value) + " does not fit " +
                              (std::signed_integral<To> ? "a signed" : "an unsigned") + " number of " +
                              std::to_string(8 * sizeof(To)) + " bits");
  }
  return result;
}

/// Number of elements of a shape that came from outside.
/// \throws std::overflow_error; std::invalid_argument for a negative extent
template <class Range>
constexpr Index checked_element_count(const Range& shape, std::string_view what) {
  Index count = 1;
  bool empty = false;
  for (const auto given : shape) {
    const auto extent = narrow<Index>(given, what);
    if (extent < 0)
      throw std::invalid_argument(std::string(what) + ": extent " + std::to_string(extent) + " is negative");
    if (extent == 0) empty = true;
    // An extent of 0 must not hide an overflow among the others.
    else
      count = checked_multiply<Index>(count, extent, what);
  }
  return empty ? 0 : count;
}

/// Throws unless 0 <= id < limit: ids and class targets are data and are checked in every build.
/// \throws std::out_of_range `Embedding::forward: id 7 is not in [0, 5)`
constexpr void expect_id(std::string_view where, std::string_view what, Index id, Index limit) {
  if (id < 0 || id >= limit) [[unlikely]] {
    throw std::out_of_range(std::string(where) + ": " + std::string(what) + " " + std::to_string(id) +
                            " is not in [0, " + std::to_string(limit) + ")");
  }
}

}  // namespace rapt
