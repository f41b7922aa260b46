#pragma once
/// \file  Shapes, and the one exception that a wrong shape raises.

#include <array>
#include <concepts>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#ifdef __FINITE_MATH_ONLY__
#if __FINITE_MATH_ONLY__
#error "rapt: -ffast-math and -ffinite-math-only remove every check for NaN and infinity; build without them"
#endif
#endif

namespace rapt {

/// Signed type of every extent, index and id.
using Index = std::ptrdiff_t;

/// What a tensor may hold: numbers, ids, masks.
template <class T>
concept TensorScalar = std::floating_point<T> || std::same_as<T, Index> || std::same_as<T, bool>;

/// Extents of a tensor, outermost axis first.
template <std::size_t Rank>
using Shape = std::array<Index, Rank>;

/// In an expected shape: any extent will do.
inline constexpr Index any = -1;

/// A tensor reached a function whose shape does not fit; what() names the function, the argument and both
/// shapes.
class ShapeError : public std::invalid_argument {
 public:
  using std::invalid_argument::invalid_argument;
};

/// Text of a shape, `(8, 63)`; an extent that may be anything reads `*`.
inline std::string to_string(std::span<const Index> shape) {
  std::string text = "(";
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    if (axis != 0) text += ", ";
    text += shape[axis] == any ? std::string("*") : std::to_string(shape[axis]);
  }
  return text + ")";
}

/// Number of elements, the product of the extents; 1 for rank 0.
template <std::size_t Rank>
constexpr Index element_count(const Shape<Rank>& shape) {
  Index count = 1;
  for (const Index extent : shape) count *= extent;
  return count;
}

namespace detail {

// Out of line and cold, so that a check costs its caller one compare and branch an extent.
[[noreturn, gnu::cold, gnu::noinline]] inline void throw_shape_error(std::string_view where,
                                                                     std::string_view what,
                                                                     std::span<const Index> got,
                                                                     std::span<const Index> expected) {
  throw ShapeError(std::string(where) + ": " + std::string(what) + " has shape " + to_string(got) +
                   ", expected " + to_string(expected));
}

}  // namespace detail

/// Throws ShapeError unless `got` matches `expected` on every axis; kept in every build.
/// \throws ShapeError `Linear::forward: x has shape (8, 63), expected (*, 64)`
template <std::size_t Rank>
constexpr void expect_shape(std::string_view where, std::string_view what, const Shape<Rank>& got,
                            const Shape<Rank>& expected) {
  for (std::size_t axis = 0; axis < Rank; ++axis) {
    if (expected[axis] != any && got[axis] != expected[axis]) {
      detail::throw_shape_error(where, what, got, expected);
    }
  }
}

}  // namespace rapt
