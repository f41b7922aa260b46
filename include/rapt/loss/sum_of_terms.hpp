#pragma once
/// \file  The sum of what a kernel computes, in double.

#include <rapt/core/tensor_view.hpp>

#include <algorithm>
#include <type_traits>

namespace rapt::detail {

/// The sum in double of `count` terms that `terms(from, n, to)` writes, a few at a time, to a buffer on the
/// stack.
template <class T, class Terms>
std::common_type_t<T, double> sum_of_terms(Index count, Terms&& terms) {
  using Sum = std::common_type_t<T, double>;
  constexpr Index most = 512;
  T buffer[most];
  Sum sum = 0;
  for (Index from = 0; from < count; from += most) {
    const Index n = std::min(most, count - from);
    terms(from, n, buffer);
    sum += Eigen::Map<const Eigen::Array<T, Eigen::Dynamic, 1>>(buffer, n).template cast<Sum>().sum();
  }
  return sum;
}

}  // namespace rapt::detail
