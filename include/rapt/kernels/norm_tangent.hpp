#pragma once
/// \file  Directional derivatives of normalised rows and columns, and the gradients of these.
///
/// With z = (x - mean) scale and y = weight z + bias, the derivative in direction x' is
/// `z' = scale (x' - mean(x') - z slope)`, slope = mean(z x'), `y' = weight z'`; where mean and scale are
/// constants mean(x') and slope are 0. For `S = <d_dy, y'> + <dy, y>`, a = weight d_dy, c = weight dy,
/// p = mean(a z), v = mean(a (x' - mean(x'))):
///
///     dS/dx' = scale (a - mean(a) - z p)
///     dS/dx  = scale (c - mean(c) - z mean(c z)
///                     - scale (slope (a - mean(a)) + p (x' - mean(x')) + z (v - 3 p slope)))
///     dS/dweight = sum (d_dy z' + dy z),  dS/dbias = sum dy
///
/// (z' is the z-part of x' by a symmetric map; scale' = -scale^2 mean(z x').) Without a mean, as in a root
/// mean square, the same with every mean(x), mean(x'), mean(a), mean(c) left out.

#include <rapt/kernels/sweep.hpp>

namespace rapt::detail {

/// y' of rows, and of each row mean(x') (null where not centred) and slope.
template <class T>
struct LayerNormTangentRows {
  Index rows, width;
  const T *tangent, *x, *weight, *mean, *scale;
  T *y, *tangent_mean, *slope;
};

/// The gradients of S for rows. dy may be null for 0; d_tangent and dx are null together; d_weight and
/// d_bias, unless null, are added to. Not centred, the means and d_bias are null.
template <class T>
struct LayerNormBackwardTangentRows {
  Index rows, width;
  const T *d_dy, *dy, *tangent, *x, *weight, *mean, *scale, *tangent_mean, *slope;
  T *d_tangent, *dx, *d_weight, *d_bias;
};

/// The gradients of S for columns from ... to - 1. dy may be null for 0; d_tangent and dx are null together;
/// d_weight and d_bias, unless null, are added to.
template <class T>
struct BatchNormBackwardTangentColumns {
  Index rows, width, from, to;
  const T *d_dy, *dy, *tangent, *x, *weight, *mean, *scale, *tangent_mean, *slope;
  T share;  // 1 / rows where mean and scale are those of x, 0 where they are constants
  T *d_tangent, *dx, *d_weight, *d_bias;
};

}  // namespace rapt::detail

#define RAPT_BODY <rapt/kernels/body/norm_tangent.inl>
#include <rapt/kernels/body/for_each_width.inl>
