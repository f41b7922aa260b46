#pragma once
/// \file  Vectors of the width that a kernel is compiled for: the words in which kernels are written.

#include <rapt/kernels/simd.hpp>

#include <cmath>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <type_traits>

// Loops over registers must be unrolled, or the array of accumulators stays in memory.
#if defined(__clang__)
#define RAPT_UNROLL _Pragma("unroll")
#elif defined(__GNUC__)
#define RAPT_UNROLL _Pragma("GCC unroll 32")
#else
#define RAPT_UNROLL
#endif

#define RAPT_BODY <rapt/kernels/body/lanes.inl>
#include <rapt/kernels/body/for_each_width.inl>
