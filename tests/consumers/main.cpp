// The least a user writes; every way of consuming the library builds and runs it.
#include <rapt/core/tensor.hpp>
#include <rapt/version.hpp>

int main() {
  rapt::Tensor<float, 2> x({2, 3});
  x.matrix().setOnes();
  return x.matrix().sum() == 6.0F && !rapt::version.empty() ? 0 : 1;
}
