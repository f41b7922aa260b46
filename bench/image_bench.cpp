// Pooling, resampling and rearranging of images. With RAPT_BENCH_TORCH each line is followed by libtorch's,
// its gradient by the tape and on one thread.
#include <rapt/gan/minibatch_std_dev.hpp>
#include <rapt/nn/adaptive_avg_pool_2d.hpp>
#include <rapt/nn/adaptive_max_pool_2d.hpp>
#include <rapt/nn/avg_pool_2d.hpp>
#include <rapt/nn/flatten.hpp>
#include <rapt/nn/max_pool_2d.hpp>
#include <rapt/nn/pixel_shuffle.hpp>
#include <rapt/nn/unflatten.hpp>
#include <rapt/nn/upsample.hpp>

#include <string>
#include <tuple>

#include "layer_bench.hpp"

#ifdef RAPT_BENCH_TORCH
#include <torch/torch.h>
#endif

namespace {

using namespace rapt_bench;

constexpr rapt::Shape<4> image_shape{64, 64, 32, 32};  // of what is pooled, or of what comes out

template <class L>
void image_layer(benchmark::State& state, const L& layer, const rapt::Shape<4>& shape) {
  const auto x = noise<4>(shape);
  forward_backward(state, layer, x);
}
void unflatten(benchmark::State& state) {
  const auto x = noise<2>({64, 64 * 32 * 32});
  forward_backward(state, rapt::Unflatten<float>(64, 32, 32), x);
}

/// One line of ours, and one of libtorch's function of x where it is there.
template <class L, class Torch>
void compare(const std::string& name, const L& layer, const rapt::Shape<4>& shape,
             [[maybe_unused]] Torch torch_function) {
  benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& state) {
    image_layer(state, layer, shape);
  })->Unit(benchmark::kMicrosecond);
#ifdef RAPT_BENCH_TORCH
  benchmark::RegisterBenchmark(("torch_" + name).c_str(), [=](benchmark::State& state) {
    at::set_num_threads(1);
    const auto x = torch::randn({shape[0], shape[1], shape[2], shape[3]}).requires_grad_();
    const auto dy = torch::randn_like(torch_function(x));
    for (auto _ : state) {
      const auto y = torch_function(x);
      benchmark::DoNotOptimize(torch::autograd::grad({y}, {x}, {dy})[0].data_ptr());
    }
  })->Unit(benchmark::kMicrosecond);
#endif
}

#ifdef RAPT_BENCH_TORCH
#define RAPT_TORCH(...) [](const torch::Tensor& x) { return __VA_ARGS__; }
#else
#define RAPT_TORCH(...) 0
#endif

// In torch as its authors wrote it for TensorFlow, in one group of 4 after the other.
#ifdef RAPT_BENCH_TORCH
torch::Tensor torch_minibatch_std_dev(const torch::Tensor& x) {
  const auto groups = x.reshape({4, x.size(0) / 4, x.size(1), x.size(2), x.size(3)});
  const auto centred = groups - groups.mean(0, true);
  const auto deviation = (centred.square().mean(0) + 1e-8).sqrt().mean({1, 2, 3}, true);
  return torch::cat({x, deviation.repeat({4, 1, x.size(2), x.size(3)})}, 1);
}
#endif

const bool image_lines = [] {
  using rapt::UpsampleMode;
  compare("avg_pool_2d_fb_k2_64x64x32x32", rapt::AvgPool2d<float>(2), image_shape,
          RAPT_TORCH(torch::avg_pool2d(x, 2)));
  compare("avg_pool_2d_fb_k3_s2_p1_64x64x32x32", rapt::AvgPool2d<float>(3, {.stride = 2, .padding = 1}),
          image_shape, RAPT_TORCH(torch::avg_pool2d(x, 3, 2, 1)));
  compare("max_pool_2d_fb_k2_64x64x32x32", rapt::MaxPool2d<float>(2), image_shape,
          RAPT_TORCH(torch::max_pool2d(x, 2)));
  compare("max_pool_2d_fb_k3_s2_p1_64x64x32x32", rapt::MaxPool2d<float>(3, {.stride = 2, .padding = 1}),
          image_shape, RAPT_TORCH(torch::max_pool2d(x, 3, 2, 1)));
  compare("adaptive_avg_pool_2d_fb_1_64x64x32x32", rapt::AdaptiveAvgPool2d<float>(1), image_shape,
          RAPT_TORCH(torch::adaptive_avg_pool2d(x, {1, 1})));
  compare("adaptive_avg_pool_2d_fb_5x7_64x64x32x32", rapt::AdaptiveAvgPool2d<float>({5, 7}), image_shape,
          RAPT_TORCH(torch::adaptive_avg_pool2d(x, {5, 7})));
  compare("adaptive_max_pool_2d_fb_1_64x64x32x32", rapt::AdaptiveMaxPool2d<float>(1), image_shape,
          RAPT_TORCH(std::get<0>(torch::adaptive_max_pool2d(x, {1, 1}))));
  compare("upsample_nearest_fb_2_64x64x16x16", rapt::Upsample<float>({.scale_factor = 2}), {64, 64, 16, 16},
          RAPT_TORCH(torch::upsample_nearest2d(x, {32, 32}, 2.0, 2.0)));
  compare("upsample_bilinear_fb_2_64x64x16x16",
          rapt::Upsample<float>({.scale_factor = 2, .mode = UpsampleMode::bilinear}), {64, 64, 16, 16},
          RAPT_TORCH(torch::upsample_bilinear2d(x, {32, 32}, false, 2.0, 2.0)));
  compare("pixel_shuffle_fb_2_64x256x16x16", rapt::PixelShuffle<float>(2), {64, 256, 16, 16},
          RAPT_TORCH(torch::pixel_shuffle(x, 2)));
  compare("minibatch_std_dev_fb_64x128x4x4", rapt::MinibatchStdDev<float>(), {64, 128, 4, 4},
          RAPT_TORCH(torch_minibatch_std_dev(x)));
  compare("flatten_fb_64x64x32x32", rapt::Flatten<float>(), image_shape, RAPT_TORCH(torch::flatten(x, 1)));
  return true;
}();

}  // namespace

BENCHMARK(unflatten)->Name("unflatten_fb_64x65536")->Unit(benchmark::kMicrosecond);
