// GanMonitor on whole trainings: healthy ones give no alarm, constructed failures are named within five
// epochs. RAPT_TEST_SEEDS says on how many seeds; the default is short.
#include <rapt/gan/gan_guard.hpp>

#include <rapt/gan/discriminator.hpp>
#include <rapt/gan/generator.hpp>
#include <rapt/gan/r1_penalty.hpp>
#include <rapt/io/image_csv.hpp>
#include <rapt/loss/hinge_gan_loss.hpp>
#include <rapt/loss/minimax_gan_loss.hpp>
#include <rapt/nn/batch_norm_2d.hpp>
#include <rapt/nn/conv_2d.hpp>
#include <rapt/nn/conv_transpose_2d.hpp>
#include <rapt/nn/flatten.hpp>
#include <rapt/nn/leaky_relu.hpp>
#include <rapt/nn/relu.hpp>
#include <rapt/nn/sequential.hpp>
#include <rapt/nn/tanh.hpp>
#include <rapt/nn/unflatten.hpp>

#include "support/catch.hpp"
#include "support/monitor_runs.hpp"

#include <cmath>
#include <numbers>
#include <string>
#include <vector>

namespace {

using rapt::GanFailure;
using rapt::Index;
using rapt::RandomStream;
using rapt::Tensor;
using rapt_test::expect_healthy;
using rapt_test::expect_named;
using rapt_test::Named;

/// Eight Gaussians on a circle, scaled to deviation 1.
struct RunRing {
  using G = rapt::Generator<float>;
  using D = rapt::Discriminator<float>;
  static constexpr Index batch = 128, noise = 2, steps_per_epoch = 50;
  static constexpr double rate = 1e-3;
  using Samples = Tensor<float, 2>;

  static G generator(RandomStream& stream) { return G({noise, 64, 64, 64, 2}, stream); }
  static D discriminator(RandomStream& stream) { return D({2, 64, 64, 64}, stream); }
  static Samples samples(Index count) { return Samples({count, 2}); }
  static void draw(Samples& x, RandomStream& stream) {
    const float scale = std::sqrt(2.0f);
    for (Index n = 0; n < x.extent(0); ++n) {
      const double angle = std::numbers::pi * static_cast<double>(uniform_index(stream, 8)) / 4;
      x(n, 0) = (2 * static_cast<float>(std::cos(angle)) + 0.02f * rapt::normal<float>(stream)) / scale;
      x(n, 1) = (2 * static_cast<float>(std::sin(angle)) + 0.02f * rapt::normal<float>(stream)) / scale;
    }
  }
  /// Fakes far from all real samples.
  static void move_away(G& g) { g.net.linear.back().bias.fill(20); }
};

/// The bundled digits, by convolutions.
struct RunDigits {
  using G = rapt::Sequential<rapt::Linear<float>, rapt::Unflatten<float>, rapt::BatchNorm2d<float>,
                             rapt::ReLU<float, 4>, rapt::ConvTranspose2d<float>, rapt::Tanh<float, 4>>;
  using D = rapt::Sequential<rapt::Conv2d<float>, rapt::LeakyReLU<float, 4>, rapt::Conv2d<float>,
                             rapt::LeakyReLU<float, 4>, rapt::Flatten<float>, rapt::Linear<float>>;
  static constexpr Index batch = 64, noise = 16, steps_per_epoch = 28;
  static constexpr double rate = 1e-3;
  using Samples = Tensor<float, 4>;

  static constexpr bool readable() {
#if defined(RAPT_HAS_ZLIB) && RAPT_HAS_ZLIB
    return true;
#else
    return false;
#endif
  }
  static G generator(RandomStream& s) {
    return G(rapt::Linear<float>(noise, 16 * 16, s), rapt::Unflatten<float>(16, 4, 4),
             rapt::BatchNorm2d<float>(16), {},
             rapt::ConvTranspose2d<float>(16, 1, 4, s, {.stride = 2, .padding = 1}), {});
  }
  static D discriminator(RandomStream& s) {
    return D(rapt::Conv2d<float>(1, 16, 3, s, {.stride = 2, .padding = 1}), rapt::LeakyReLU<float, 4>(0.2),
             rapt::Conv2d<float>(16, 32, 3, s, {.stride = 2, .padding = 1}), rapt::LeakyReLU<float, 4>(0.2),
             {}, rapt::Linear<float>(32 * 4, 1, s));
  }
  static Samples samples(Index count) { return Samples({count, 1, 8, 8}); }
  static void draw(Samples& x, RandomStream& stream) {
    static const auto digits =
        rapt::read_image_csv(RAPT_SOURCE_DIR "/examples/sagan_images/data/digits.csv.gz",
                             {.height = 8, .width = 8, .largest = 16});
    for (Index n = 0; n < x.extent(0); ++n) {
      const Index from = uniform_index(stream, digits.size());
      std::copy_n(digits.images.data() + from * 64, 64, x.data() + n * 64);
    }
  }
  static void move_away(G& g) { std::get<4>(g.layers).bias.fill(1); }
};

/// One training under a monitor.
template <class Data, class Loss, class Penalty>
class MonitoredRun {
 public:
  using G = typename Data::G;
  using D = typename Data::D;

  MonitoredRun(std::uint64_t seed, const rapt::GanRecipe<Loss, Penalty>& recipe)
      : stream_(seed),
        g(Data::generator(stream_)),
        d(Data::discriminator(stream_)),
        trainer(g, d, recipe, stream_.substream("trainer")) {}

  /// So many epochs, or until a failure is named: its epoch from 1, or 0.
  Index train(Index epochs) {
    for (Index epoch = 1; epoch <= epochs; ++epoch) {
      for (Index k = 0; k < Data::steps_per_epoch; ++k) {
        if (!monitor.observe(step()).healthy()) return epoch;
      }
      draw(noise_, real_, 256);
      const auto fakes = predict(g, noise_);
      monitor.measure(real_, fakes);
      monitor.measure_weights(grad_norm(g));
      if (!monitor.end_epoch().healthy()) return epoch;
    }
    return 0;
  }
  /// D alone against G as it is.
  void train_discriminator(Index steps) {
    const double rate = std::exchange(trainer.generator_optimiser().options.rate, 0);
    for (Index k = 0; k < steps; ++k) step();
    trainer.generator_optimiser().options.rate = rate;
  }
  rapt::GanStep<float> step() {
    return trainer.step(
        g, d, [&](Index) { return noise_.view(); },
        [&](Index) {  // asked for first
          draw(noise_, real_, Data::batch);
          return real_.view();
        });
  }
  void draw(Tensor<float, 2>& noise, typename Data::Samples& real, Index count) {
    fill_normal(noise.resize({count, Data::noise}), 0, 1, stream_);
    if (constant_noise)
      for (Index n = 0; n < noise.size(); ++n) noise.data()[n] = 0.5f;
    if (real.extent(0) != count) real = Data::samples(count);
    Data::draw(real, stream_);
  }

 private:
  RandomStream stream_;
  Tensor<float, 2> noise_;
  typename Data::Samples real_;

 public:
  bool constant_noise = false;
  G g;
  D d;
  rapt::GanTrainer<G, D, Loss, Penalty> trainer;
  rapt::GanMonitor monitor;
};

template <class Data, template <class> class Loss, class Penalty = rapt::R1Penalty>
MonitoredRun<Data, Loss<float>, Penalty> run_of(std::uint64_t seed, Penalty penalty = {},
                                                double generator_rate = Data::rate,
                                                Index discriminator_steps = 1) {
  const rapt::AdamOptions adam{.rate = Data::rate, .beta1 = 0, .beta2 = 0.99};
  rapt::GanRecipe<Loss<float>, Penalty> recipe{.options = {.generator = adam, .discriminator = adam},
                                               .penalty = penalty};
  recipe.options.generator.rate = generator_rate;
  recipe.options.discriminator_steps = discriminator_steps;
  return {seed, recipe};
}
const rapt::R1Penalty run_penalty{.weight = 0.05};

/// A healthy training for so many epochs: the failure named, if one was.
template <class Data>
std::string healthy_run(std::uint64_t seed, Index epochs) {
  auto run = run_of<Data, rapt::NonSaturatingGanLoss>(seed, run_penalty);
  run.train(epochs);
  return run.monitor.verdict().message();
}

/// The noise stops to vary: from the beginning, or after some healthy epochs.
template <class Data>
Named noise_stands_still(std::uint64_t seed, Index healthy) {
  auto run = run_of<Data, rapt::NonSaturatingGanLoss>(seed, run_penalty);
  REQUIRE(run.train(healthy) == 0);
  run.constant_noise = true;
  const Index named = run.train(5);
  return {run.monitor.verdict().failure, named, run.monitor.verdict().message()};
}

/// The generator is driven to the discriminator's favourite point: D stands still, G is fast.
template <class Data>
Named generator_runs_ahead(std::uint64_t seed, Index healthy) {
  auto run = run_of<Data, rapt::NonSaturatingGanLoss>(seed, run_penalty);
  REQUIRE(run.train(healthy) == 0);
  run.trainer.discriminator_optimiser().options.rate = 0;
  run.trainer.generator_optimiser().options.rate *= 10;
  const Index named = run.train(5);
  return {run.monitor.verdict().failure, named, run.monitor.verdict().message()};
}

/// Fakes far away, a discriminator that has had all the time it wanted and takes it, and the saturating loss.
template <class Data>
Named perfect_discriminator(std::uint64_t seed) {
  auto run = run_of<Data, rapt::MinimaxGanLoss, rapt::NoPenalty>(seed, {}, 1e-4, 5);
  Data::move_away(run.g);
  run.train_discriminator(100);
  const Index named = run.train(5);
  return {run.monitor.verdict().failure, named, run.monitor.verdict().message()};
}

/// A discriminator whose logits have gone flat in the middle of a healthy training.
template <class Data>
Named discriminator_goes_flat(std::uint64_t seed, Index healthy) {
  auto run = run_of<Data, rapt::NonSaturatingGanLoss>(seed, run_penalty);
  REQUIRE(run.train(healthy) == 0);
  run.trainer.discriminator_optimiser().options.rate = 0;
  rapt::zip_parameters(
      [](auto& p) {
        for (float& w : p) w *= 1e-3f;
      },
      run.d);
  const Index named = run.train(5);
  return {run.monitor.verdict().failure, named, run.monitor.verdict().message()};
}

}  // namespace

TEST_CASE("GanMonitor gives no alarm in healthy trainings on a ring of eight", "[gan][monitor][runs]") {
  expect_healthy("healthy ring of 8",
                 [](std::uint64_t seed) { return healthy_run<RunRing>(100 + seed, 40); });
}

TEST_CASE("GanMonitor gives no alarm in healthy trainings on digits", "[gan][monitor][runs]") {
  if (!RunDigits::readable()) RAPT_SKIP("the digits are packed, and there is no zlib");
  expect_healthy("healthy digits", [](std::uint64_t seed) { return healthy_run<RunDigits>(200 + seed, 20); });
}

TEST_CASE("GanMonitor names a collapse on a ring of eight", "[gan][monitor][runs]") {
  const auto collapse = GanFailure::mode_collapse;
  expect_named("ring, noise constant from the beginning", collapse,
               [](std::uint64_t seed) { return noise_stands_still<RunRing>(300 + seed, 0); });
  expect_named("ring, noise constant after 8 epochs", collapse,
               [](std::uint64_t seed) { return noise_stands_still<RunRing>(300 + seed, 8); });
  expect_named("ring, generator ahead after 8 epochs", collapse,
               [](std::uint64_t seed) { return generator_runs_ahead<RunRing>(300 + seed, 8); });
}

TEST_CASE("GanMonitor names a collapse on digits", "[gan][monitor][runs]") {
  if (!RunDigits::readable()) RAPT_SKIP("the digits are packed, and there is no zlib");
  const auto collapse = GanFailure::mode_collapse;
  expect_named("digits, noise constant from the beginning", collapse,
               [](std::uint64_t seed) { return noise_stands_still<RunDigits>(400 + seed, 0); });
  expect_named("digits, noise constant after 8 epochs", collapse,
               [](std::uint64_t seed) { return noise_stands_still<RunDigits>(400 + seed, 8); });
}

TEST_CASE("GanMonitor names a vanishing gradient on a ring of eight", "[gan][monitor][runs]") {
  const auto vanishing = GanFailure::vanishing_gradient;
  expect_named("ring, perfect discriminator", vanishing,
               [](std::uint64_t seed) { return perfect_discriminator<RunRing>(500 + seed); });
  expect_named("ring, flat discriminator after 8 epochs", vanishing,
               [](std::uint64_t seed) { return discriminator_goes_flat<RunRing>(500 + seed, 8); });
}

TEST_CASE("GanMonitor names a vanishing gradient on digits", "[gan][monitor][runs]") {
  if (!RunDigits::readable()) RAPT_SKIP("the digits are packed, and there is no zlib");
  const auto vanishing = GanFailure::vanishing_gradient;
  expect_named("digits, perfect discriminator", vanishing,
               [](std::uint64_t seed) { return perfect_discriminator<RunDigits>(600 + seed); });
  expect_named("digits, flat discriminator after 8 epochs", vanishing,
               [](std::uint64_t seed) { return discriminator_goes_flat<RunDigits>(600 + seed, 8); });
}
