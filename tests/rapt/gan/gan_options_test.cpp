#include <rapt/gan/gan_options.hpp>

#include "support/catch.hpp"

#include <limits>

TEST_CASE("GanOptions names what is out of range", "[gan][gan_options][errors]") {
  const auto message = [](const rapt::GanOptions& options) {
    try {
      options.check();
    } catch (const std::invalid_argument& error) {
      return std::string(error.what());
    }
    return std::string("nothing thrown");
  };
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(message({}) == "nothing thrown");
  CHECK(message({.discriminator_steps = 0}) == "GanTrainer: discriminator_steps is 0, expected at least 1");
  CHECK(message({.penalty_every = 0}) == "GanTrainer: penalty_every is 0, expected at least 1");
  CHECK(message({.generator_clip = 0}) == "GanTrainer: generator_clip is 0, expected above 0");
  CHECK(message({.discriminator_clip = -1}) == "GanTrainer: discriminator_clip is -1, expected above 0");
  CHECK(message({.weight_clip = nan}) == "GanTrainer: weight_clip is nan, expected above 0");
  CHECK(message({.average = {.decay = 1}}) ==
        "GanTrainer: average.decay is 1, expected at least 0 and below 1");
  CHECK(message({.average = {.decay = 0.9, .warmup = -1}}) ==
        "GanTrainer: average.warmup is -1, expected at least 0");
  CHECK(message({.instance_noise = {.deviation = nan}}) ==
        "InstanceNoise: deviation is nan, expected at least 0");
  CHECK(message({.features = {.weight = -1}}) == "GanTrainer: features.weight is -1, expected at least 0");
  CHECK(message({.features = {.weight = 1, .adversarial_weight = nan}}) ==
        "GanTrainer: features.adversarial_weight is nan, expected at least 0");
}
