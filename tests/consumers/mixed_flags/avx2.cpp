// Built with -mavx2, so Eigen assumes another alignment here than in plain.cpp.
#include <rapt/nn/linear.hpp>

rapt::Tensor<double, 2> made_with_avx2(rapt::Index rows);
rapt::Linear<double> layer_with_avx2();
double sum_with_avx2(const rapt::Linear<double>& layer, const rapt::Tensor<double, 2>& x);

rapt::Tensor<double, 2> made_with_avx2(rapt::Index rows) {
  rapt::Tensor<double, 2> t({rows, 7});
  t.matrix().setConstant(2.0);
  return t;
}

rapt::Linear<double> layer_with_avx2() {
  rapt::RandomStream stream(3);
  return {7, 5, stream};
}

double sum_with_avx2(const rapt::Linear<double>& layer, const rapt::Tensor<double, 2>& x) {
  rapt::Linear<double>::Cache cache;
  return layer.forward(x, cache).matrix().sum();
}
