#pragma once
/// \file  The logistic function and the logarithm of its complement, without overflow.

#include <algorithm>
#include <cmath>
#include <concepts>

namespace rapt::detail {

/// `1 / (1 + exp(-x))`; the exponential is never of a positive number.
template <std::floating_point T>
T logistic(T x) {
  const T e = std::exp(-std::abs(x));
  return (x < 0 ? e : T(1)) / (T(1) + e);
}

/// `log(1 + exp(x)) = -log(1 - logistic(x))`; NaN stays NaN.
template <std::floating_point T>
T logistic_loss(T x) {
  return std::max(x, T(0)) + std::log1p(std::exp(-std::abs(x)));
}

}  // namespace rapt::detail
