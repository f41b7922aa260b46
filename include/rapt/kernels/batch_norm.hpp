#pragma once
/// \file  Columns brought to mean 0 and variance 1, and their gradients.

#include <rapt/kernels/sweep.hpp>

namespace rapt::detail {

/// Columns from ... to - 1 of x (rows, width): mean and variance of each, 0 without rows.
template <class T>
struct ColumnStatistics {
  Index rows, width, from, to;
  const T* x;
  T *mean, *variance;
};

/// `y = weight (x - mean) scale + bias` for rows that lie one after the other.
template <class T>
struct BatchNormRows {
  Index rows, width;
  const T *x, *mean, *scale, *weight, *bias;
  T* y;
};

/// Its gradients in columns from ... to - 1: dx, unless null, is overwritten; d_weight and d_bias, unless
/// null, are added to.
template <class T>
struct BatchNormBackwardColumns {
  Index rows, width, from, to;
  const T *dy, *x, *mean, *scale, *weight;
  T share;  // 1 / rows where mean and scale are those of x, 0 where they are constants
  T *dx, *d_weight, *d_bias;
};

}  // namespace rapt::detail

#define RAPT_BODY <rapt/kernels/body/batch_norm.inl>
#include <rapt/kernels/body/for_each_width.inl>
