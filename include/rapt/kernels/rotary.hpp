#pragma once
/// \file  Pairs of numbers turned by angles that depend on their row.

#include <rapt/kernels/sweep.hpp>

#include <utility>

namespace rapt::detail {

/// Rows first ... last - 1 of x (N, heads * head), each head of which turns its first 2 `pairs` numbers and
/// keeps the others; row n takes row n % length of the cosines and sines (length, pairs). y may be x.
template <class T>
struct RotaryRows {
  Index first, last, length, heads, head, pairs;
  const T *x, *cosine, *sine;
  T direction;  // 1, or -1 to turn back
  T* y;
};

}  // namespace rapt::detail

#define RAPT_BODY <rapt/kernels/body/rotary.inl>
#include <rapt/kernels/body/for_each_width.inl>
