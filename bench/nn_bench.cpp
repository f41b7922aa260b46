#include <rapt/nn/batch_norm_1d.hpp>
#include <rapt/nn/dropout.hpp>
#include <rapt/nn/embedding.hpp>
#include <rapt/nn/embedding_bag.hpp>
#include <rapt/nn/gelu.hpp>
#include <rapt/nn/layer_norm.hpp>
#include <rapt/nn/leaky_relu.hpp>
#include <rapt/nn/linear.hpp>
#include <rapt/nn/relu.hpp>
#include <rapt/nn/residual.hpp>
#include <rapt/nn/sequential.hpp>
#include <rapt/nn/sigmoid.hpp>
#include <rapt/nn/silu.hpp>
#include <rapt/nn/softplus.hpp>
#include <rapt/nn/tanh.hpp>

#include "layer_bench.hpp"

namespace {

using namespace rapt_bench;

template <class L>
void wide(benchmark::State& state, const L& layer) {
  const auto x = noise<2>({6400, 512});
  forward_backward(state, layer, x);
}

void linear(benchmark::State& state) {
  const auto x = noise<2>({128, 256});
  forward_backward(state, rapt::Linear<float>(256, 256, stream()), x);
}
void sequential(benchmark::State& state) {
  using L = rapt::Linear<float>;
  using R = rapt::ReLU<float>;
  const auto x = noise<2>({128, 256});
  forward_backward(
      state,
      rapt::Sequential{L(256, 256, stream()), R{}, L(256, 256, stream()), R{}, L(256, 256, stream()), R{}},
      x);
}
void residual(benchmark::State& state) {
  const auto x = noise<2>({128, 256});
  forward_backward(state, rapt::Residual<rapt::Linear<float>>{rapt::Linear<float>(256, 256, stream())}, x);
}
void embedding(benchmark::State& state) {
  const auto x = ids<1>({6400}, 3706);
  forward_backward(state, rapt::Embedding<float>(3706, 128, stream()), x);
}
void embedding_bag(benchmark::State& state) {
  const auto x = ids<1>({6400}, 3706);
  const auto offsets = even_offsets(128, 50);
  forward_backward(state, rapt::EmbeddingBag<float>(3706, 128, stream()), {x, offsets, {}});
}
void layer_norm(benchmark::State& state) {
  const auto x = noise<2>({6400, 128});
  forward_backward(state, rapt::LayerNorm<float>(128), x);
}
void batch_norm_1d(benchmark::State& state) {
  const auto x = noise<2>({128, 256});
  forward_backward(state, rapt::BatchNorm1d<float>(256), x);
}

}  // namespace

BENCHMARK(linear)->Name("linear_fb_128x256x256")->Unit(benchmark::kMicrosecond);
BENCHMARK(sequential)->Name("sequential_fb_3x_linear_relu_128x256")->Unit(benchmark::kMicrosecond);
BENCHMARK(residual)->Name("residual_fb_linear_128x256")->Unit(benchmark::kMicrosecond);
BENCHMARK(embedding)->Name("embedding_fb_3706x128_ids_6400")->Unit(benchmark::kMicrosecond);
BENCHMARK(embedding_bag)->Name("embedding_bag_fb_3706x128_bags_128x50")->Unit(benchmark::kMicrosecond);
BENCHMARK(layer_norm)->Name("layer_norm_fb_6400x128")->Unit(benchmark::kMicrosecond);
BENCHMARK(batch_norm_1d)->Name("batch_norm_1d_fb_128x256")->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(wide, relu, rapt::ReLU<float>{})->Name("relu_fb_6400x512")->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(wide, leaky, rapt::LeakyReLU<float>{})
    ->Name("leaky_relu_fb_6400x512")
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(wide, tanh, rapt::Tanh<float>{})->Name("tanh_fb_6400x512")->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(wide, sigmoid, rapt::Sigmoid<float>{})
    ->Name("sigmoid_fb_6400x512")
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(wide, gelu, rapt::GELU<float>{})->Name("gelu_fb_6400x512")->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(wide, silu, rapt::SiLU<float>{})->Name("silu_fb_6400x512")->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(wide, softplus, rapt::Softplus<float>{})
    ->Name("softplus_fb_6400x512")
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(wide, dropout, rapt::Dropout<float>(0.1))
    ->Name("dropout_fb_6400x512")
    ->Unit(benchmark::kMicrosecond);
