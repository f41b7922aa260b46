#include "training.hpp"

#include <rapt/gan/mode_coverage.hpp>
#include <rapt/gan/presets.hpp>
#include <rapt/gan/r1_penalty.hpp>
#include <rapt/gan/trainer.hpp>
#include <rapt/loss/hinge_gan_loss.hpp>
#include <rapt/loss/least_squares_gan_loss.hpp>
#include <rapt/loss/minimax_gan_loss.hpp>
#include <rapt/loss/non_saturating_gan_loss.hpp>
#include <rapt/loss/relativistic_average_gan_loss.hpp>
#include <rapt/loss/wasserstein_gan_loss.hpp>
#include <rapt/optim/schedule.hpp>

#include <algorithm>
#include <concepts>
#include <stdexcept>

#include <time.h>

namespace toy {
namespace {

using rapt::Index, rapt::RandomStream, rapt::Tensor;
using G = rapt::Generator<float>;
using D = rapt::Discriminator<float>;

// Processor seconds of this thread, which is all a run uses: the same however busy the machine is.
double processor_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

// The recipe of this example, found on seeds other than those of the table. R1 keeps D's slope in check at
// the samples, so that both players settle; the average and the falling rates then take out what still
// trembles.
template <class Loss>
rapt::GanRecipe<Loss, rapt::R1Penalty> default_recipe() {
  const rapt::AdamOptions adam{.rate = 1e-3, .beta1 = 0, .beta2 = 0.99};
  // The other losses grow flat where D is sure; this one does not, and D has to be held tighter.
  constexpr bool never_flat = std::same_as<Loss, rapt::WassersteinGanLoss<float>>;
  return {.options = {.generator = adam, .discriminator = adam, .average = {.decay = 0.999}},
          .penalty = {.weight = never_flat ? 0.5 : 0.05},
          .batch = 128};
}

// The same settings as rapt::naive_recipe, under any loss.
template <class Loss>
rapt::GanRecipe<Loss> naive_recipe() {
  const auto naive = rapt::naive_recipe<float>();
  return {.options = naive.options, .batch = naive.batch};
}

// What a generator writes, in the target's units.
Tensor<float, 2> sample(const G& g, const Target& target, Index count, RandomStream stream) {
  Tensor<float, 2> noise({count, g.net.in()});
  fill_normal(noise.view(), 0, 1, stream);
  auto samples = predict(g, noise);
  samples.array() *= target.scale();
  return samples;
}

rapt::ModeCoverage measure(const G& g, const Target& target, const RandomStream& stream) {
  const auto samples = sample(g, target, 2500, stream.substream("measure"));
  return rapt::mode_coverage(samples, target.centres, target.deviation, {.least_share = 0.1});
}

// After which steps a picture is drawn: dense at first, where most happens.
bool is_pictured(Index step, Index steps) {
  for (const Index part : {40, 10, 4, 2, 1}) {
    if (step == (steps + part - 1) / part) return true;
  }
  return step == 0;
}

template <class Recipe, class Schedule>
Run train(G g, D d, const Recipe& recipe, const Schedule& schedule, const Target& target,
          const RunOptions& options, const Watch& watch) {
  const RandomStream stream(options.seed);
  RandomStream draws = stream.substream("draws");
  rapt::GanTrainer trainer(g, d, recipe, stream.substream("trainer"));
  Tensor<float, 2> noise({recipe.batch, g.net.in()}), real({recipe.batch, 2});
  Run run;
  run.target = target.name;
  run.loss = options.loss;
  run.seed = options.seed;
  const auto look = [&](Index step) {
    if (options.keep_snapshots && is_pictured(step, options.steps)) {
      run.snapshots.push_back({step, sample(trainer.sampler(g), target, 8000, stream.substream("picture"))});
    }
    if (watch && step % std::max<Index>(1, options.steps / 10) == 0) {
      const auto now = measure(trainer.sampler(g), target, stream);
      watch(step, now.covered, now.high_quality);
    }
  };
  look(0);
  for (Index step = 0; step < options.steps; ++step) {
    const double start = processor_seconds();
    trainer.generator_optimiser().options.rate = recipe.options.generator.rate * schedule(step);
    trainer.discriminator_optimiser().options.rate = recipe.options.discriminator.rate * schedule(step);
    fill_normal(noise.view(), 0, 1, draws);
    draw_real(target, real, draws);
    const auto made = trainer.step(g, d, noise, real);
    run.seconds += processor_seconds() - start;
    if (!made.finite()) {
      run.failure = made.message();
      break;
    }
    look(step + 1);
  }
  const auto result = measure(trainer.sampler(g), target, stream);
  run.modes = result.covered;
  run.high_quality = result.high_quality;
  return run;
}

template <class Loss>
Run train_with(const Target& target, const RunOptions& options, const Watch& watch) {
  RandomStream init = RandomStream(options.seed).substream("init");
  const auto always = [](Index) { return 1.0; };
  if (options.preset == "naive") {
    auto nets = rapt::naive_gan<float>(10, 128, 2, init);
    return train(nets.generator, nets.discriminator, naive_recipe<Loss>(), always, target, options, watch);
  }
  if (options.preset != "default") throw std::invalid_argument("no preset '" + options.preset + "'");
  const G g({2, 64, 64, 64, 2}, init);
  const D d({2, 64, 64, 64}, init);
  const Index half = options.steps / 2;  // the rates stay, then fall
  const rapt::SequentialSchedule schedule{half, always,
                                          rapt::CosineSchedule{.steps = options.steps - half, .floor = 0.05}};
  return train(g, d, default_recipe<Loss>(), schedule, target, options, watch);
}

}  // namespace

const std::vector<std::string>& loss_names() {
  static const std::vector<std::string> names{"non-saturating", "minimax",     "least-squares",
                                              "hinge",          "wasserstein", "relativistic"};
  return names;
}

const std::vector<std::string>& preset_names() {
  static const std::vector<std::string> names{"default", "naive"};
  return names;
}

Index preset_steps(std::string_view preset) { return preset == "naive" ? 100'000 : 10'000; }

Run train_gan(const Target& target, const RunOptions& asked, const Watch& watch) {
  RunOptions options = asked;
  if (options.steps == 0) options.steps = preset_steps(options.preset);
  const auto& loss = options.loss;
  if (loss == "non-saturating") return train_with<rapt::NonSaturatingGanLoss<float>>(target, options, watch);
  if (loss == "minimax") return train_with<rapt::MinimaxGanLoss<float>>(target, options, watch);
  if (loss == "least-squares") return train_with<rapt::LeastSquaresGanLoss<float>>(target, options, watch);
  if (loss == "hinge") return train_with<rapt::HingeGanLoss<float>>(target, options, watch);
  if (loss == "wasserstein") return train_with<rapt::WassersteinGanLoss<float>>(target, options, watch);
  if (loss == "relativistic")
    return train_with<rapt::RelativisticAverageGanLoss<float>>(target, options, watch);
  throw std::invalid_argument("no loss '" + loss + "'");
}

}  // namespace toy
