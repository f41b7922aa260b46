#include <rapt/attention/additive_attention.hpp>
#include <rapt/attention/alibi_slopes.hpp>
#include <rapt/attention/attention_pooling.hpp>
#include <rapt/attention/concat_attention.hpp>
#include <rapt/attention/dot_attention.hpp>
#include <rapt/attention/evidence_attention.hpp>
#include <rapt/attention/general_attention.hpp>
#include <rapt/attention/learned_positions.hpp>
#include <rapt/attention/location_attention.hpp>
#include <rapt/attention/multihead_attention.hpp>
#include <rapt/attention/rotary_positions.hpp>
#include <rapt/attention/scaled_dot_product_attention.hpp>
#include <rapt/attention/self_attention.hpp>
#include <rapt/attention/self_attention_2d.hpp>
#include <rapt/attention/sinusoidal_positions.hpp>
#include <rapt/attention/transformer_encoder_layer.hpp>
#include <rapt/attention/uniform_attention.hpp>

#include "attention_case.hpp"
#include "layer_bench.hpp"

namespace {

using namespace rapt_bench;

/// Every kind over 32 samples of 50 positions, 64 wide: self-attention of one input.
template <class L>
void attend(benchmark::State& state, const L& layer) {
  const auto x = noise<3>({32, 50, 64});
  forward_backward(state, layer, {.query = x, .key = x, .value = x});
}
template <class L>
void along(benchmark::State& state, const L& layer) {
  const auto x = noise<3>({128, 50, 128});
  forward_backward(state, layer, x);
}
template <class L>
void over_image(benchmark::State& state, L layer) {
  const auto x = noise<4>({32, 128, 16, 16});
  layer.gamma.fill(1);
  forward_backward(state, layer, x);
}
void encoder(benchmark::State& state) {
  const auto x = noise<3>({32, 50, 128});
  typename rapt::TransformerEncoderLayer<float>::Input input;
  input.x = x;
  forward_backward(state, rapt::TransformerEncoderLayer<float>(128, 4, 256, stream()), input);
}
void pooling(benchmark::State& state) {
  const auto key = noise<2>({6400, 64}), value = noise<2>({6400, 64});
  const auto offsets = even_offsets(128, 50);
  forward_backward(state, rapt::AttentionPooling<float>(64, 2, stream()), {key, value, offsets, {}});
}
void evidence(benchmark::State& state) {
  const auto x = noise<2>({9600 * 16, 2});
  const auto offsets = even_offsets(9600, 16);
  forward_backward(state, rapt::EvidenceAttention<float>(2, {0.0, 1.0, 4.0}), {x, offsets});
}
// Attention alone, at the shape that later kernels are measured at.
void scaled_dot_product_long(benchmark::State& state) {
  const auto x = noise<3>({64, 512, 64});
  forward_backward(state, rapt::ScaledDotProductAttention<float>{}, {.query = x, .key = x, .value = x});
}
// The same without a layer around it, with what the kernel does on the fly.
void masked(benchmark::State& state, bool causal, bool alibi) {
  const auto q = noise<3>({8, 512, 512}), k = noise<3>({8, 512, 512}), v = noise<3>({8, 512, 512});
  const auto slopes = rapt::alibi_slopes<float>(8);
  rapt_bench::AttentionCase it{{.query = q, .key = k, .value = v, .causal = causal}, q, 8};
  if (alibi) it.x.alibi_slopes = slopes;
  for (auto _ : state) {
    it.forward();
    it.backward();
    benchmark::ClobberMemory();
  }
}

}  // namespace

#define RAPT_ATTEND(NAME, LAYER) \
  BENCHMARK_CAPTURE(attend, NAME, LAYER)->Name(#NAME "_fb_32x50x64")->Unit(benchmark::kMicrosecond)
RAPT_ATTEND(uniform_attention, rapt::UniformAttention<float>{});
RAPT_ATTEND(additive_attention, rapt::AdditiveAttention<float>(64, 64, 64, stream()));
RAPT_ATTEND(dot_attention, rapt::DotAttention<float>{});
RAPT_ATTEND(general_attention, rapt::GeneralAttention<float>(64, 64, stream()));
RAPT_ATTEND(concat_attention, rapt::ConcatAttention<float>(64, 64, 64, stream()));
RAPT_ATTEND(location_attention, rapt::LocationAttention<float>(64, 50, stream()));
RAPT_ATTEND(scaled_dot_product_attention, rapt::ScaledDotProductAttention<float>{});
RAPT_ATTEND(multihead_attention, rapt::MultiheadAttention<float>(64, 4, stream()));
BENCHMARK(scaled_dot_product_long)->Name("attention_fb_8x8x512x64")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(along, self_attention, rapt::SelfAttention<float>(128, 2, stream()))
    ->Name("self_attention_fb_128x50x128")
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(along, sinusoidal_positions, rapt::SinusoidalPositions<float>{})
    ->Name("sinusoidal_positions_fb_128x50x128")
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(along, rotary_positions, rapt::RotaryPositions<float>(128, 4))
    ->Name("rotary_positions_fb_128x50x128")
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(along, learned_positions, rapt::LearnedPositions<float>(50, 128, stream()))
    ->Name("learned_positions_fb_128x50x128")
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(over_image, self_attention_2d, rapt::SelfAttention2d<float>(128, stream()))
    ->Name("self_attention_2d_fb_32x128x16x16")
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(masked, causal, true, false)
    ->Name("attention_causal_fb_8x8x512x64")
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(masked, alibi, false, true)
    ->Name("attention_alibi_fb_8x8x512x64")
    ->Unit(benchmark::kMillisecond);
BENCHMARK(encoder)->Name("transformer_encoder_layer_fb_32x50x128")->Unit(benchmark::kMillisecond);
BENCHMARK(pooling)->Name("attention_pooling_fb_128x50x64")->Unit(benchmark::kMicrosecond);
BENCHMARK(evidence)->Name("evidence_attention_fb_9600x16x2")->Unit(benchmark::kMicrosecond);
