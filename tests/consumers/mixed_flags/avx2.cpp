// Built with -mavx2, so Eigen assumes another alignment here than in plain.cpp.
#include <rapt/core/tensor.hpp>

rapt::Tensor<double, 2> made_with_avx2(rapt::Index rows);

rapt::Tensor<double, 2> made_with_avx2(rapt::Index rows) {
  rapt::Tensor<double, 2> t({rows, 7});
  t.matrix().setConstant(2.0);
  return t;
}
