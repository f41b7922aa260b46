#pragma once
// One benchmark line for a layer: forward and backward, parameter and input gradients. A peer's line goes
// right below ours in the same program and gets the same name with the peer's in front, so that one run
// compares them.

#include <rapt/core/layer.hpp>
#include <rapt/core/loss.hpp>
#include <rapt/core/random.hpp>
#include <rapt/core/training.hpp>

#include <benchmark/benchmark.h>

namespace rapt_bench {

using rapt::Index;
using rapt::RandomStream;
using rapt::Tensor;

inline RandomStream& stream() {
  static RandomStream value(1);
  return value;
}
template <std::size_t Rank>
Tensor<float, Rank> noise(const rapt::Shape<Rank>& shape) {
  Tensor<float, Rank> tensor(shape);
  fill_normal(tensor.view(), 0, 1, stream());
  return tensor;
}
template <std::size_t Rank>
Tensor<Index, Rank> ids(const rapt::Shape<Rank>& shape, Index limit) {
  Tensor<Index, Rank> tensor(shape);
  for (Index& id : tensor) id = uniform_index(stream(), limit);
  return tensor;
}
/// Offsets of `sets` sets of `size` members each.
inline Tensor<Index, 1> even_offsets(Index sets, Index size) {
  Tensor<Index, 1> offsets({sets + 1});
  for (Index b = 0; b <= sets; ++b) offsets(b) = b * size;
  return offsets;
}

/// Forward and backward of one layer in training mode.
template <rapt::Layer L>
void forward_backward(benchmark::State& state, const L& layer, typename L::Input x) {
  typename L::Cache cache;
  start_training(cache, RandomStream(2));
  const auto dy = noise(layer.forward(x, cache).shape());
  L gradient = zeros_like(layer);
  for (auto _ : state) {
    benchmark::DoNotOptimize(layer.forward(x, cache).data());
    layer.backward(dy, cache, &gradient, rapt::InputGradient::compute);
    benchmark::ClobberMemory();
  }
  state.counters["parameters"] = static_cast<double>(parameter_count(layer));
}

/// Forward and backward of one loss.
template <rapt::Loss L>
void loss_forward_backward(benchmark::State& state, const L& loss, typename L::Prediction prediction,
                           typename L::Target target) {
  typename L::Cache cache;
  for (auto _ : state) {
    benchmark::DoNotOptimize(loss.forward(prediction, target, cache));
    loss.backward(cache);
    benchmark::ClobberMemory();
  }
}

}  // namespace rapt_bench
