#pragma once
/// \file  A loop over a run of numbers, a vector at a time, the last one in part: what kernels of one pass
/// over memory are made of.

#include <rapt/kernels/lanes.hpp>

#include <type_traits>

#define RAPT_BODY <rapt/kernels/body/sweep.inl>
#include <rapt/kernels/body/for_each_width.inl>
