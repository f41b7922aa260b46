#pragma once
/// \file  The logistic function of one number.

#include <cmath>
#include <concepts>

namespace rapt::detail {

/// `1 / (1 + exp(-x))`; the exponential is never of a positive number.
template <std::floating_point T>
T logistic(T x) {
  const T e = std::exp(-std::abs(x));
  return (x < 0 ? e : T(1)) / (T(1) + e);
}

}  // namespace rapt::detail
