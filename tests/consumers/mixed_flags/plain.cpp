// Tensors and layers cross between units with and without -mavx2 both ways; storage that followed a unit's
// flags would be freed by the wrong function (a double free, as Eigen's own allocator showed).
#include <rapt/nn/linear.hpp>

#include <cmath>
#include <cstdio>
#include <utility>

rapt::Tensor<double, 2> made_with_avx2(rapt::Index rows);
rapt::Linear<double> layer_with_avx2();
double sum_with_avx2(const rapt::Linear<double>& layer, const rapt::Tensor<double, 2>& x);

int main() {
  if (!__builtin_cpu_supports("avx2")) {
    std::puts("skipped: this processor has no AVX2");
    return 0;
  }
  const auto layer = layer_with_avx2();
  rapt::Linear<double>::Cache cache;
  double sum = 0, worst = 0;
  for (rapt::Index rows = 1; rows < 40; ++rows) {
    auto theirs = made_with_avx2(rows);
    rapt::Tensor<double, 2> ours({rows, 7});
    ours.matrix().setOnes();
    std::swap(theirs, ours);
    theirs.resize({2 * rows, 7});
    theirs.matrix().setOnes();
    sum += ours.matrix().sum();
    const double here = layer.forward(theirs, cache).matrix().sum();
    worst = std::fmax(worst, std::fabs(here - sum_with_avx2(layer, theirs)));
  }
  // 1 + ... + 39 = 780 rows of seven twos
  return sum == 2.0 * 7.0 * 780.0 && worst < 1e-9 ? 0 : 1;
}
