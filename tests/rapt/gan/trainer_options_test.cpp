// What GanOptions, losses and penalties change about a GanTrainer.
#include <rapt/gan/trainer.hpp>

#include <rapt/gan/discriminator.hpp>
#include <rapt/gan/generator.hpp>
#include <rapt/gan/wgan_gradient_penalty.hpp>
#include <rapt/loss/hinge_gan_loss.hpp>
#include <rapt/loss/least_squares_gan_loss.hpp>
#include <rapt/loss/minimax_gan_loss.hpp>
#include <rapt/loss/relativistic_average_gan_loss.hpp>
#include <rapt/loss/wasserstein_gan_loss.hpp>
#include <rapt/nn/batch_norm_1d.hpp>
#include <rapt/nn/linear.hpp>
#include <rapt/nn/sequential.hpp>
#include <rapt/nn/tanh.hpp>
#include <rapt/testing/golden.hpp>

#include "support/allocation_counter.hpp"
#include "support/catch.hpp"
#include "support/draw.hpp"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace {

using rapt::Index;
using OptionsBody = rapt::Sequential<rapt::Linear<double>, rapt::Tanh<double>>;
using OptionsCritic = rapt::FeatureDiscriminator<OptionsBody, rapt::Linear<double>>;

/// Adds its weight, times a factor, to every gradient, and returns it.
struct StampPenalty {
  double weight = 1, factor = 1;
  template <class D, class Wiring>
  struct Cache {};
  template <class D, class Wiring>
  typename D::Scalar add(const D&, const typename D::Input&, const typename Wiring::Fake&,
                         const typename Wiring::GInput&, const rapt::RandomStream&, Cache<D, Wiring>&,
                         D* gradient) const {
    zip_parameters(
        [&](auto& g) {
          for (auto& x : g) x += static_cast<typename D::Scalar>(weight * factor);
        },
        *gradient);
    return static_cast<typename D::Scalar>(weight * factor);
  }
};

struct OptionsGan {
  rapt::RandomStream stream{1};
  rapt::Generator<float> g{{3, 8, 2}, stream};
  rapt::Discriminator<float> d{{2, 7}, stream};
  rapt::Tensor<float, 2> z{{6, 3}}, x{{6, 2}};
  OptionsGan() {
    fill_normal(z.view(), 0, 1, stream);
    fill_normal(x.view(), 1, 1, stream);
  }
};

template <class Model>
std::vector<double> options_numbers(const Model& model) {
  std::vector<double> numbers;
  rapt::zip_parameters([&](const auto& p) { numbers.insert(numbers.end(), p.begin(), p.end()); }, model);
  return numbers;
}

/// Trains with the given parts for some steps, from a checkpoint of its own half-way if asked; all numbers.
template <class Trainer>
std::vector<double> train_in_pieces(OptionsGan gan, const Trainer& start, bool resume) {
  Trainer trainer = start;
  std::vector<double> numbers;
  for (int step = 0; step < 6; ++step) {
    if (resume && step == 3) {
      Trainer fresh = start;
      fresh.state() = trainer.state();
      trainer = fresh;
    }
    gan.z(0, 0) += 0.1f;
    const auto result = trainer.step(gan.g, gan.d, gan.z, gan.x);
    numbers.push_back(static_cast<double>(result.discriminator_loss));
    numbers.push_back(static_cast<double>(result.generator_loss));
    numbers.push_back(static_cast<double>(result.penalty));
  }
  for (const auto& more :
       {options_numbers(gan.g), options_numbers(gan.d), options_numbers(trainer.sampler(gan.g))})
    numbers.insert(numbers.end(), more.begin(), more.end());
  return numbers;
}

template <class Loss>
std::vector<double> five_steps_of(const Loss& loss, Index threads) {
  rapt::set_threads(threads);
  rapt::RandomStream stream(3);
  rapt::Generator<float> g({32, 150, 100}, stream);
  rapt::Discriminator<float> d({100, 150}, stream);
  rapt::GanTrainer trainer(g, d,
                           {.penalty_every = 2,
                            .generator_clip = 1,
                            .discriminator_clip = 1,
                            .weight_clip = 0.2,
                            .average = {.decay = 0.9, .warmup = 1},
                            .instance_noise = {.deviation = 0.3, .steps = 4}},
                           stream, loss, rapt::WganGradientPenalty{});
  rapt::Tensor<float, 2> noise({130, 32}), real({130, 100});
  std::vector<double> numbers;
  for (int step = 0; step < 5; ++step) {
    fill_normal(noise.view(), 0, 1, stream);
    fill_normal(real.view(), 1, 1, stream);
    const auto result = trainer.step(g, d, noise, real);
    numbers.insert(numbers.end(), {static_cast<double>(result.discriminator_loss),
                                   result.generator_gradient_norm, static_cast<double>(result.penalty)});
  }
  for (const auto& more : {options_numbers(g), options_numbers(d), options_numbers(trainer.sampler(g))})
    numbers.insert(numbers.end(), more.begin(), more.end());
  rapt::set_threads(1);
  return numbers;
}

}  // namespace

TEST_CASE("GanTrainer agrees with PyTorch with clipping matching and a relativistic loss",
          "[gan][trainer][golden]") {
  const rapt::testing::Golden golden(RAPT_SOURCE_DIR "/tests/golden/gan_options.txt");
  rapt::RandomStream stream(1);
  rapt::Generator<double> g({2, 4, 3}, stream, {rapt::Activate::tanh, rapt::Activate::tanh}), g_end = g,
                                                                                              averaged = g;
  OptionsCritic d(OptionsBody(rapt::Linear<double>(3, 5, stream), {}), rapt::Linear<double>(5, 1, stream)),
      d_end = d;
  golden.load(g, "begin.g.");
  golden.load(d, "begin.d.");
  golden.load(g_end, "end.g.");
  golden.load(d_end, "end.d.");
  golden.load(averaged, "average.g.");
  rapt::GanTrainer trainer(g, d,
                           {.generator = {.rate = 0.01, .beta1 = 0.5},
                            .discriminator = {.rate = 0.04, .beta1 = 0, .beta2 = 0.9},
                            .generator_clip = 0.3,
                            .discriminator_clip = 0.2,
                            .weight_clip = 0.4,
                            .average = {.decay = 0.9, .warmup = 2},
                            .features = {.weight = 0.5, .adversarial_weight = 2}},
                           rapt::RandomStream{},
                           rapt::RelativisticAverageGanLoss<double>{.label_smoothing = 0.1});
  const auto results = golden.tensor<double, 2>("results");
  for (Index step = 0; step < 4; ++step) {
    const auto z = golden.tensor<double, 2>("z." + std::to_string(step));
    const auto x = golden.tensor<double, 2>("x." + std::to_string(step));
    const auto result = trainer.step(g, d, z, x);
    CHECK(std::abs(result.discriminator_loss - results(step, 0)) < 1e-10);
    CHECK(std::abs(result.generator_loss - results(step, 1)) < 1e-10);
    CHECK(std::abs(result.feature_loss - results(step, 2)) < 1e-10);
    CHECK(std::abs(result.discriminator_gradient_norm - results(step, 3)) < 1e-10);
    CHECK(std::abs(result.generator_gradient_norm - results(step, 4)) < 1e-10);
    CHECK(std::abs(result.generator_signal - results(step, 5)) < 1e-10);
  }
  const auto close = [](const auto& a, const auto& b) {
    CHECK(rapt::testing::largest_difference(a, b) < 1e-10);
  };
  zip_parameters(close, g, g_end);
  zip_parameters(close, d, d_end);
  zip_parameters(close, trainer.sampler(g), averaged);
}

TEST_CASE("GanTrainer adds the penalty to every k-th update of the discriminator k times as strong",
          "[gan][trainer][penalty]") {
  OptionsGan gan;
  const auto same = [](const rapt::Tensor<float, 2>& t) { return [&t](Index) { return t.view(); }; };
  rapt::GanTrainer trainer(gan.g, gan.d, {.discriminator_steps = 2, .penalty_every = 3}, gan.stream,
                           rapt::NonSaturatingGanLoss<float>{}, StampPenalty{.weight = 1000});
  // Updates 0 1, 2 3, 4 5, 6 7: those of number 0, 3 and 6 are penalised.
  std::vector<float> penalties;
  std::vector<bool> steep;
  for (int step = 0; step < 4; ++step) {
    const auto result = trainer.step(gan.g, gan.d, same(gan.z), same(gan.x));
    penalties.push_back(result.penalty);
    steep.push_back(result.discriminator_gradient_norm > 1000);
  }
  CHECK(penalties == std::vector<float>{1000, 1000, 0, 1000});
  CHECK(steep == std::vector<bool>{true, true, false, true});
  // One update of two had it, of 3000 in each of 2 * 7 + 7 + 7 + 1 numbers.
  OptionsGan other;
  rapt::GanTrainer first(other.g, other.d, {.penalty_every = 3}, other.stream,
                         rapt::NonSaturatingGanLoss<float>{}, StampPenalty{.weight = 1000});
  CHECK(first.step(other.g, other.d, other.z, other.x).discriminator_gradient_norm ==
        Catch::Approx(3000 * std::sqrt(29.0)).epsilon(1e-3));
}

TEST_CASE("GanTrainer descends the gradient of a WGAN-GP critic's whole loss", "[gan][trainer][penalty]") {
  // With a one-sided penalty of weight 0 it is the plain loss; with a large one the slope of D is kept at 1.
  for (const double weight : {0.0, 10.0}) {
    OptionsGan gan;
    rapt::GanTrainer trainer(
        gan.g, gan.d, {.generator = {.rate = 0}, .discriminator = {.rate = 0.01, .beta1 = 0}}, gan.stream,
        rapt::WassersteinGanLoss<float>{}, rapt::WganGradientPenalty{.weight = weight});
    rapt::GanStep<float> last;
    for (int step = 0; step < 300; ++step) last = trainer.step(gan.g, gan.d, gan.z, gan.x);
    INFO("weight " << weight << " real " << last.real_logit << " fake " << last.fake_logit);
    CHECK(last.finite());
    if (weight == 0) {
      CHECK(last.real_logit - last.fake_logit > 50);
      CHECK(last.penalty == 0);
    } else {
      CHECK(last.real_logit - last.fake_logit < 5);
      CHECK(last.real_logit - last.fake_logit > 0.3);
      CHECK(last.penalty < 1);
    }
  }
}

TEST_CASE("GanTrainer keeps the weights of the discriminator alone within bounds", "[gan][trainer]") {
  OptionsGan gan;
  rapt::GanTrainer trainer(gan.g, gan.d, {.weight_clip = 0.01}, gan.stream,
                           rapt::WassersteinGanLoss<float>{});
  trainer.step(gan.g, gan.d, gan.z, gan.x);
  double largest_d = 0, largest_g = 0;
  for (const double w : options_numbers(gan.d)) largest_d = std::max(largest_d, std::abs(w));
  for (const double w : options_numbers(gan.g)) largest_g = std::max(largest_g, std::abs(w));
  CHECK(largest_d == static_cast<double>(0.01f));
  CHECK(largest_g > 0.1);
}

TEST_CASE("GanTrainer reports gradient norms before it clips them", "[gan][trainer]") {
  OptionsGan plain, clipped;
  rapt::GanTrainer free(plain.g, plain.d),
      bound(clipped.g, clipped.d, {.generator_clip = 1e-3, .discriminator_clip = 1e-3});
  const auto a = free.step(plain.g, plain.d, plain.z, plain.x);
  const auto b = bound.step(clipped.g, clipped.d, clipped.z, clipped.x);
  CHECK(a.discriminator_gradient_norm > 1e-2);
  CHECK(b.discriminator_gradient_norm == a.discriminator_gradient_norm);
  CHECK(a.generator_gradient_norm > 1e-3);
  // Adam's first moment is (1 - beta1) g: its norm tells what was left of g.
  CHECK(grad_norm(bound.discriminator_optimiser().first) == Catch::Approx(0.5e-3).epsilon(2e-3));
  CHECK(grad_norm(bound.generator_optimiser().first) == Catch::Approx(0.5e-3).epsilon(2e-3));
}

TEST_CASE("GanTrainer averages the generator from the end of the warm-up on and buffers as they are",
          "[gan][trainer][average]") {
  using Net = rapt::Sequential<rapt::Linear<double>, rapt::BatchNorm1d<double>>;
  rapt::RandomStream stream(1);
  Net g(rapt::Linear<double>(2, 3, stream), rapt::BatchNorm1d<double>(3));
  rapt::Discriminator<double> d({3, 4}, stream);
  rapt::GanTrainer trainer(g, d, {.generator = {.rate = 0.1}, .average = {.decay = 0.8, .warmup = 2}});
  rapt_test::Draw draw(1);
  const auto z = draw.normal<double, 2>({8, 2}), x = draw.normal<double, 2>({8, 3});
  std::vector<double> weights;
  for (int step = 0; step < 4; ++step) {
    trainer.step(g, d, z, x);
    weights.push_back(std::get<0>(g.layers).weight(0, 0));
    const auto& kept = trainer.sampler(g);
    if (step < 2) CHECK(std::get<0>(kept.layers).weight(0, 0) == Catch::Approx(weights.back()));
    CHECK(std::get<1>(kept.layers).running_mean(1) == std::get<1>(g.layers).running_mean(1));
    CHECK(std::get<1>(kept.layers).running_var(2) == std::get<1>(g.layers).running_var(2));
  }
  // The three generators since the end of the warm-up, weighted 0.64, 0.8 and 1.
  CHECK(std::get<0>(trainer.sampler(g).layers).weight(0, 0) ==
        Catch::Approx((0.64 * weights[1] + 0.8 * weights[2] + weights[3]) / 2.44));
  CHECK(std::get<1>(g.layers).running_mean(1) != 0);

  rapt::GanTrainer plain(g, d);
  CHECK(&plain.sampler(g) == &g);
  CHECK(!plain.state().average.has_value());
}

TEST_CASE("GanTrainer shows the discriminator noisy samples until the noise is gone",
          "[gan][trainer][instance_noise]") {
  const auto train = [](double deviation, std::int64_t steps) {
    OptionsGan gan;
    rapt::GanTrainer trainer(gan.g, gan.d,
                             {.generator = {.rate = 0},
                              .discriminator = {.rate = 0},
                              .instance_noise = {.deviation = deviation, .steps = steps}});
    std::vector<float> losses;
    for (int step = 0; step < 3; ++step)
      losses.push_back(trainer.step(gan.g, gan.d, gan.z, gan.x).discriminator_loss);
    return losses;
  };
  const auto without = train(0, 0), always = train(1, 0), annealed = train(1, 2);
  CHECK(without[0] == without[2]);
  CHECK(always[0] != without[0]);
  CHECK(always[1] != always[0]);
  CHECK(always[2] != without[2]);
  CHECK(annealed[0] == always[0]);
  CHECK(annealed[1] != without[1]);
  CHECK(annealed[2] == without[2]);
}

TEST_CASE("GanTrainer resumes bit for bit from its state", "[gan][trainer][resume]") {
  OptionsGan gan;
  const rapt::GanTrainer trainer(gan.g, gan.d,
                                 {.penalty_every = 2,
                                  .average = {.decay = 0.9, .warmup = 2},
                                  .instance_noise = {.deviation = 0.2, .steps = 5}},
                                 rapt::RandomStream(4), rapt::RelativisticAverageGanLoss<float>{},
                                 rapt::WganGradientPenalty{});
  CHECK(train_in_pieces(gan, trainer, true) == train_in_pieces(gan, trainer, false));
}

TEST_CASE("GanTrainer gives the same bits at any number of threads with every loss",
          "[gan][trainer][threads]") {
  rapt::set_parallel_threshold(0);
  const auto same = [](const auto& loss) {
    const auto one = five_steps_of(loss, 1);
    for (const double x : one) {
      if (!std::isfinite(x)) return false;
    }
    return five_steps_of(loss, 2) == one && five_steps_of(loss, 3) == one;
  };
  CHECK(same(rapt::MinimaxGanLoss<float>{}));
  CHECK(same(rapt::NonSaturatingGanLoss<float>{}));
  CHECK(same(rapt::LeastSquaresGanLoss<float>{}));
  CHECK(same(rapt::HingeGanLoss<float>{}));
  CHECK(same(rapt::WassersteinGanLoss<float>{}));
  CHECK(same(rapt::RelativisticAverageGanLoss<float>{}));
  rapt::set_parallel_threshold(100'000);
}

TEST_CASE("A warm GAN step with every option allocates nothing", "[gan][trainer][allocation]") {
  if (!rapt_test::can_count_allocations()) RAPT_SKIP("allocations cannot be counted here");
  rapt::RandomStream stream(1);
  rapt::Generator<double> g({16, 64, 30}, stream);
  OptionsCritic d(OptionsBody(rapt::Linear<double>(30, 50, stream), {}), rapt::Linear<double>(50, 1, stream));
  rapt::GanTrainer trainer(g, d,
                           {.generator_clip = 1,
                            .discriminator_clip = 1,
                            .weight_clip = 1,
                            .average = {.decay = 0.9},
                            .instance_noise = {.deviation = 0.1},
                            .features = {.weight = 0.5, .adversarial_weight = 2}},
                           stream, rapt::RelativisticAverageGanLoss<double>{}, rapt::WganGradientPenalty{});
  rapt::Tensor<double, 2> noise({64, 16}), real({64, 30});
  fill_normal(noise.view(), 0, 1, stream);
  fill_normal(real.view(), 0, 1, stream);
  for (const Index threads : {1, 2}) {
    rapt::set_threads(threads);
    trainer.step(g, d, noise, real);
    const long before = rapt_test::allocation_count();
    const auto step = trainer.step(g, d, noise, real);
    const long after = rapt_test::allocation_count();
    INFO(threads << " threads");
    CHECK(step.finite());
    CHECK(after == before);
  }
  rapt::set_threads(1);
}

TEST_CASE("GanTrainer names a gradient that is not finite and moves nothing", "[gan][trainer][errors]") {
  OptionsGan gan;
  const auto d_before = options_numbers(gan.d);
  rapt::GanTrainer spoilt(gan.g, gan.d, {}, gan.stream, rapt::NonSaturatingGanLoss<float>{},
                          StampPenalty{.factor = std::numeric_limits<double>::infinity()});
  CHECK(spoilt.step(gan.g, gan.d, gan.z, gan.x).message() ==
        "step 1: discriminator penalty is not finite, and neither is gradient of discriminator "
        "linear.0.weight");
  CHECK(options_numbers(gan.d) == d_before);
  CHECK(spoilt.discriminator_optimiser().steps == 0);

  // Fakes and real samples at 0, where D is 0 but steeper than a float can say.
  OptionsGan steep;
  for (auto& linear : steep.d.net.linear) {
    linear.weight.fill(1e20f);
    linear.bias.fill(0);
  }
  steep.g.net.linear[1].weight.fill(0);
  steep.g.net.linear[1].bias.fill(0);
  steep.x.fill(0);
  const auto g_before = options_numbers(steep.g);
  rapt::GanTrainer trainer(steep.g, steep.d, {.discriminator = {.rate = 0}});
  const auto step = trainer.step(steep.g, steep.d, steep.z, steep.x);
  CHECK(step.message() ==
        "step 1: generator gradient is not finite, and neither is gradient of generator linear.0.weight");
  CHECK(options_numbers(steep.g) == g_before);
  CHECK(trainer.generator_optimiser().steps == 0);
}

TEST_CASE("GanTrainer names features and noise that its parts cannot serve", "[gan][trainer][errors]") {
  OptionsGan gan;
  using Catch::Matchers::Message;
  CHECK_THROWS_MATCHES(rapt::GanTrainer(gan.g, gan.d, {.features = {.weight = 1}}), std::invalid_argument,
                       Message("GanTrainer: features.weight is 1, expected 0, as the discriminator exposes "
                               "no features"));
  CHECK_THROWS_MATCHES(rapt::GanTrainer(gan.g, gan.d, {.discriminator_steps = 0}), std::invalid_argument,
                       Message("GanTrainer: discriminator_steps is 0, expected at least 1"));
}

TEST_CASE("GanTrainer checks its loss and its penalty before the first step", "[gan][trainer][errors]") {
  OptionsGan gan;
  using Catch::Matchers::Message;
  using Loss = rapt::NonSaturatingGanLoss<float>;
  CHECK_THROWS_MATCHES(rapt::GanTrainer(gan.g, gan.d, {}, gan.stream, Loss{.label_smoothing = 1}),
                       std::invalid_argument,
                       Message("GanTrainer: loss.label_smoothing is 1, expected at least 0 and below 1"));
  CHECK_THROWS_MATCHES(rapt::GanTrainer(gan.g, gan.d, {.penalty_every = 4}, gan.stream, Loss{},
                                        rapt::WganGradientPenalty{.weight = -1}),
                       std::invalid_argument,
                       Message("GanTrainer: penalty.weight is -1, expected finite and at least 0"));
  CHECK_THROWS_AS(rapt::GanTrainer(gan.g, gan.d, {}, gan.stream, Loss{},
                                   rapt::WganGradientPenalty{.weight = std::nan("")}),
                  std::invalid_argument);
}

TEST_CASE("GanTrainer counts no step that the penalty refuses", "[gan][trainer][penalty][errors]") {
  // WGAN-GP mixes real samples and fakes one by one: six fakes and five real samples it refuses.
  const auto train = [](bool refuse) {
    OptionsGan gan;
    rapt::GanTrainer trainer(gan.g, gan.d, {.discriminator_steps = 2}, gan.stream,
                             rapt::WassersteinGanLoss<float>{}, rapt::WganGradientPenalty{});
    const rapt::Tensor<float, 2> five({5, 2});
    const auto inputs = [&](Index) { return gan.z.view(); };
    const auto reals = [&](Index) { return gan.x.view(); };
    std::vector<double> numbers;
    for (const std::int64_t made : {0, 1}) {
      if (refuse) {
        const auto before = options_numbers(gan.d);
        CHECK_THROWS_MATCHES(
            trainer.step(gan.g, gan.d, inputs, [&](Index) { return five.view(); }), rapt::ShapeError,
            Catch::Matchers::Message("WganGradientPenalty::add: fake has shape (6, 2), expected (5, 2)"));
        CHECK(trainer.steps() == made);
        CHECK(trainer.discriminator_optimiser().steps == 2 * made);
        CHECK(options_numbers(gan.d) == before);
      }
      const auto step = trainer.step(gan.g, gan.d, inputs, reals);
      CHECK(step.step == made + 1);
      CHECK(trainer.steps() == made + 1);
      numbers.insert(numbers.end(), {static_cast<double>(step.penalty), step.generator_gradient_norm});
    }
    for (const auto& more : {options_numbers(gan.g), options_numbers(gan.d)})
      numbers.insert(numbers.end(), more.begin(), more.end());
    // Once the discriminator has moved, the step is made, whatever comes after.
    CHECK_THROWS_AS(
        trainer.step(gan.g, gan.d, inputs, [&](Index k) { return k == 0 ? gan.x.view() : five.view(); }),
        rapt::ShapeError);
    CHECK(trainer.steps() == 3);
    return numbers;
  };
  CHECK(train(true) == train(false));
}

TEST_CASE("GanTrainer refuses a gradient whose square is not finite and trains on",
          "[gan][trainer][errors]") {
  const auto zero = [](const auto& moments) {
    for (const double m : options_numbers(moments)) {
      if (m != 0) return false;
    }
    return true;
  };
  OptionsGan gan;
  rapt::GanTrainer trainer(gan.g, gan.d, {}, gan.stream, rapt::WassersteinGanLoss<float>{});
  auto huge = gan.x;
  huge.array() *= 1e25f;
  const auto g_before = options_numbers(gan.g), d_before = options_numbers(gan.d);
  const auto step = trainer.step(gan.g, gan.d, gan.z, huge);
  CHECK(std::isfinite(step.discriminator_gradient_norm));
  CHECK(step.discriminator_gradient_norm > 1e20);
  CHECK(step.message() ==
        "step 1: square of discriminator gradient is not finite, and neither is square of gradient of "
        "discriminator linear.0.weight");
  CHECK(options_numbers(gan.g) == g_before);
  CHECK(options_numbers(gan.d) == d_before);
  CHECK(zero(trainer.discriminator_optimiser().second));
  CHECK(trainer.discriminator_optimiser().steps == 0);
  CHECK(trainer.steps() == 1);
  CHECK(trainer.step(gan.g, gan.d, gan.z, gan.x).finite());
  // As if the huge batch had not been.
  OptionsGan spared;
  rapt::GanTrainer without(spared.g, spared.d, {}, spared.stream, rapt::WassersteinGanLoss<float>{});
  without.step(spared.g, spared.d, spared.z, spared.x);
  CHECK(options_numbers(gan.d) == options_numbers(spared.d));
  CHECK(options_numbers(gan.g) == options_numbers(spared.g));
  CHECK(options_numbers(gan.d) != d_before);

  // What a clip has made small enough is taken.
  OptionsGan other;
  rapt::GanTrainer clipped(other.g, other.d, {.discriminator_clip = 1}, other.stream,
                           rapt::WassersteinGanLoss<float>{});
  CHECK(clipped.step(other.g, other.d, other.z, huge).finite());
  CHECK(std::isfinite(rapt::grad_norm(clipped.discriminator_optimiser().second)));

  // The generator's likewise: through a critic of slope 1e25.
  OptionsGan steep;
  for (float& w : steep.d.net.linear[0].weight) w *= 1e13f;
  for (float& w : steep.d.net.linear[1].weight) w *= 1e12f;
  rapt::GanTrainer third(steep.g, steep.d, {.discriminator_clip = 1}, steep.stream,
                         rapt::WassersteinGanLoss<float>{});
  const auto generator_before = options_numbers(steep.g);
  const auto last = third.step(steep.g, steep.d, steep.z, steep.x);
  CHECK(last.message() ==
        "step 1: square of generator gradient is not finite, and neither is square of gradient of generator "
        "linear.0.weight");
  CHECK(options_numbers(steep.g) == generator_before);
  CHECK(zero(third.generator_optimiser().second));
}
