#include "support/kernels_once.hpp"

namespace rapt {
RAPT_TEST_GEMM(float);
RAPT_TEST_GEMM(double);
}  // namespace rapt
