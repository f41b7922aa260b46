// The least a user writes; every way of consuming the library builds and runs it.
#include <rapt/core/summary.hpp>
#include <rapt/nn/linear.hpp>
#include <rapt/version.hpp>

#include <cstdio>

int main() {
  rapt::RandomStream stream(1);
  const rapt::Linear<float> layer(3, 2, stream);
  rapt::Tensor<float, 2> x({4, 3});
  x.matrix().setOnes();
  const auto y = rapt::predict(layer, x);
  std::printf("rapt %s\n%s", RAPT_VERSION, rapt::summary(layer).c_str());
  return y.extent(0) == 4 && y.extent(1) == 2 ? 0 : 1;
}
