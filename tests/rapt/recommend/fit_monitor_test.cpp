#include <rapt/recommend/fit_monitor.hpp>

#include <rapt/recommend/attention_gan.hpp>

#include "support/catch.hpp"

#include <string>
#include <vector>

namespace {

void feed_losses(rapt::FitMonitor& monitor, const std::string& stage, const std::vector<double>& losses) {
  const auto steps = static_cast<rapt::Index>(losses.size());
  for (rapt::Index k = 0; k < steps; ++k)
    monitor.observe({stage, k + 1, steps, losses[static_cast<std::size_t>(k)]});
}

}  // namespace

TEST_CASE("FitMonitor watches every generator and discriminator for itself", "[recommend][fit_monitor]") {
  rapt::FitMonitor monitor;
  monitor.observe({"all: linear path", 0, 1, 0});
  feed_losses(monitor, "all: generator", {12, 9, 8});
  feed_losses(monitor, "discriminator", {1, 0.9, 30, 90, 400});
  REQUIRE(monitor.monitors().size() == 2);
  CHECK(monitor.monitors().at("all: generator").verdict().healthy());
  CHECK(monitor.monitors().at("all: generator").history().at(1).generator_loss == 9);
  CHECK(monitor.monitors().at("discriminator").history().at(1).discriminator_loss == 0.9);
  REQUIRE(monitor.messages().size() == 1);
  CHECK(monitor.messages()[0].starts_with(
      "discriminator: divergence in epoch 5 (step 5): the discriminator's loss has grown from 90 to 400"));
}

TEST_CASE("FitMonitor begins anew with the next member of a name", "[recommend][fit_monitor]") {
  rapt::FitMonitor monitor;
  feed_losses(monitor, "discriminator", {1, 0.5});
  feed_losses(monitor, "discriminator", {100, 90, 80});
  CHECK(monitor.messages().empty());
  CHECK(monitor.monitors().at("discriminator").epochs() == 3);
}

TEST_CASE("FitMonitor hands progress on", "[recommend][fit_monitor]") {
  rapt::FitMonitor monitor;
  rapt::FitContext context;
  std::vector<rapt::Index> heard;
  context.progress = monitor.watch([&](const rapt::FitProgress& line) { heard.push_back(line.step); });
  context.report({"all: generator", 1, 2, 3.5});
  context.report({"all: generator", 2, 2, 3.0});
  CHECK(heard == std::vector<rapt::Index>{1, 2});
  CHECK(monitor.monitors().at("all: generator").epochs() == 2);
}
