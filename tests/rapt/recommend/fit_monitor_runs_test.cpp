// The recommender's trainings under a monitor, on the bundled data.
#include <rapt/gan/monitor.hpp>
#include <rapt/recommend/attention_gan.hpp>
#include <rapt/recommend/fit_monitor.hpp>
#include <rapt/recommend/reader.hpp>

#include "support/catch.hpp"
#include "support/monitor_runs.hpp"

#include <algorithm>
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

/// The bundled interactions of the recommender, of some users.
struct RunInteractions {
  static constexpr Index users = 300, measured = 150;
  rapt::Interactions train;
  Tensor<float, 2> profiles{{measured, 0}};  // as rows of 0 and 1
  Tensor<Index, 1> items, offsets{{measured + 1}};
  Tensor<Index, 1> first_items, first_offsets{{measured + 1}};  // the first profile over and over

  RunInteractions() {
    const auto data = rapt::read_interactions(RAPT_SOURCE_DIR "/examples/recommender/data/train.txt");
    const auto& all = data.parts[0];
    std::vector<rapt::Interaction> pairs;
    for (Index user = 0; user < users; ++user) {
      for (const Index item : all.items_of(user)) pairs.push_back({user, item});
    }
    train = rapt::Interactions(users, all.items(), pairs);
    profiles = Tensor<float, 2>({measured, all.items()});
    std::vector<Index> ids;
    for (Index user = 0; user < measured; ++user) {
      for (const Index item : train.items_of(user)) {
        profiles(user, item) = 1;
        ids.push_back(item);
      }
      offsets(user + 1) = static_cast<Index>(ids.size());
    }
    items = Tensor<Index, 1>({static_cast<Index>(ids.size())});
    std::copy(ids.begin(), ids.end(), items.begin());
    const Index length = offsets(1);
    first_items = Tensor<Index, 1>({measured * length});
    for (Index user = 0; user < measured; ++user) {
      std::copy_n(items.data(), length, first_items.data() + user * length);
      first_offsets(user + 1) = (user + 1) * length;
    }
  }
};

/// The recommender's generator, epoch by epoch; after `healthy` epochs it reads one profile for everyone.
Named recommender_run(std::uint64_t seed, Index healthy, Index epochs) {
  static const RunInteractions data;
  rapt::GeneratorSettings settings;
  settings.size = {.dense = 32, .attention = 16, .heads = 2, .code = 32};
  rapt::GeneratorTrainer trainer(data.train, settings, RandomStream(seed));
  rapt::GanMonitor monitor;
  rapt::ProfileGenerator<float>::Cache cache;
  for (Index epoch = 1; epoch <= epochs; ++epoch) {
    rapt::GanRecord record;
    record.step = epoch;
    record.generator_loss = static_cast<double>(trainer.epoch());
    const bool same = epoch > healthy;
    const auto scores = same ? trainer.generator().forward({data.first_items, data.first_offsets}, cache)
                             : trainer.generator().forward({data.items, data.offsets}, cache);
    const auto diversity = monitor.measure(data.profiles, scores, RunInteractions::measured);
    record.real_distance = diversity.real_distance;
    record.spread = diversity.spread;
    record.deviation = diversity.deviation;
    record.shift = diversity.shift;
    record.gap = diversity.gap;
    const auto& verdict = monitor.end_epoch(record);
    if (!verdict.healthy()) return {verdict.failure, epoch - healthy, verdict.message()};
  }
  return {GanFailure::none, 0, {}};
}

/// A whole fit of the recommender under a FitMonitor: its messages.
std::string recommender_fit(std::uint64_t seed) {
  static const RunInteractions data;
  rapt::AttentionGanSettings settings;
  settings.linear = false;
  settings.generator.size = {.dense = 32, .attention = 16, .heads = 2, .code = 32};
  settings.generator.epochs = 8;
  settings.discriminator.candidates = 30;
  settings.discriminator.epochs = 6;
  rapt::FitContext context;
  rapt::FitMonitor monitor;
  context.progress = monitor.watch();
  rapt::AttentionGan::fit(data.train, settings, seed, context);
  REQUIRE(monitor.monitors().size() >= 4);
  std::string text;
  for (const auto& message : monitor.messages()) text += message + "\n";
  return text;
}

}  // namespace

TEST_CASE("GanMonitor gives no alarm in healthy trainings of the recommender", "[gan][monitor][runs]") {
  expect_healthy("healthy generator of the recommender",
                 [](std::uint64_t seed) { return recommender_run(seed, 12, 12).message; });
  expect_healthy("healthy fit of the recommender", [](std::uint64_t seed) { return recommender_fit(seed); });
}

TEST_CASE("GanMonitor names a collapse of the recommender", "[gan][monitor][runs]") {
  expect_named("recommender, one profile for all after 5 epochs", GanFailure::mode_collapse,
               [](std::uint64_t seed) { return recommender_run(seed, 5, 10); });
}
