#include <rapt/recommend/generator_trainer.hpp>

#include "support/allocation_counter.hpp"
#include "support/catch.hpp"
#include "support/planted.hpp"

#include <cmath>
#include <cstring>
#include <numeric>
#include <vector>

namespace {

rapt::GeneratorSettings generator_trainer_small() {
  rapt::GeneratorSettings settings;
  settings.size = {.dense = 12, .attention = 8, .heads = 2, .code = 10};
  settings.rate = 1e-2;
  settings.decay = 1e-2;
  settings.batch = 16;
  return settings;
}

// Losses of some epochs, then all weights of the average.
std::vector<float> generator_trainer_run(const rapt::Interactions& x, rapt::Index epochs) {
  rapt::GeneratorTrainer trainer(x, generator_trainer_small(), rapt::RandomStream(4));
  std::vector<float> numbers;
  for (rapt::Index k = 0; k < epochs; ++k) numbers.push_back(trainer.epoch());
  rapt::zip_parameters([&](const auto& p) { numbers.insert(numbers.end(), p.begin(), p.end()); },
                       trainer.generator());
  return numbers;
}

bool generator_trainer_same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

}  // namespace

TEST_CASE("GeneratorTrainer lowers the loss below that of writing zeros", "[recommend][generator_trainer]") {
  const auto x = rapt_test::planted_interactions(100, 30, 5, 8, 1);
  const auto numbers = generator_trainer_run(x, 40);
  // All scores 0 cost 1 for each interaction.
  const double zeros = static_cast<double>(x.size()) / static_cast<double>(x.users());
  CHECK(static_cast<double>(numbers[39]) < 0.8 * zeros);
  CHECK(numbers[39] < numbers[5]);
}

TEST_CASE("GeneratorTrainer gives the same bits with 1 2 and 3 threads and over two runs",
          "[recommend][generator_trainer][threads]") {
  const auto x = rapt_test::planted_interactions(70, 30, 5, 8, 2);
  const auto one = generator_trainer_run(x, 3);
  CHECK(generator_trainer_same_bits(one, generator_trainer_run(x, 3)));
  rapt::set_parallel_threshold(0);
  for (const rapt::Index threads : {1, 2, 3}) {
    rapt::set_threads(threads);
    INFO("threads " << threads);
    CHECK(generator_trainer_same_bits(one, generator_trainer_run(x, 3)));
  }
  rapt::set_threads(1);
  rapt::set_parallel_threshold(100'000);
}

TEST_CASE("GeneratorTrainer takes users without and with one item", "[recommend][generator_trainer]") {
  const std::vector<rapt::Interaction> pairs{{1, 0}, {3, 0}, {3, 2}};
  const rapt::Interactions x(5, 3, pairs);
  rapt::GeneratorTrainer trainer(x, generator_trainer_small(), rapt::RandomStream(1));
  CHECK(std::isfinite(trainer.epoch()));
  const std::vector<rapt::Index> all{0, 1, 2, 3, 4};
  CHECK(std::isfinite(trainer.step(all)));
  const rapt::Interactions none(2, 3, {});
  rapt::GeneratorTrainer nobody(none, generator_trainer_small(), rapt::RandomStream(1));
  CHECK(nobody.epoch() == 0);
}

TEST_CASE("GeneratorTrainer names a setting that makes no sense", "[recommend][generator_trainer][errors]") {
  const auto x = rapt_test::planted_interactions(4, 4, 2, 2, 3);
  auto settings = generator_trainer_small();
  settings.batch = 0;
  CHECK_THROWS_WITH(rapt::GeneratorTrainer(x, settings, rapt::RandomStream(1)),
                    "GeneratorSettings: batch is 0, expected at least 1");
}

TEST_CASE("GeneratorTrainer allocates nothing in a warm step of the size of the demo",
          "[recommend][generator_trainer][allocation]") {
  if (!rapt_test::can_count_allocations()) RAPT_SKIP("allocations cannot be counted here");
  const auto x = rapt_test::planted_interactions(8765, 2596, 11, 10, 4);
  const rapt::GeneratorSettings settings;
  rapt::GeneratorTrainer trainer(x, settings, rapt::RandomStream(5));
  std::vector<rapt::Index> users(static_cast<std::size_t>(settings.batch));
  std::iota(users.begin(), users.end(), rapt::Index{0});
  for (const rapt::Index threshold : {100'000, 0}) {
    rapt::set_parallel_threshold(threshold);
    for (const rapt::Index threads : {1, 2}) {
      rapt::set_threads(threads);
      trainer.step(users);
      const long before = rapt_test::allocation_count();
      trainer.step(users);
      const long after = rapt_test::allocation_count();
      INFO("threads " << threads << " threshold " << threshold);
      CHECK(after == before);
    }
  }
  rapt::set_threads(1);
  rapt::set_parallel_threshold(100'000);
}
