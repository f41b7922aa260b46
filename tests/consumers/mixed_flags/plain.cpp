// Tensors cross between units with and without -mavx2 both ways; storage that followed a unit's flags would
// be freed by the wrong function (a double free, as Eigen's own allocator showed).
#include <rapt/core/tensor.hpp>

#include <cstdio>
#include <utility>

rapt::Tensor<double, 2> made_with_avx2(rapt::Index rows);

int main() {
  if (!__builtin_cpu_supports("avx2")) {
    std::puts("skipped: this processor has no AVX2");
    return 0;
  }
  double sum = 0.0;
  for (rapt::Index rows = 1; rows < 40; ++rows) {
    auto theirs = made_with_avx2(rows);
    rapt::Tensor<double, 2> ours({rows, 7});
    ours.matrix().setOnes();
    std::swap(theirs, ours);
    theirs.resize({2 * rows, 7});
    sum += ours.matrix().sum();
  }
  return sum == 2.0 * 7.0 * 780.0 ? 0 : 1;  // 1 + … + 39 = 780 rows of seven twos
}
