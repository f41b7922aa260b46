#include <rapt/nn/conv_2d.hpp>
#include <rapt/nn/conv_transpose_2d.hpp>

#include "layer_bench.hpp"

namespace {

using namespace rapt_bench;

void conv_2d(benchmark::State& state, rapt::Index in, rapt::Index out, rapt::Index size, rapt::PerAxis kernel,
             const rapt::Conv2dOptions& options) {
  const auto x = noise<4>({64, in, size, size});
  forward_backward(state, rapt::Conv2d<float>(in, out, kernel, stream(), options), x);
}
void conv_transpose_2d(benchmark::State& state, rapt::Index in, rapt::Index out, rapt::Index size,
                       rapt::PerAxis kernel, const rapt::ConvTranspose2dOptions& options) {
  const auto x = noise<4>({64, in, size, size});
  forward_backward(state, rapt::ConvTranspose2d<float>(in, out, kernel, stream(), options), x);
}

}  // namespace

BENCHMARK_CAPTURE(conv_2d, k4_s2, 64, 128, 16, 4, {.stride = 2, .padding = 1})
    ->Name("conv_2d_fb_64_128_k4_s2_16x16")
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(conv_2d, k3, 128, 128, 8, 3, {.padding = 1})
    ->Name("conv_2d_fb_128_128_k3_s1_8x8")
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(conv_2d, k1, 256, 64, 16, 1, {})
    ->Name("conv_2d_fb_256_64_k1_s1_16x16")
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(conv_2d, depthwise, 64, 64, 32, 3, {.padding = 1, .groups = 64})
    ->Name("conv_2d_fb_64_64_k3_s1_32x32_groups_64")
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(conv_transpose_2d, k4_s2, 128, 64, 8, 4, {.stride = 2, .padding = 1})
    ->Name("conv_transpose_2d_fb_128_64_k4_s2_8x8")
    ->Unit(benchmark::kMicrosecond);
