#include "support/kernels_once.hpp"

namespace rapt {
RAPT_TEST_GEMM(float);
RAPT_TEST_GEMM(double);
RAPT_TEST_ATTENTION_FORWARD(float);
RAPT_TEST_ATTENTION_FORWARD(double);
RAPT_TEST_ATTENTION_BACKWARD(float);
RAPT_TEST_ATTENTION_BACKWARD(double);
}  // namespace rapt
