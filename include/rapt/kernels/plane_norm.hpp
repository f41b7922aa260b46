#pragma once
/// \file  Moments, products and weighted sums of planes: what normalising images and its gradients, of first
/// and second order, are made of.

#include <rapt/kernels/sweep.hpp>

namespace rapt::detail {

/// Of each plane, `extent` numbers one after the other: its mean, and the sum of `(x - mean)^2`; 0 where it
/// has no numbers.
template <class T>
struct PlaneMoments {
  Index planes, extent;
  const T* x;
  T *mean, *squares;
};

/// Of each plane: `first = sum u` and `second = sum u (x - center)`.
template <class T>
struct PlaneProducts {
  Index planes, extent;
  const T *u, *x, *center;
  T *first, *second;
};

/// Numbers and what a plane of them is multiplied by.
template <class T>
struct PlaneTerm {
  const T *factor, *u;
};

/// `y = constant + factor (x - center) + sum_k factor_k u_k` with the constants of each plane.
template <class T>
struct PlaneSums {
  Index planes, extent;
  const T *x, *center, *factor, *constant;
  T* y;
  PlaneTerm<T> terms[3];
};

}  // namespace rapt::detail

#define RAPT_BODY <rapt/kernels/body/plane_norm.inl>
#include <rapt/kernels/body/for_each_width.inl>
