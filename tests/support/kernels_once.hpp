#pragma once
// Included by force into every unit of the tests: the matrix product, attention and convolutions, most of
// what a test costs to compile, are then compiled once, in kernels_once.cpp, not in each of them.
#include <rapt/kernels/attention.hpp>
#include <rapt/kernels/conv.hpp>
#include <rapt/kernels/conv_weight.hpp>
#include <rapt/kernels/gemm.hpp>

#define RAPT_TEST_GEMM(T)                                                                               \
  template void rapt::gemm<T>(rapt::Index, rapt::Index, rapt::Index, T, GemmOperand<T>, GemmOperand<T>, \
                              bool, T*, rapt::Index, const GemmEpilogue<T>&)

#define RAPT_TEST_ATTENTION_FORWARD(T) \
  template void rapt::attention_forward<T>(const AttentionProblem<T>&, AttentionHeads<T>, T*)
#define RAPT_TEST_ATTENTION_BACKWARD(T)                                                                    \
  template void rapt::attention_backward<T>(const AttentionProblem<T>&, AttentionHeads<const T>, const T*, \
                                            AttentionHeads<const T>, AttentionHeads<T>, AttentionHeads<T>, \
                                            AttentionHeads<T>, std::vector<T>&)

#define RAPT_TEST_CORRELATE(T) template void rapt::detail::correlate<T>(const Correlation<T>&)
#define RAPT_TEST_CORRELATION_WEIGHT(T) \
  template void rapt::detail::add_correlation_weight<T>(const CorrelationWeight<T>&)

namespace rapt {
extern RAPT_TEST_GEMM(float);
extern RAPT_TEST_GEMM(double);
extern RAPT_TEST_ATTENTION_FORWARD(float);
extern RAPT_TEST_ATTENTION_FORWARD(double);
extern RAPT_TEST_ATTENTION_BACKWARD(float);
extern RAPT_TEST_ATTENTION_BACKWARD(double);
extern RAPT_TEST_CORRELATE(float);
extern RAPT_TEST_CORRELATE(double);
extern RAPT_TEST_CORRELATION_WEIGHT(float);
extern RAPT_TEST_CORRELATION_WEIGHT(double);
}  // namespace rapt
