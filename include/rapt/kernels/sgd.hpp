#pragma once
/// \file  One step of gradient descent over a run of numbers, in one pass over memory.

#include <rapt/kernels/sweep.hpp>

namespace rapt::detail {

/// `g += penalty w, v = momentum v + g, w -= rate v`, or with `nesterov` `w -= rate (g + momentum v)`:
/// constants of a step, the same for every number.
template <class T>
struct SGDStep {
  T rate, momentum, penalty;
  bool nesterov;
};

}  // namespace rapt::detail

#define RAPT_BODY <rapt/kernels/body/sgd.inl>
#include <rapt/kernels/body/for_each_width.inl>
