#include <rapt/nn/batch_norm_2d.hpp>
#include <rapt/nn/group_norm.hpp>
#include <rapt/nn/instance_norm_2d.hpp>
#include <rapt/nn/layer_norm.hpp>
#include <rapt/nn/rms_norm.hpp>

#include "layer_bench.hpp"

namespace {

using namespace rapt_bench;

/// Images of a generator's middle: 64 of 64 channels of 32 x 32.
template <class L>
void image_norm(benchmark::State& state, const L& layer) {
  const auto x = noise<4>({64, 64, 32, 32});
  forward_backward(state, layer, x);
}
/// And of its small end: 64 of 256 channels of 4 x 4.
template <class L>
void small_image_norm(benchmark::State& state, const L& layer) {
  const auto x = noise<4>({64, 256, 4, 4});
  forward_backward(state, layer, x);
}
void rms_norm(benchmark::State& state) {
  const auto x = noise<2>({6400, 128});
  forward_backward(state, rapt::RMSNorm<float>(128), x);
}

/// Forward, tangent and the backward of both, as a gradient penalty runs them.
template <class L>
void tangent_step(benchmark::State& state, const L& layer, typename L::Input x) {
  typename L::Cache cache;
  start_training(cache, RandomStream(2));
  const auto direction = noise(x.shape()), adjoint = noise(x.shape());
  L gradient = zeros_like(layer);
  for (auto _ : state) {
    layer.forward(x, cache);
    benchmark::DoNotOptimize(layer.forward_tangent(direction, cache).data());
    layer.backward_tangent(adjoint, adjoint, cache, &gradient);
    benchmark::ClobberMemory();
  }
}
void layer_norm_tangent(benchmark::State& state) {
  const auto x = noise<2>({6400, 128});
  tangent_step(state, rapt::LayerNorm<float>(128), x);
}
void batch_norm_2d_tangent(benchmark::State& state) {
  const auto x = noise<4>({64, 64, 32, 32});
  tangent_step(state, rapt::BatchNorm2d<float>(64), x);
}

}  // namespace

BENCHMARK_CAPTURE(image_norm, batch, rapt::BatchNorm2d<float>(64))
    ->Name("batch_norm_2d_fb_64x64x32x32")
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(image_norm, instance, rapt::InstanceNorm2d<float>(64, rapt::Affine::yes))
    ->Name("instance_norm_2d_fb_64x64x32x32")
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(image_norm, group, rapt::GroupNorm<float>(8, 64))
    ->Name("group_norm_fb_64x64x32x32")
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(small_image_norm, batch, rapt::BatchNorm2d<float>(256))
    ->Name("batch_norm_2d_fb_64x256x4x4")
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(small_image_norm, instance, rapt::InstanceNorm2d<float>(256, rapt::Affine::yes))
    ->Name("instance_norm_2d_fb_64x256x4x4")
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(small_image_norm, group, rapt::GroupNorm<float>(32, 256))
    ->Name("group_norm_fb_64x256x4x4")
    ->Unit(benchmark::kMicrosecond);
BENCHMARK(rms_norm)->Name("rms_norm_fb_6400x128")->Unit(benchmark::kMicrosecond);
BENCHMARK(layer_norm_tangent)->Name("layer_norm_tangent_6400x128")->Unit(benchmark::kMicrosecond);
BENCHMARK(batch_norm_2d_tangent)->Name("batch_norm_2d_tangent_64x64x32x32")->Unit(benchmark::kMicrosecond);
