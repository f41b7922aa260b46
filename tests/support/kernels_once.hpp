#pragma once
// Included by force into every unit of the tests: the matrix product, most of what a test costs to compile,
// is then compiled once, in kernels_once.cpp, not in each of them.
#include <rapt/kernels/gemm.hpp>

#define RAPT_TEST_GEMM(T)                                                                               \
  template void rapt::gemm<T>(rapt::Index, rapt::Index, rapt::Index, T, GemmOperand<T>, GemmOperand<T>, \
                              bool, T*, rapt::Index, const GemmEpilogue<T>&)

namespace rapt {
extern RAPT_TEST_GEMM(float);
extern RAPT_TEST_GEMM(double);
}  // namespace rapt
