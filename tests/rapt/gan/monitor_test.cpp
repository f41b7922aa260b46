#include <rapt/gan/monitor.hpp>

#include "support/catch.hpp"

#include <cmath>
#include <limits>
#include <string>

namespace {

using rapt::GanFailure;
using rapt::GanRecord;

GanRecord spread_of(double spread, std::int64_t step) {
  GanRecord record;
  record.step = step;
  record.spread = spread;
  return record;
}

}  // namespace

TEST_CASE("GanMonitor averages the steps of an epoch", "[gan][monitor]") {
  rapt::GanMonitor monitor;
  rapt::GanStep<float> step;
  for (int k = 1; k <= 2; ++k) {
    step.step = k;
    step.discriminator_loss = static_cast<float>(k);
    step.generator_loss = static_cast<float>(10 * k);
    step.real_logit = 3;
    step.fake_logit = -1;
    step.real_probability = 0.75f;
    step.fake_probability = 0.25f;
    step.discriminator_gradient_norm = 4 * k;
    step.generator_gradient_norm = 2 * k;
    step.generator_signal = 0.5;
    monitor.observe(step);
  }
  const rapt::Tensor<float, 2> real({2, 1}, {0, 2}), fake({2, 1}, {0, 1});
  CHECK(monitor.measure(real, fake).spread == 0.5);
  monitor.measure_weights(7);
  CHECK(monitor.end_epoch().healthy());
  const auto& record = monitor.history().at(0);
  CHECK(record.step == 2);
  CHECK(record.discriminator_loss == 1.5);
  CHECK(record.generator_loss == 15);
  CHECK(record.real_logit == 3);
  CHECK(record.fake_logit == -1);
  CHECK(record.real_probability == 0.75);
  CHECK(record.fake_probability == 0.25);
  CHECK(record.discriminator_gradient_norm == 6);
  CHECK(record.generator_gradient_norm == 3);
  CHECK(record.generator_signal == 0.5);
  CHECK(record.generator_weight_norm == 7);
  CHECK(record.spread == 0.5);
  CHECK(record.real_distance == 2);
  CHECK(monitor.epochs() == 1);

  // The next epoch begins with nothing.
  step.discriminator_loss = 9;
  monitor.observe(step);
  monitor.end_epoch();
  CHECK(monitor.history().at(1).discriminator_loss == 9);
  CHECK(std::isnan(monitor.history().at(1).spread));
  CHECK(std::isnan(monitor.history().at(1).generator_weight_norm));
}

TEST_CASE("GanMonitor names a symptom that lasts and not one that passes", "[gan][monitor]") {
  rapt::GanMonitor monitor;
  for (const double healthy : {0.9, 1.0, 1.0}) CHECK(monitor.end_epoch(spread_of(healthy, 10)).healthy());
  // One odd epoch is suspicious and no more.
  CHECK(monitor.end_epoch(spread_of(0.01, 40)).suspicious);
  CHECK(monitor.verdict().healthy());
  CHECK(monitor.verdict().message().empty());
  CHECK(!monitor.end_epoch(spread_of(1.0, 50)).suspicious);
  // Three of the last four are a collapse, with a better one among them.
  monitor.end_epoch(spread_of(0.02, 60));
  monitor.end_epoch(spread_of(0.9, 70));
  CHECK(monitor.end_epoch(spread_of(0.02, 80)).healthy());
  const auto& verdict = monitor.end_epoch(spread_of(0.02, 90));
  CHECK(verdict.failure == GanFailure::mode_collapse);
  CHECK(verdict.epoch == 9);
  CHECK(verdict.step == 90);
  CHECK(verdict.message() ==
        "mode collapse in epoch 9 (step 90): fakes are 0.02 times as far apart as real samples (mean "
        "distance of two), after 1 times at best. Try R1Penalty or spectral normalisation on the "
        "discriminator, minibatch standard deviation, feature matching, a lower rate for the generator, or "
        "larger batches.");
  CHECK(monitor.end_epoch(spread_of(0.9, 100)).healthy());
}

TEST_CASE("GanMonitor names at once what is not finite with tensor and step", "[gan][monitor]") {
  rapt::GanMonitor monitor;
  rapt::GanStep<double> step;
  step.step = 1;
  monitor.observe(step);
  monitor.end_epoch();
  step.step = 2;
  CHECK(monitor.observe(step).healthy());
  step.step = 3;
  step.not_finite = "generator loss";
  step.not_finite_tensor = "generator linear.0.weight";
  const auto& verdict = monitor.observe(step);
  CHECK(verdict.failure == GanFailure::not_finite);
  CHECK(verdict.epoch == 2);
  CHECK(verdict.step == 3);
  CHECK(verdict.tensor == "generator linear.0.weight");
  CHECK(verdict.message().starts_with(
      "epoch 2 (step 3): generator loss is not finite, and neither is generator linear.0.weight."));
}

TEST_CASE("GanMonitor lets a step that is not finite be the verdict of its epoch", "[gan][monitor]") {
  rapt::GanMonitor monitor;
  rapt::GanStep<float> step;
  step.generator_signal = 0.5;
  step.generator_gradient_norm = 1;
  // One bad step of five in the second of three epochs, then another.
  for (int epoch = 1; epoch <= 3; ++epoch) {
    for (int k = 1; k <= 5; ++k) {
      ++step.step;
      const bool bad = epoch == 2 && (k == 3 || k == 5);
      step.not_finite = bad ? "generator loss" : "";
      step.not_finite_tensor = bad ? "tensor " + std::to_string(k) : "";
      const bool named = epoch == 3 || (epoch == 2 && k >= 3);  // until the next verdict
      CHECK(monitor.observe(step).healthy() == !named);
      if (epoch == 3) monitor.measure_weights(1);
    }
    const auto& verdict = monitor.end_epoch();
    CHECK(verdict.failure == (epoch == 2 ? GanFailure::not_finite : GanFailure::none));
    if (epoch != 2) continue;
    CHECK(verdict.epoch == 2);
    CHECK(verdict.step == 8);
    CHECK(verdict.suspicious);
    CHECK(verdict.tensor == "tensor 3");
    CHECK(verdict.message().starts_with(
        "epoch 2 (step 8): generator loss is not finite, and neither is tensor 3."));
    CHECK(monitor.history().back().generator_gradient_norm == 1);  // of its finite steps
    step.not_finite = "";
  }
  // Every step of every epoch.
  rapt::GanMonitor lasting;
  step.not_finite = "discriminator loss";
  for (int epoch = 1; epoch <= 4; ++epoch) {
    for (int k = 0; k < 5; ++k) lasting.observe(step);
    CHECK(lasting.end_epoch().failure == GanFailure::not_finite);
    CHECK(lasting.verdict().epoch == epoch);
  }
  // Going back forgets it.
  lasting.observe(step);
  lasting.roll_back(0);
  CHECK(lasting.end_epoch().healthy());
}

TEST_CASE("GanMonitor calls fakes that are not finite no collapse", "[gan][monitor]") {
  const rapt::Tensor<float, 2> real({3, 1}, {0, 1, 2}), near({3, 1}, {0, 1, 1.5f});
  for (const float bad : {std::nanf(""), std::numeric_limits<float>::infinity()}) {
    for (const bool all : {true, false}) {
      rapt::GanMonitor monitor({.patience = 1});
      for (int epoch = 0; epoch < 3; ++epoch) {
        CHECK(monitor.measure(real, near).gap < 0.5);
        monitor.end_epoch();
      }
      rapt::Tensor<float, 2> fake({3, 1}, {50, 51, bad});
      if (all) fake.fill(bad);
      CHECK(std::isnan(monitor.measure(real, fake).gap));
      CHECK(monitor.end_epoch().failure != GanFailure::mode_collapse);
      // Nor measures from outside.
      rapt::GanRecord record;
      record.gap = std::numeric_limits<double>::infinity();
      CHECK(monitor.end_epoch(record).failure != GanFailure::mode_collapse);
    }
  }
}

TEST_CASE("GanMonitor judges trainings that have losses alone", "[gan][monitor]") {
  const auto judge = [](std::initializer_list<double> losses) {
    rapt::GanMonitor monitor;
    GanRecord record;
    for (const double loss : losses) {
      ++record.step;
      record.generator_loss = loss;
      monitor.end_epoch(record);
    }
    return monitor.verdict();
  };
  CHECK(judge({3, 2.5, 2.2, 2.1, 2.1, 2.0}).healthy());
  const auto diverging = judge({1, 0.9, 25, 70, 500});
  CHECK(diverging.failure == GanFailure::divergence);
  CHECK(diverging.epoch == 5);
  CHECK(judge({1, 0.9, 25, 70}).healthy());
  const double infinity = std::numeric_limits<double>::infinity();
  CHECK(judge({1, infinity}).failure == GanFailure::not_finite);
  CHECK(judge({infinity}).seen == "generator loss is not finite");
  CHECK(judge({1, 1, std::nan("")}).failure == GanFailure::not_finite);
  CHECK(judge({1, 1, std::nan("")}).epoch == 3);
}

TEST_CASE("GanMonitor names first a gradient that never came to a generator that never varied",
          "[gan][monitor]") {
  rapt::GanMonitor monitor;
  GanRecord record;
  record.spread = 0.02;
  record.generator_signal = 1e-5;
  for (int epoch = 0; epoch < 3; ++epoch) monitor.end_epoch(record);
  CHECK(monitor.verdict().failure == GanFailure::vanishing_gradient);
  CHECK(monitor.verdict().seen ==
        "the loss hands 0.001 % of the discriminator's verdict to the generator; also, fakes are 0.02 times "
        "as far apart as real samples (mean distance of two)");
}

TEST_CASE("GanMonitor goes back to an epoch as if the later ones had not been", "[gan][monitor]") {
  rapt::GanMonitor monitor, other;
  for (const double spread : {1.0, 1.0, 0.01, 0.01, 0.01}) monitor.end_epoch(spread_of(spread, 1));
  for (const double spread : {1.0, 1.0}) other.end_epoch(spread_of(spread, 1));
  CHECK(!monitor.verdict().healthy());
  monitor.roll_back(2);
  CHECK(monitor.verdict().healthy());
  CHECK(monitor.epochs() == 2);
  for (const double spread : {0.01, 1.0, 0.01, 0.01}) {
    const auto &a = monitor.end_epoch(spread_of(spread, 5)), &b = other.end_epoch(spread_of(spread, 5));
    CHECK(a.failure == b.failure);
    CHECK(a.suspicious == b.suspicious);
    CHECK(a.message() == b.message());
  }
  CHECK(monitor.verdict().failure == GanFailure::mode_collapse);
}

TEST_CASE("GanMonitor waits as long as it is told to", "[gan][monitor]") {
  rapt::GanMonitor hasty({.patience = 1});
  CHECK(!hasty.end_epoch(spread_of(0.01, 1)).healthy());
  rapt::GanMonitor calm({.patience = 1, .thresholds = {.spread_of_real = 0.001}});
  CHECK(calm.end_epoch(spread_of(0.01, 1)).healthy());
  CHECK_THROWS_MATCHES(rapt::GanMonitor({.patience = 0}), std::invalid_argument,
                       Catch::Matchers::Message("GanMonitor: patience is 0, expected at least 1"));
}
