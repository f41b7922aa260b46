#pragma once
/// \file  One step of Adam over a run of numbers, in one pass over memory.

#include <rapt/kernels/sweep.hpp>

namespace rapt::detail {

/// `g += penalty w, m += rest1 (g - m), v = beta2 v + rest2 g^2,
/// w = keep w - rate correction1 m / (correction2 sqrt(v) + epsilon)`: constants of a step, the same for
/// every number.
template <class T>
struct AdamStep {
  T rate, rest1, beta2, rest2, epsilon, correction1, correction2, penalty, keep;
};

}  // namespace rapt::detail

#define RAPT_BODY <rapt/kernels/body/adam.inl>
#include <rapt/kernels/body/for_each_width.inl>
