#include <rapt/gan/concat.hpp>
#include <rapt/gan/discriminator.hpp>
#include <rapt/gan/feature_discriminator.hpp>
#include <rapt/gan/generator.hpp>
#include <rapt/gan/mlp.hpp>
#include <rapt/gan/nonlinearity.hpp>
#include <rapt/gan/presets.hpp>
#include <rapt/gan/projection_discriminator.hpp>
#include <rapt/gan/trainer.hpp>
#include <rapt/loss/bce_with_logits.hpp>
#include <rapt/loss/bpr.hpp>
#include <rapt/loss/candidate_list_loss.hpp>
#include <rapt/loss/cross_entropy.hpp>
#include <rapt/loss/gaussian_kl.hpp>
#include <rapt/loss/kl_div.hpp>
#include <rapt/loss/mse.hpp>
#include <rapt/loss/weighted_square.hpp>
#include <rapt/optim/adam.hpp>
#include <rapt/optim/adamw.hpp>
#include <rapt/optim/sgd.hpp>
#include <rapt/recommend/candidate_discriminator.hpp>
#include <rapt/recommend/profile_generator.hpp>

#include "layer_bench.hpp"

#include <array>
#include <vector>

namespace {

using namespace rapt_bench;

template <class Loss>
void loss_against_tensor(benchmark::State& state, const Loss& loss) {
  const auto prediction = noise<2>({128, 1682});
  Tensor<float, 2> target({128, 1682});
  fill_uniform(target.view(), 0, 1, stream());
  const rapt::TensorView<const float, 2> view = target;
  loss_forward_backward(state, loss, prediction, view);
}
template <class Loss, class Pair>
void loss_of_pair(benchmark::State& state, const Loss& loss, const Pair&) {
  const auto first = noise<2>({128, 1682}), second = noise<2>({128, 1682});
  loss_forward_backward(state, loss, Pair{first, second}, {});
}
void cross_entropy(benchmark::State& state) {
  const auto logits = noise<2>({128, 1682});
  const auto classes = ids<1>({128}, 1682);
  loss_forward_backward(state, rapt::CrossEntropyLoss<float>{}, logits, classes);
}
void weighted_square(benchmark::State& state) {
  const auto scores = noise<2>({128, 2596});
  Tensor<Index, 1> positives({128 * 13});
  for (Index n = 0; n < positives.extent(0); ++n) positives(n) = n % 13 * 199;
  const auto offsets = even_offsets(128, 13);
  loss_forward_backward(state, rapt::WeightedSquareLoss<float>{}, scores, {positives, offsets, {}});
}
void candidate_list(benchmark::State& state) {
  const auto scores = noise<2>({9600, 1});
  Tensor<bool, 1> positive({9600});
  for (Index n = 0; n < 9600; n += 40) positive(n) = true;
  const auto offsets = even_offsets(64, 150);
  loss_forward_backward(state, rapt::CandidateListLoss<float>{}, scores, {positive, offsets});
}

/// One update of ten million numbers.
template <class Optimiser>
void update(benchmark::State& state) {
  rapt::Linear<float> model(2500, 4000, stream()), gradient = model;
  Optimiser optimiser(model);
  for (auto _ : state) {
    optimiser.step(model, gradient);
    benchmark::ClobberMemory();
  }
}

/// A step of both players: noise 128 -> 256 -> 1682 against 1682 -> 256 -> 1.
void gan_step(benchmark::State& state) {
  rapt::Generator<float> g({128, 256, 1682}, stream());
  rapt::Discriminator<float> d({1682, 256}, stream());  // and one logit
  rapt::GanTrainer trainer(g, d);
  const auto z = noise<2>({128, 128}), real = noise<2>({128, 1682});
  for (auto _ : state) {
    benchmark::DoNotOptimize(trainer.step(g, d, z.view(), real.view()));
  }
}
/// The same nets by the recipe of WGAN-GP: five critic steps with exact penalties and one of G.
void wgan_gp_step(benchmark::State& state) {
  rapt::Generator<float> g({128, 256, 1682}, stream());
  rapt::Discriminator<float> d({1682, 256}, stream());
  rapt::GanTrainer trainer(g, d, rapt::wgan_gp_recipe<float>());
  const auto z = noise<2>({64, 128}), real = noise<2>({64, 1682});
  const auto inputs = [&](Index) { return z.view(); };
  const auto reals = [&](Index) { return real.view(); };
  for (auto _ : state) {
    benchmark::DoNotOptimize(trainer.step(g, d, inputs, reals));
  }
}
void feature_discriminator(benchmark::State& state) {
  const auto x = noise<2>({128, 1682});
  const rapt::FeatureDiscriminator d(rapt::Linear<float>(1682, 256, stream()),
                                     rapt::Linear<float>(256, 1, stream()));
  forward_backward(state, d, x);
}
void concat(benchmark::State& state) {
  const auto first = noise<2>({128, 1682}), second = noise<2>({128, 64});
  forward_backward(state, rapt::Concat<float>{}, {first, second});
}
void mlp(benchmark::State& state) {
  const std::array<Index, 4> widths{256, 256, 256, 256};
  const auto x = noise<2>({128, 256});
  forward_backward(state, rapt::Mlp<float>(widths, rapt::Activate::relu, rapt::Activate::identity, stream()),
                   x);
}
void nonlinearity(benchmark::State& state) {
  const auto x = noise<2>({6400, 512});
  forward_backward(state, rapt::Nonlinearity<float>{rapt::Activate::leaky_relu}, x);
}
void generator(benchmark::State& state) {
  const auto z = noise<2>({128, 128});
  forward_backward(state, rapt::Generator<float>({128, 256, 1682}, stream()), z);
}
void conditional_generator(benchmark::State& state) {
  const auto z = noise<2>({128, 128}), condition = noise<2>({128, 64});
  const rapt::ConditionalGenerator<float> g(rapt::Generator<float>({128 + 64, 256, 1682}, stream()));
  forward_backward(state, g, {z, condition});
}
void discriminator(benchmark::State& state) {
  const auto x = noise<2>({128, 1682});
  forward_backward(state, rapt::Discriminator<float>({1682, 256}, stream()), x);
}
void conditional_discriminator(benchmark::State& state) {
  const auto x = noise<2>({128, 1682}), condition = noise<2>({128, 64});
  const rapt::ConditionalDiscriminator<float> d(rapt::Discriminator<float>({1682 + 64, 256}, stream()));
  forward_backward(state, d, {x, condition});
}
void projection_discriminator(benchmark::State& state) {
  const auto x = noise<2>({128, 1682}), condition = noise<2>({128, 10});
  const rapt::ProjectionDiscriminator<rapt::Mlp<float>> d(
      rapt::Mlp<float>(std::vector<Index>{1682, 256}, rapt::Activate::leaky_relu, rapt::Activate::leaky_relu,
                       stream()),
      256, 10, stream());
  forward_backward(state, d, {x, condition});
}
void profile_generator(benchmark::State& state) {
  const auto profile = ids<1>({128 * 9}, 2596);
  const auto offsets = even_offsets(128, 9);
  forward_backward(state, rapt::ProfileGenerator<float>(2596, {}, stream()), {profile, offsets});
}
void candidate_discriminator(benchmark::State& state) {
  const auto features = noise<2>({9600, 7}), prior = noise<2>({9600, 1}), evidence = noise<2>({9600 * 9, 2});
  const auto offsets = even_offsets(9600, 9);
  forward_backward(state, rapt::CandidateDiscriminator<float>(7, 2, {0.0, 1.0, 4.0}, 32, stream()),
                   {features, prior, evidence, offsets});
}

}  // namespace

BENCHMARK_CAPTURE(loss_against_tensor, bce, rapt::BCEWithLogitsLoss<float>{})
    ->Name("bce_with_logits_fb_128x1682")
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(loss_against_tensor, mse, rapt::MSELoss<float>{})
    ->Name("mse_fb_128x1682")
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(loss_against_tensor, kl_div, rapt::KLDivLoss<float>{})
    ->Name("kl_div_fb_128x1682")
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(loss_of_pair, bpr, rapt::BPRLoss<float>{}, rapt::RankedPairs<float>{})
    ->Name("bpr_fb_128x1682")
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(loss_of_pair, gaussian_kl, rapt::GaussianKLLoss<float>{}, rapt::DiagonalGaussian<float>{})
    ->Name("gaussian_kl_fb_128x1682")
    ->Unit(benchmark::kMicrosecond);
BENCHMARK(cross_entropy)->Name("cross_entropy_fb_128x1682")->Unit(benchmark::kMicrosecond);
BENCHMARK(weighted_square)->Name("weighted_square_fb_128x2596")->Unit(benchmark::kMicrosecond);
BENCHMARK(candidate_list)->Name("candidate_list_loss_fb_64x150")->Unit(benchmark::kMicrosecond);
BENCHMARK(update<rapt::Adam<rapt::Linear<float>>>)->Name("adam_10m")->Unit(benchmark::kMillisecond);
BENCHMARK(update<rapt::AdamW<rapt::Linear<float>>>)->Name("adamw_10m")->Unit(benchmark::kMillisecond);
BENCHMARK(update<rapt::SGD<rapt::Linear<float>>>)->Name("sgd_10m")->Unit(benchmark::kMillisecond);
BENCHMARK(gan_step)->Name("gan_step_128_256_1682")->Unit(benchmark::kMillisecond);
BENCHMARK(wgan_gp_step)->Name("wgan_gp_step_64_256_1682")->Unit(benchmark::kMillisecond);
BENCHMARK(feature_discriminator)->Name("feature_discriminator_fb_1682_256")->Unit(benchmark::kMicrosecond);
BENCHMARK(concat)->Name("concat_fb_128x1682_64")->Unit(benchmark::kMicrosecond);
BENCHMARK(mlp)->Name("mlp_fb_3x_linear_relu_128x256")->Unit(benchmark::kMicrosecond);
BENCHMARK(nonlinearity)->Name("nonlinearity_leaky_relu_fb_6400x512")->Unit(benchmark::kMicrosecond);
BENCHMARK(generator)->Name("generator_fb_128_256_1682")->Unit(benchmark::kMicrosecond);
BENCHMARK(conditional_generator)
    ->Name("conditional_generator_fb_128_64_256_1682")
    ->Unit(benchmark::kMicrosecond);
BENCHMARK(discriminator)->Name("discriminator_fb_1682_256")->Unit(benchmark::kMicrosecond);
BENCHMARK(conditional_discriminator)
    ->Name("conditional_discriminator_fb_1682_64_256")
    ->Unit(benchmark::kMicrosecond);
BENCHMARK(projection_discriminator)
    ->Name("projection_discriminator_fb_1682_256_10")
    ->Unit(benchmark::kMillisecond);
BENCHMARK(profile_generator)->Name("profile_generator_fb_128x2596")->Unit(benchmark::kMillisecond);
BENCHMARK(candidate_discriminator)->Name("candidate_discriminator_fb_9600")->Unit(benchmark::kMillisecond);
