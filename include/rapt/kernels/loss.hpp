#pragma once
/// \file  The terms of losses and their gradients on raw pointers.

#include <rapt/kernels/softmax.hpp>
#include <rapt/kernels/sweep.hpp>
#include <rapt/kernels/vector_math.hpp>

#define RAPT_BODY <rapt/kernels/body/loss.inl>
#include <rapt/kernels/body/for_each_width.inl>
