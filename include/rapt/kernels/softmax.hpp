#pragma once
/// \file  Softmax, its logarithm and the log of a sum of exponentials, of rows on raw pointers.

#include <rapt/kernels/sweep.hpp>
#include <rapt/kernels/vector_math.hpp>

#include <bit>
#include <cstdint>
#include <cstring>
#include <limits>

#define RAPT_BODY <rapt/kernels/body/softmax.inl>
#include <rapt/kernels/body/for_each_width.inl>
