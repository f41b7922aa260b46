#include <rapt/gan/discriminator.hpp>
#include <rapt/gan/dragan_penalty.hpp>
#include <rapt/gan/generator.hpp>
#include <rapt/gan/r1_penalty.hpp>
#include <rapt/gan/r2_penalty.hpp>
#include <rapt/gan/spectral_norm.hpp>
#include <rapt/gan/wgan_gradient_penalty.hpp>
#include <rapt/gan/wiring.hpp>
#include <rapt/loss/feature_matching_loss.hpp>
#include <rapt/loss/hinge_gan_loss.hpp>
#include <rapt/loss/least_squares_gan_loss.hpp>
#include <rapt/loss/minimax_gan_loss.hpp>
#include <rapt/loss/non_saturating_gan_loss.hpp>
#include <rapt/loss/relativistic_average_gan_loss.hpp>
#include <rapt/loss/wasserstein_gan_loss.hpp>
#include <rapt/nn/conv_2d.hpp>
#include <rapt/nn/flatten.hpp>
#include <rapt/nn/leaky_relu.hpp>
#include <rapt/nn/linear.hpp>
#include <rapt/nn/sequential.hpp>
#include <rapt/nn/tanh.hpp>

#include "layer_bench.hpp"

namespace {

using namespace rapt_bench;

/// Both players' losses and gradients, 4096 logits of real samples and of fakes.
template <class Loss>
void gan_loss(benchmark::State& state, const Loss& loss) {
  const auto real = noise<2>({4096, 1}), fake = noise<2>({4096, 1});
  typename Loss::Cache cache;
  for (auto _ : state) {
    benchmark::DoNotOptimize(loss.discriminator(real, fake, cache));
    loss.discriminator_backward(cache);
    benchmark::DoNotOptimize(loss.generator(real, fake, cache));
    loss.generator_backward(cache);
    benchmark::ClobberMemory();
  }
}
void feature_matching(benchmark::State& state) {
  const auto fake = noise<2>({128, 1024}), real = noise<2>({128, 1024});
  const rapt::TensorView<const float, 2> target = real;
  loss_forward_backward(state, rapt::FeatureMatchingLoss<float>{}, fake, target);
}

/// Value and gradient of a penalty on a discriminator.
template <class G, class Penalty, class D, std::size_t Rank>
void penalty(benchmark::State& state, const Penalty& p, const D& d, const rapt::Shape<Rank>& shape) {
  const auto real = noise<Rank>(shape), fake = noise<Rank>(shape);
  const rapt::TensorView<const float, Rank> x = real, y = fake;
  typename Penalty::template Cache<D, rapt::GanWiring<G, D>> cache;
  D gradient = zeros_like(d);
  for (auto _ : state) {
    benchmark::DoNotOptimize(p.add(d, x, y, typename G::Input{}, RandomStream(1), cache, &gradient));
    benchmark::ClobberMemory();
  }
  state.counters["parameters"] = static_cast<double>(parameter_count(d));
}
template <class Penalty>
void penalty_of_rows(benchmark::State& state, const Penalty& p) {
  penalty<rapt::Generator<float>>(state, p, rapt::Discriminator<float>({64, 256, 256}, stream()),
                                  rapt::Shape<2>{128, 64});
}
template <class Penalty>
void penalty_of_images(benchmark::State& state, const Penalty& p) {
  using C = rapt::Conv2d<float>;
  const rapt::LeakyReLU<float, 4> leaky(0.2);
  const rapt::Conv2dOptions half{.stride = 2, .padding = 1};
  const rapt::Sequential d{C(1, 64, 4, stream(), half),   leaky,
                           C(64, 128, 4, stream(), half), leaky,
                           rapt::Flatten<float>{},        rapt::Linear<float>(128 * 7 * 7, 1, stream())};
  penalty<rapt::Tanh<float, 4>>(state, p, d, rapt::Shape<4>{32, 1, 28, 28});
}

void spectral_linear(benchmark::State& state) {
  const auto x = noise<2>({128, 256});
  forward_backward(state, rapt::SpectralNorm(rapt::Linear<float>(256, 256, stream()), stream()), x);
}
void spectral_conv_2d(benchmark::State& state) {
  const auto x = noise<4>({64, 128, 8, 8});
  forward_backward(
      state, rapt::SpectralNorm(rapt::Conv2d<float>(128, 128, 3, stream(), {.padding = 1}), stream()), x);
}

}  // namespace

#define RAPT_BENCH_GAN_LOSS(NAME, LOSS) \
  BENCHMARK_CAPTURE(gan_loss, LOSS, rapt::LOSS<float>{})->Name(NAME)->Unit(benchmark::kMicrosecond)
RAPT_BENCH_GAN_LOSS("minimax_gan_loss_fb_4096", MinimaxGanLoss);
RAPT_BENCH_GAN_LOSS("non_saturating_gan_loss_fb_4096", NonSaturatingGanLoss);
RAPT_BENCH_GAN_LOSS("least_squares_gan_loss_fb_4096", LeastSquaresGanLoss);
RAPT_BENCH_GAN_LOSS("hinge_gan_loss_fb_4096", HingeGanLoss);
RAPT_BENCH_GAN_LOSS("wasserstein_gan_loss_fb_4096", WassersteinGanLoss);
RAPT_BENCH_GAN_LOSS("relativistic_average_gan_loss_fb_4096", RelativisticAverageGanLoss);
BENCHMARK(feature_matching)->Name("feature_matching_loss_fb_128x1024")->Unit(benchmark::kMicrosecond);

#define RAPT_BENCH_PENALTY(NAME, PENALTY)                        \
  BENCHMARK_CAPTURE(penalty_of_rows, PENALTY, rapt::PENALTY{})   \
      ->Name(NAME "_leaky_64_256_256_1_batch_128")               \
      ->Unit(benchmark::kMicrosecond);                           \
  BENCHMARK_CAPTURE(penalty_of_images, PENALTY, rapt::PENALTY{}) \
      ->Name(NAME "_conv_64_128_28x28_batch_32")                 \
      ->Unit(benchmark::kMicrosecond)
RAPT_BENCH_PENALTY("wgan_gradient_penalty", WganGradientPenalty);
RAPT_BENCH_PENALTY("r1_penalty", R1Penalty);
RAPT_BENCH_PENALTY("r2_penalty", R2Penalty);
RAPT_BENCH_PENALTY("dragan_penalty", DraganPenalty);

BENCHMARK(spectral_linear)->Name("spectral_norm_fb_linear_128x256x256")->Unit(benchmark::kMicrosecond);
BENCHMARK(spectral_conv_2d)
    ->Name("spectral_norm_fb_conv_2d_128_128_k3_s1_8x8")
    ->Unit(benchmark::kMicrosecond);
