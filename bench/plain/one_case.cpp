// Times one case of this library alone and prints the CPU seconds of its fastest call. Built twice, with a
// plain -O2 and with the bench's flags: in one program the linker would merge the inline kernels of both.
#include <rapt/core/random.hpp>
#include <rapt/core/tensor.hpp>
#include <rapt/ops/matmul.hpp>

#include "attention_case.hpp"
#include "report/clock.hpp"

#include <algorithm>
#include <cstdio>
#include <limits>
#include <string>

namespace rapt_bench {
namespace {

using rapt::Index;
using rapt::Tensor;

template <std::size_t Rank>
Tensor<float, Rank> noise(const rapt::Shape<Rank>& shape) {
  static rapt::RandomStream stream(1);
  Tensor<float, Rank> x(shape);
  fill_normal(x.view(), 0, 1, stream);
  return x;
}

template <class Run>
double fastest(Run&& run) {
  constexpr double budget = 0.4;
  run();
  double best = std::numeric_limits<double>::infinity();
  for (double spent = 0; spent < budget;) {
    const double begin = seconds_of(CLOCK_THREAD_CPUTIME_ID);
    run();
    const double taken = seconds_of(CLOCK_THREAD_CPUTIME_ID) - begin;
    best = std::min(best, taken);
    spent += taken;
  }
  return best;
}

double attention(Index batch, Index heads, Index length, Index width, bool trains) {
  const rapt::Shape<3> shape{batch, length, heads * width};
  const auto q = noise(shape), k = noise(shape), v = noise(shape), d = noise(shape);
  AttentionCase it{{.query = q, .key = k, .value = v}, d, heads};
  return fastest([&] {
    it.forward();
    if (trains) it.backward();
  });
}
double matmul(Index m, Index k, Index n) {
  const auto a = noise<2>({m, k}), b = noise<2>({k, n});
  Tensor<float, 2> c({m, n});
  return fastest([&] { rapt::matmul(a, b, c.view()); });
}

double measure(const std::string& name) {
  if (name == "attention_forward_8x8x512x64") return attention(8, 8, 512, 64, false);
  if (name == "attention_fb_8x8x512x64") return attention(8, 8, 512, 64, true);
  if (name == "attention_fb_128x4x50x32") return attention(128, 4, 50, 32, true);
  if (name == "matmul_128x256x256") return matmul(128, 256, 256);
  if (name == "matmul_512x512x512") return matmul(512, 512, 512);
  return -1;
}

}  // namespace
}  // namespace rapt_bench

int main(int argc, char** argv) {
  const double seconds = argc == 2 ? rapt_bench::measure(argv[1]) : -1;
  if (seconds < 0) {
    std::fprintf(stderr, "usage: %s CASE, one of those that rapt-bench-report --list calls plain_CASE\n",
                 argv[0]);
    return 2;
  }
  std::printf("%.9f\n", seconds);
  return 0;
}
