#pragma once
/// \file  Rows brought to mean 0 and variance 1, or to mean square 1 alone, and their gradients, in one pass
/// over memory each.

#include <rapt/kernels/sweep.hpp>

namespace rapt::detail {

/// `y = weight (x - mean) scale + bias` for rows that lie one after the other, with scale = 1 / sqrt(variance
/// + eps). Not centred, mean and bias are null and stand for 0.
template <class T>
struct LayerNormRows {
  Index rows, width;
  const T *x, *weight, *bias;
  T eps;
  T *y, *mean, *scale;
};

/// Its gradients: dx, unless null, is overwritten; d_weight and d_bias, unless null, are added to. Not
/// centred, mean and d_bias are null.
template <class T>
struct LayerNormBackwardRows {
  Index rows, width;
  const T *dy, *x, *weight, *mean, *scale;
  T *dx, *d_weight, *d_bias;
};

}  // namespace rapt::detail

#define RAPT_BODY <rapt/kernels/body/layer_norm.inl>
#include <rapt/kernels/body/for_each_width.inl>
