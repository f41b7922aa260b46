#include <rapt/recommend/discriminator_trainer.hpp>

#include "support/allocation_counter.hpp"
#include "support/catch.hpp"
#include "support/draw.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <vector>

namespace {

// Lists of random features and evidence; positive where evidence and a feature are high: what the prior, in
// column 0, does not know.
rapt::CandidateLists discriminator_trainer_lists(rapt::Index lists, rapt::Index length, rapt::Index rows) {
  rapt::CandidateLists all;
  all.width = rapt::CandidateLists::fixed_features + 2;
  rapt_test::Draw draw(3);
  for (rapt::Index l = 0; l < lists; ++l) {
    for (rapt::Index k = 0; k < length; ++k) {
      const auto features = draw.normal<float, 1>({all.width});
      const auto evidence = draw.normal<float, 1>({rows * rapt::CandidateLists::relations});
      all.items.push_back(k);
      all.features.insert(all.features.end(), features.begin(), features.end());
      all.evidence.insert(all.evidence.end(), evidence.begin(), evidence.end());
      all.evidence_offsets.push_back(all.evidence_offsets.back() + rows);
      const float strongest = rows == 0 ? 0 : *std::max_element(evidence.begin(), evidence.end());
      all.positive.push_back(features(3) + strongest > 2.5f);
    }
    all.offsets.push_back(all.offsets.back() + length);
  }
  return all;
}

std::vector<rapt::Index> discriminator_trainer_first(rapt::Index count) {
  std::vector<rapt::Index> chosen(static_cast<std::size_t>(count));
  std::iota(chosen.begin(), chosen.end(), rapt::Index{0});
  return chosen;
}

rapt::CandidateDiscriminator<float> discriminator_trainer_model(const std::vector<double>& sharpness,
                                                                rapt::Index hidden) {
  rapt::RandomStream stream(2);
  return {rapt::CandidateLists::fixed_features + 2, rapt::CandidateLists::relations, sharpness, hidden,
          stream};
}

// Losses of the steps, then all weights.
std::vector<float> discriminator_trainer_run(const rapt::CandidateLists& lists,
                                             const std::vector<double>& sharpness, rapt::Index steps) {
  auto model = discriminator_trainer_model(sharpness, 8);
  rapt::DiscriminatorSettings settings;
  settings.rate = 1e-2;
  rapt::DiscriminatorTrainer trainer(model, settings, steps);
  const auto chosen = discriminator_trainer_first(lists.size());
  std::vector<float> numbers;
  for (rapt::Index k = 0; k < steps; ++k) numbers.push_back(trainer.step(lists, chosen));
  rapt::zip_parameters([&](const auto& p) { numbers.insert(numbers.end(), p.begin(), p.end()); }, model);
  return numbers;
}

}  // namespace

TEST_CASE("DiscriminatorTrainer lowers the loss and attention lowers it further",
          "[recommend][discriminator_trainer]") {
  const auto lists = discriminator_trainer_lists(24, 20, 3);
  const auto blind = discriminator_trainer_run(lists, {}, 80);
  const auto attending = discriminator_trainer_run(lists, {0, 1, 4}, 80);
  CHECK(blind[0] == Catch::Approx(attending[0]));  // both start from the prior
  CHECK(blind[79] < 0.8f * blind[0]);
  CHECK(attending[79] < 0.7f * blind[79]);
}

TEST_CASE("DiscriminatorTrainer gives the same bits with 1 2 and 3 threads and over two runs",
          "[recommend][discriminator_trainer][threads]") {
  const auto lists = discriminator_trainer_lists(20, 15, 3);
  const auto same = [](const std::vector<float>& a, const std::vector<float>& b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
  };
  const auto one = discriminator_trainer_run(lists, {0, 2}, 5);
  CHECK(same(one, discriminator_trainer_run(lists, {0, 2}, 5)));
  rapt::set_parallel_threshold(0);
  for (const rapt::Index threads : {1, 2, 3}) {
    rapt::set_threads(threads);
    INFO("threads " << threads);
    CHECK(same(one, discriminator_trainer_run(lists, {0, 2}, 5)));
  }
  rapt::set_threads(1);
  rapt::set_parallel_threshold(100'000);
}

TEST_CASE("DiscriminatorTrainer hardly moves after the last step of its cycle",
          "[recommend][discriminator_trainer]") {
  const auto lists = discriminator_trainer_lists(4, 10, 2);
  auto model = discriminator_trainer_model({1}, 4);
  rapt::DiscriminatorTrainer trainer(model, {}, 10);
  const auto chosen = discriminator_trainer_first(4);
  for (int k = 0; k < 10; ++k) trainer.step(lists, chosen);
  const auto end = model;
  for (int k = 0; k < 10; ++k) trainer.step(lists, chosen);
  float moved = 0;
  rapt::zip_parameters(
      [&](const auto& a, const auto& b) {
        if (a.size() != 0) moved = std::max(moved, (a.array() - b.array()).abs().maxCoeff());
      },
      end, model);
  CHECK(moved > 0);
  CHECK(moved < 1e-4f);
}

TEST_CASE("DiscriminatorTrainer allocates nothing in a warm step of the size of the demo",
          "[recommend][discriminator_trainer][allocation]") {
  if (!rapt_test::can_count_allocations()) RAPT_SKIP("allocations cannot be counted here");
  const rapt::DiscriminatorSettings settings;
  const auto lists = discriminator_trainer_lists(settings.batch, settings.candidates, 12);
  auto model = discriminator_trainer_model(settings.sharpness, settings.hidden);
  rapt::DiscriminatorTrainer trainer(model, settings, 100);
  const auto chosen = discriminator_trainer_first(settings.batch);
  for (const rapt::Index threshold : {100'000, 0}) {
    rapt::set_parallel_threshold(threshold);
    for (const rapt::Index threads : {1, 2}) {
      rapt::set_threads(threads);
      trainer.step(lists, chosen);
      const long before = rapt_test::allocation_count();
      trainer.step(lists, chosen);
      const long after = rapt_test::allocation_count();
      INFO("threads " << threads << " threshold " << threshold);
      CHECK(after == before);
    }
  }
  rapt::set_threads(1);
  rapt::set_parallel_threshold(100'000);
}
