#pragma once
/// \file  Elementary functions of whole vectors, with their errors in units in the last place (ulp).

#include <rapt/kernels/lanes.hpp>

#include <bit>
#include <cstdint>
#include <limits>
#include <numbers>
#include <type_traits>

#define RAPT_BODY <rapt/kernels/body/vector_math.inl>
#include <rapt/kernels/body/for_each_width.inl>
