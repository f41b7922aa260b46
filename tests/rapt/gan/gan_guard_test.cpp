#include <rapt/gan/gan_guard.hpp>

#include <rapt/gan/discriminator.hpp>
#include <rapt/gan/generator.hpp>

#include "support/catch.hpp"

#include <limits>
#include <string>
#include <vector>

namespace {

/// A small GAN on two normal numbers, whose noise can be made to stand still.
struct GuardedGan {
  rapt::RandomStream stream{7};
  rapt::Generator<float> g{{2, 16, 2}, stream};
  rapt::Discriminator<float> d{{2, 16}, stream};
  rapt::GanTrainer<rapt::Generator<float>, rapt::Discriminator<float>> trainer{
      g, d, {.generator = {.rate = 1e-3}, .discriminator = {.rate = 1e-3}, .average = {.decay = 0.9}}};
  rapt::Tensor<float, 2> noise{{32, 2}}, real{{32, 2}};
  bool still = false;

  void draw() {
    fill_normal(noise.view(), 0, 1, stream);
    if (still) noise.fill(1);
    fill_normal(real.view(), 0, 1, stream);
  }
  /// Five steps and the measures; false where the guard says stop.
  template <class Guard>
  bool epoch(Guard& guard) {
    for (int k = 0; k < 5; ++k) {
      draw();
      if (!guard.step(trainer.step(g, d, noise, real))) return false;
    }
    const auto fakes = predict(g, noise);
    guard.measure(real, fakes);
    return guard.end_epoch();
  }
  std::vector<float> numbers() const {
    std::vector<float> all;
    const auto add = [&](const auto& p) { all.insert(all.end(), p.begin(), p.end()); };
    rapt::zip_parameters(add, g);
    rapt::zip_parameters(add, d);
    rapt::zip_parameters(add, trainer.state().generator.first);
    rapt::zip_parameters(add, trainer.state().discriminator.second);
    rapt::zip_parameters(add, trainer.state().average->average);
    return all;
  }
};

}  // namespace

TEST_CASE("GanGuard warns once of a failure that lasts and goes on", "[gan][gan_guard]") {
  GuardedGan gan;
  rapt::GanGuard guard(gan.trainer, gan.g, gan.d);
  std::vector<std::string> heard;
  guard.say = [&](const std::string& message) { heard.push_back(message); };
  for (int epoch = 0; epoch < 3; ++epoch) CHECK(gan.epoch(guard));
  CHECK(heard.empty());
  gan.still = true;
  for (int epoch = 0; epoch < 6; ++epoch) CHECK(gan.epoch(guard));
  REQUIRE(heard.size() == 1);
  CHECK(heard[0].starts_with("mode collapse in epoch 6 (step 30): fakes are 0 times as far apart"));
  CHECK(guard.messages() == heard);
  CHECK(guard.rollbacks() == 0);
}

TEST_CASE("GanGuard warns once of numbers that stay not finite and again after a healthy epoch",
          "[gan][gan_guard]") {
  GuardedGan gan;
  rapt::GanGuard guard(gan.trainer, gan.g, gan.d);
  rapt::GanStep<float> bad, good;
  bad.not_finite = "discriminator loss on real samples";
  bad.not_finite_tensor = "real samples";
  good.generator_signal = 1;
  good.generator_gradient_norm = 1;
  const auto epoch = [&](std::initializer_list<bool> finite) {
    for (const bool fine : finite) {
      bad.step = ++good.step;
      CHECK(guard.step(fine ? good : bad));
    }
    CHECK(guard.end_epoch());
  };
  for (int k = 0; k < 4; ++k) epoch({false, false, true});
  REQUIRE(guard.messages().size() == 1);
  CHECK(guard.messages()[0].starts_with(
      "epoch 1 (step 1): discriminator loss on real samples is not finite, and neither is real samples."));
  epoch({true, true});
  CHECK(guard.messages().size() == 1);
  epoch({true, false});
  REQUIRE(guard.messages().size() == 2);
  CHECK(guard.messages()[1].starts_with("epoch 6 (step 16): "));
}

TEST_CASE("GanGuard stops a training that fails", "[gan][gan_guard]") {
  GuardedGan gan;
  gan.still = true;
  rapt::GanGuard guard(gan.trainer, gan.g, gan.d, {.policy = rapt::GanPolicy::stop});
  int epochs = 1;
  while (gan.epoch(guard) && epochs < 10) ++epochs;
  CHECK(epochs == 3);
  CHECK(guard.messages().at(0).ends_with("Training stops here."));
}

TEST_CASE("GanGuard puts back everything that training has changed", "[gan][gan_guard]") {
  GuardedGan gan;
  rapt::GanGuard guard(gan.trainer, gan.g, gan.d, {.policy = rapt::GanPolicy::roll_back, .rollbacks = 2});
  for (int epoch = 0; epoch < 2; ++epoch) CHECK(gan.epoch(guard));
  const auto healthy = gan.numbers();
  gan.still = true;
  for (int epoch = 0; epoch < 2; ++epoch) CHECK(gan.epoch(guard));  // suspicious: no state to go back to
  CHECK(gan.numbers() != healthy);
  CHECK(gan.epoch(guard));
  CHECK(gan.numbers() == healthy);
  CHECK(gan.trainer.steps() == 10);
  CHECK(gan.trainer.generator_optimiser().steps == 10);
  CHECK(gan.trainer.generator_optimiser().options.rate == 5e-4);
  CHECK(gan.trainer.discriminator_optimiser().options.rate == 5e-4);
  CHECK(guard.rate_factor() == 0.5);
  CHECK(guard.monitor().epochs() == 2);
  CHECK(guard.messages().at(0).ends_with("Training goes back to step 10 with rates 0.5 times as high."));
  // Once more, then it stops.
  for (int epoch = 0; epoch < 3; ++epoch) CHECK(gan.epoch(guard));
  CHECK(guard.rollbacks() == 2);
  CHECK(gan.trainer.generator_optimiser().options.rate == 2.5e-4);
  CHECK(gan.epoch(guard));
  CHECK(gan.epoch(guard));
  CHECK(!gan.epoch(guard));
  CHECK(guard.messages().back().ends_with("Training stops here, having gone back 2 times."));
}

TEST_CASE("GanGuard goes back in the step that is not finite and trains on", "[gan][gan_guard]") {
  GuardedGan gan;
  rapt::GanGuard guard(gan.trainer, gan.g, gan.d, {.policy = rapt::GanPolicy::roll_back});
  CHECK(gan.epoch(guard));
  const auto healthy = gan.numbers();
  gan.draw();
  gan.trainer.step(gan.g, gan.d, gan.noise, gan.real);
  gan.g.net.linear[0].weight(0, 0) = std::numeric_limits<float>::infinity();
  CHECK(guard.step(gan.trainer.step(gan.g, gan.d, gan.noise, gan.real)));
  CHECK(guard.messages().at(0).starts_with(
      "epoch 2 (step 7): discriminator loss on fakes is not finite, and neither is generator "
      "linear.0.weight."));
  CHECK(gan.numbers() == healthy);
  for (int epoch = 0; epoch < 3; ++epoch) CHECK(gan.epoch(guard));
  CHECK(guard.rollbacks() == 1);
  CHECK(guard.monitor().verdict().healthy());
}

TEST_CASE("GanGuard names options out of range", "[gan][gan_guard][errors]") {
  GuardedGan gan;
  using Catch::Matchers::Message;
  CHECK_THROWS_MATCHES(rapt::GanGuard(gan.trainer, gan.g, gan.d, {.rollbacks = -1}), std::invalid_argument,
                       Message("GanGuard: rollbacks is -1, expected at least 0"));
  CHECK_THROWS_MATCHES(rapt::GanGuard(gan.trainer, gan.g, gan.d, {.rate_factor = 0}), std::invalid_argument,
                       Message("GanGuard: rate_factor is 0, expected above 0 and at most 1"));
}
