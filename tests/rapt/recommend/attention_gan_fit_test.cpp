#include <rapt/recommend/attention_gan_fit.hpp>

#include "support/catch.hpp"
#include "support/planted.hpp"

#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <vector>

namespace {

rapt::AttentionGanSettings attention_gan_fit_small() {
  rapt::AttentionGanSettings settings;
  settings.linear_path.lambda = 5;
  settings.generator.size = {.dense = 8, .attention = 4, .heads = 2, .code = 6};
  settings.generator.batch = 16;
  settings.generator.epochs = 2;
  return settings;
}

}  // namespace

TEST_CASE("FitContext makes a part once and keeps those that were used last",
          "[recommend][attention_gan_fit]") {
  rapt::FitContext context(2);
  int made = 0;
  const auto get = [&](const std::string& key) {
    return *context.once<int>(key, [&] { return std::make_shared<const int>(++made); });
  };
  CHECK(get("a") == 1);
  CHECK(get("b") == 2);
  CHECK(get("a") == 1);
  CHECK(get("c") == 3);  // "b" was used least recently
  CHECK(get("a") == 1);
  CHECK(get("b") == 4);
  context.clear();
  CHECK(get("a") == 5);
  CHECK_THROWS_AS(
      context.once<int>("d", []() -> std::shared_ptr<const int> { throw std::domain_error("no"); }),
      std::domain_error);
  CHECK(get("d") == 6);
}

TEST_CASE("fit_proposer shares equal parts and fits anew what differs", "[recommend][attention_gan_fit]") {
  const auto x = rapt_test::planted_interactions(40, 20, 4, 6, 1);
  const rapt::RandomStream stream(1);
  auto settings = attention_gan_fit_small();
  rapt::FitContext context;
  std::vector<std::string> stages;
  context.progress = [&](const rapt::FitProgress& line) { stages.push_back(line.stage); };

  const auto first = fit_proposer(x, settings, stream, "all", context);
  CHECK(stages == std::vector<std::string>{"all: linear path", "all: generator", "all: generator"});
  settings.generator_weight = 0.2;
  const auto same = fit_proposer(x, settings, stream, "all", context);
  CHECK(stages.size() == 3);
  CHECK(same.linear == first.linear);
  CHECK(same.generators == first.generators);
  CHECK(same.generator_weight == 0.2);

  settings.linear_path.lambda = std::nextafter(5.0, 6.0);  // other numbers, however near, are other parts
  const auto other = fit_proposer(x, settings, stream, "all", context);
  CHECK(other.linear != first.linear);
  CHECK(other.generators == first.generators);
  settings.generator.members = 2;
  const auto two = fit_proposer(x, settings, stream, "all", context);
  REQUIRE(two.generators.size() == 2);
  CHECK(two.generators[0] == first.generators[0]);
  CHECK(two.generators[1] != first.generators[0]);
  CHECK(fit_proposer(x, settings, stream, "fold", context).linear != other.linear);
  const auto fewer = rapt_test::planted_interactions(30, 20, 4, 6, 1);
  CHECK(fit_proposer(fewer, settings, stream, "all", context).linear != other.linear);
}

TEST_CASE("fit_proposer leaves out a path that is switched off or has no weight",
          "[recommend][attention_gan_fit]") {
  const auto x = rapt_test::planted_interactions(40, 20, 4, 6, 1);
  auto settings = attention_gan_fit_small();
  rapt::FitContext context;
  settings.generator_weight = 0;
  CHECK(fit_proposer(x, settings, rapt::RandomStream(1), "all", context).generators.empty());
  settings.linear = false;
  const auto alone = fit_proposer(x, settings, rapt::RandomStream(1), "all", context);
  CHECK(alone.linear == nullptr);
  CHECK(alone.generators.size() == 1);
}

TEST_CASE("fit_proposer stops where a loss is not finite and says where",
          "[recommend][attention_gan_fit][errors]") {
  const auto x = rapt_test::planted_interactions(40, 20, 4, 6, 1);
  auto settings = attention_gan_fit_small();
  settings.generator.rate = 1e30;
  settings.generator.decay = 0;
  rapt::FitContext context;
  std::string message;
  try {
    fit_proposer(x, settings, rapt::RandomStream(1), "all", context);
  } catch (const std::domain_error& error) {
    message = error.what();
  }
  CHECK(message.rfind("all: generator: the loss of epoch 1 is ", 0) == 0);
}

TEST_CASE("judge standardises each discriminator within each list and averages them",
          "[recommend][attention_gan_fit]") {
  rapt::CandidateBatch batch;
  batch.list_offsets = rapt::Tensor<rapt::Index, 1>({4}, {0, 2, 2, 5});
  batch.features = rapt::Tensor<float, 2>({5, 1}, {1, 3, 10, 10, 40});
  batch.prior = rapt::Tensor<float, 2>({5, 1});
  batch.evidence = rapt::Tensor<float, 2>({0, 2});
  batch.evidence_offsets = rapt::Tensor<rapt::Index, 1>({6});
  rapt::RandomStream stream(1);
  std::vector<rapt::CandidateDiscriminator<float>> two;
  for (const float weight : {1.0f, 100.0f}) {
    two.emplace_back(rapt::Index{1}, rapt::Index{2}, std::vector<double>{}, rapt::Index{1}, stream);
    two.back().skip.weight(0, 0) = weight;
  }
  std::vector<float> verdict;
  judge(two, batch, verdict);
  const double third = std::sqrt(0.5);  // of (10, 10, 40): mean 20, deviation sqrt(200)
  const std::vector<double> expected{-1, 1, -third, -third, 2 * third};
  REQUIRE(verdict.size() == 5);
  for (std::size_t k = 0; k < 5; ++k)
    CHECK(static_cast<double>(verdict[k]) == Catch::Approx(expected[k]).epsilon(1e-5));
}
