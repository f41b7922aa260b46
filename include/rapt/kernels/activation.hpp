#pragma once
/// \file  Activations and their derivatives on raw pointers.

#include <rapt/kernels/sweep.hpp>
#include <rapt/kernels/vector_math.hpp>

#include <cstdint>

#define RAPT_BODY <rapt/kernels/body/activation.inl>
#include <rapt/kernels/body/for_each_width.inl>
