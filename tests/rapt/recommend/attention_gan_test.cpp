#include <rapt/recommend/attention_gan.hpp>

#include <rapt/recommend/evaluate.hpp>
#include <rapt/recommend/top_pop.hpp>

#include "support/catch.hpp"
#include "support/planted.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <numeric>
#include <set>
#include <string>
#include <vector>

namespace {

// What all the tests below share: 200 users in five clusters, a fifth of their items held out.
struct AttentionGanData {
  rapt::Split split = rapt::split_random(rapt_test::planted_interactions(200, 60, 5, 9, 1), 0.2, 7);
  rapt::FitContext context;
};
AttentionGanData& attention_gan_data() {
  static AttentionGanData data;
  return data;
}

rapt::AttentionGanSettings attention_gan_small() {
  rapt::AttentionGanSettings settings;
  settings.linear_path.lambda = 5;
  settings.linear_path.sharpness = 1.2;
  settings.generator.size = {.dense = 12, .attention = 8, .heads = 2, .code = 10};
  settings.generator.rate = 1e-2;
  settings.generator.decay = 0.1;
  settings.generator.batch = 32;
  settings.generator.epochs = 15;
  settings.generator_weight = 0.4;
  settings.discriminator.candidates = 20;
  settings.discriminator.folds = 4;
  settings.discriminator.used_folds = 2;
  settings.discriminator.hidden = 8;
  settings.discriminator.epochs = 4;
  settings.discriminator.members = 2;
  settings.discriminator.weight = 0.5;
  return settings;
}

rapt::AttentionGan attention_gan_fitted(const rapt::AttentionGanSettings& settings) {
  auto& data = attention_gan_data();
  return rapt::AttentionGan::fit(data.split.train, settings, 3, data.context);
}

double attention_gan_ndcg(const rapt::Scorer& scorer) {
  const auto& split = attention_gan_data().split;
  return rapt::evaluate(scorer, split.train, split.held_out).mean(5).ndcg;
}

std::vector<rapt::Index> attention_gan_all_items() {
  std::vector<rapt::Index> all(60);
  std::iota(all.begin(), all.end(), rapt::Index{0});
  return all;
}

std::vector<float> attention_gan_scores(const rapt::Scorer& scorer) {
  const auto profiles = attention_gan_data().split.train.by_user();
  rapt::Tensor<float, 2> scores({profiles.size(), scorer.items()});
  scorer.score(profiles, scores);
  return {scores.begin(), scores.end()};
}

}  // namespace

TEST_CASE("AttentionGan finds planted clusters that popularity cannot see and every switch can be off",
          "[recommend][attention_gan]") {
  const double popular = attention_gan_ndcg(rapt::TopPop::fit(attention_gan_data().split.train));
  const auto whole = attention_gan_fitted(attention_gan_small());
  CHECK(whole.parts().discriminators.size() == 2);
  CHECK(whole.parts().discriminator_weight == 0.5);
  CHECK(attention_gan_ndcg(whole) > 4 * popular);

  for (const std::string off : {"linear", "attention", "adversary", "generator", "all but linear"}) {
    auto settings = attention_gan_small();
    if (off == "linear") settings.linear = false;
    if (off == "attention" || off == "all but linear") settings.attention = false;
    if (off == "adversary" || off == "all but linear") settings.adversary = false;
    if (off == "generator" || off == "all but linear") settings.generator_weight = 0;
    const auto model = attention_gan_fitted(settings);
    INFO("without " << off);
    CHECK((model.parts().proposer.linear == nullptr) == (off == "linear"));
    CHECK(model.parts().proposer.generators.empty() == (settings.generator_weight == 0));
    CHECK(model.parts().discriminators.empty() == !settings.adversary);
    if (off == "attention") {
      CHECK(model.parts().proposer.linear->weights.size() == 0);
      CHECK(model.parts().proposer.generators[0]->attention_width() == 0);
      CHECK(model.parts().discriminators[0].attention.heads() == 0);
    }
    CHECK(attention_gan_ndcg(model) > 4 * popular);
    CHECK(attention_gan_scores(model) != attention_gan_scores(whole));
  }
}

TEST_CASE("AttentionGan shares its parts between fits with one context", "[recommend][attention_gan]") {
  const auto whole = attention_gan_fitted(attention_gan_small());
  auto settings = attention_gan_small();
  settings.adversary = false;
  const auto part = attention_gan_fitted(settings);
  CHECK(part.parts().proposer.linear == whole.parts().proposer.linear);
  CHECK(part.parts().proposer.generators == whole.parts().proposer.generators);
  rapt::FitContext fresh;
  const auto alone = rapt::AttentionGan::fit(attention_gan_data().split.train, settings, 3, fresh);
  CHECK(alone.parts().proposer.linear != part.parts().proposer.linear);
  CHECK(attention_gan_scores(alone) == attention_gan_scores(part));
}

TEST_CASE("AttentionGan gives the same bits with 1 2 and 3 threads and over two runs",
          "[recommend][attention_gan][threads]") {
  auto settings = attention_gan_small();
  settings.generator.epochs = 2;
  settings.discriminator.epochs = 1;
  settings.discriminator.weight = -1;  // the choice of the weight included
  const auto run = [&] {
    rapt::FitContext context;
    return attention_gan_scores(
        rapt::AttentionGan::fit(attention_gan_data().split.train, settings, 3, context));
  };
  const auto one = run();
  const auto same = [&](const std::vector<float>& other) {
    return one.size() == other.size() &&
           std::memcmp(one.data(), other.data(), one.size() * sizeof(float)) == 0;
  };
  CHECK(same(run()));
  rapt::set_parallel_threshold(0);
  for (const rapt::Index threads : {1, 2, 3}) {
    rapt::set_threads(threads);
    INFO("threads " << threads);
    CHECK(same(run()));
  }
  rapt::set_threads(1);
  rapt::set_parallel_threshold(100'000);
}

TEST_CASE("AttentionGan scores unseen empty and full profiles with finite numbers",
          "[recommend][attention_gan]") {
  const auto model = attention_gan_fitted(attention_gan_small());
  const std::vector<std::vector<rapt::Index>> profiles{
      {}, {7}, {42, 2, 17}, {55, 3, 8, 13, 50}, attention_gan_all_items()};
  rapt::ItemRowsBuffer rows;
  for (const auto& profile : profiles) rows.append(profile);
  rapt::Tensor<float, 2> scores({5, 60});
  model.score(rows.rows(), scores);
  for (const float score : scores) REQUIRE(std::isfinite(score));
  // Alone or among others, a profile has the same scores, in whatever order its items come.
  const auto alone = rapt::score_profile(model, std::vector<rapt::Index>{17, 42, 2});
  for (rapt::Index i = 0; i < 60; ++i) CHECK(alone(i) == Catch::Approx(scores(2, i)).margin(1e-4));
  // Items 2, 17 and 42 are of one cluster: most of the best are of it too.
  std::vector<rapt::ScoredItem> best;
  rapt::top_n({scores[2].begin(), scores[2].end()}, std::vector<rapt::Index>{2, 17, 42}, 5, best);
  CHECK(std::count_if(best.begin(), best.end(), [](const auto& b) { return b.item % 5 == 2; }) >= 4);
}

TEST_CASE("AttentionGan ranks its candidates above all others which keep the order of the generator",
          "[recommend][attention_gan]") {
  const auto model = attention_gan_fitted(attention_gan_small());
  const auto profiles = attention_gan_data().split.train.by_user().slice(0, 20);
  rapt::ProposedScores proposed;
  model.parts().proposer.score(profiles, proposed);
  rapt::Tensor<float, 2> scores({20, 60});
  model.score(profiles, scores);
  rapt::Index reordered = 0;
  for (rapt::Index row = 0; row < 20; ++row) {
    std::vector<rapt::ScoredItem> candidates;
    rapt::top_n({proposed.blended[row].begin(), proposed.blended[row].end()}, profiles[row], 20, candidates);
    std::set<rapt::Index> chosen;
    float worst = scores(row, candidates[0].item);
    for (std::size_t k = 0; k < candidates.size(); ++k) {
      chosen.insert(candidates[k].item);
      worst = std::min(worst, scores(row, candidates[k].item));
      if (k > 0 && scores(row, candidates[k].item) > scores(row, candidates[k - 1].item)) ++reordered;
    }
    REQUIRE(chosen.size() == 20);
    for (rapt::Index a = 0; a < 60; ++a) {
      if (chosen.contains(a)) continue;
      CHECK(scores(row, a) < worst);
      for (rapt::Index b = 0; b < 60; ++b) {
        // 1e-4: nearer ones may be rounded to one number
        if (!chosen.contains(b) && proposed.blended(row, a) > proposed.blended(row, b) + 1e-4f)
          REQUIRE(scores(row, a) > scores(row, b));
      }
    }
  }
  CHECK(reordered > 0);  // the discriminator has its say
}

TEST_CASE("AttentionGan says which items of the profile it attended to", "[recommend][attention_gan]") {
  const std::vector<rapt::Index> profile{42, 2, 3};
  for (const bool linear : {true, false}) {
    for (const bool attention : {true, false}) {
      auto settings = attention_gan_small();
      settings.linear = linear;
      settings.attention = attention;
      settings.adversary = false;
      const auto model = attention_gan_fitted(settings);
      const auto share = model.attention(profile, 17);
      INFO("linear " << linear << " attention " << attention);
      if (!linear && !attention) {
        CHECK(share.empty());
        continue;
      }
      REQUIRE(share.size() == 3);
      CHECK(std::accumulate(share.begin(), share.end(), 0.0f) == Catch::Approx(1));
      CHECK(*std::min_element(share.begin(), share.end()) >= 0);
      if (linear && !attention) CHECK(share[0] + share[1] > share[2]);  // 17, 42 and 2 are of one cluster
      CHECK(model.attention({}, 17).empty());
      CHECK(model.attention(attention_gan_all_items(), 17).size() == 60);
      CHECK_THROWS_MATCHES(model.attention(profile, 60), std::out_of_range,
                           Catch::Matchers::Message("AttentionGan::attention: item 60 is not in [0, 60)"));
      CHECK_THROWS_MATCHES(model.attention(std::vector<rapt::Index>{-1}, 0), std::out_of_range,
                           Catch::Matchers::Message("AttentionGan::attention: item -1 is not in [0, 60)"));
    }
  }
}

TEST_CASE("AttentionGan gives shares of zero where nothing in the profile speaks for the item",
          "[recommend][attention_gan]") {
  auto path = std::make_shared<rapt::LinearPath>();
  path->evidence = rapt::Tensor<float, 2>({3, 3}, {0, 3, -1, 1, 0, 0, 0, 1, 0});
  rapt::AttentionGan::Parts parts;
  parts.proposer.linear = path;
  const rapt::AttentionGan model(parts);
  CHECK(model.attention(std::vector<rapt::Index>{0, 2}, 1) == std::vector<float>{0.75f, 0.25f});
  CHECK(model.attention(std::vector<rapt::Index>{0, 1}, 2) == std::vector<float>{0, 0});
}

TEST_CASE("AttentionGan refuses settings data and parts that make no sense",
          "[recommend][attention_gan][errors]") {
  rapt::FitContext context;
  CHECK_THROWS_WITH(rapt::AttentionGan::fit(rapt::Interactions(2, 3, {}), {}, 1, context),
                    "AttentionGan::fit: there are no interactions");
  auto settings = attention_gan_small();
  settings.generator.batch = 0;
  CHECK_THROWS_WITH(attention_gan_fitted(settings), "GeneratorSettings: batch is 0, expected at least 1");
  settings = attention_gan_small();
  settings.linear_path.lambda = -1;
  CHECK_THROWS_WITH(attention_gan_fitted(settings),
                    "LinearPathSettings: lambda is -1, expected a positive number");

  rapt::AttentionGan::Parts parts;
  CHECK_THROWS_WITH(rapt::AttentionGan(parts),
                    "AttentionGan: there is neither a linear path nor a generator");
  parts = attention_gan_fitted(attention_gan_small()).parts();
  parts.relations = nullptr;
  CHECK_THROWS_WITH(rapt::AttentionGan(parts),
                    "AttentionGan: a discriminator needs the relations of the items");
  parts.relations = std::make_shared<const rapt::ItemRelations>(rapt::Interactions(1, 59, {}));
  CHECK_THROWS_WITH(rapt::AttentionGan(parts), "AttentionGan: relations has 59 items, expected 60");
  parts = attention_gan_fitted(attention_gan_small()).parts();
  rapt::RandomStream stream(1);
  parts.proposer.generators.push_back(
      std::make_shared<const rapt::ProfileGenerator<float>>(61, rapt::ProfileGeneratorSize{}, stream));
  CHECK_THROWS_WITH(rapt::AttentionGan(parts), "AttentionGan: generator has 61 items, expected 60");
  parts.proposer.generators.clear();
  CHECK_THROWS_MATCHES(
      rapt::AttentionGan(parts), rapt::ShapeError,
      Catch::Matchers::Message(
          "AttentionGan: discriminator (features, relations) has shape (7, 2), expected (6, 2)"));

  const auto model = attention_gan_fitted(attention_gan_small());
  CHECK_THROWS_MATCHES(rapt::score_profile(model, std::vector<rapt::Index>{60}), std::out_of_range,
                       Catch::Matchers::Message("Scorer::score: item 60 is not in [0, 60)"));
}

TEST_CASE("AttentionGan does without a discriminator where there is too little data",
          "[recommend][attention_gan]") {
  const std::vector<rapt::Interaction> one{{0, 1}};
  rapt::FitContext context;
  const auto model =
      rapt::AttentionGan::fit(rapt::Interactions(1, 3, one), attention_gan_small(), 1, context);
  CHECK(model.parts().discriminators.empty());
  for (const float score : rapt::score_profile(model, std::vector<rapt::Index>{1}))
    CHECK(std::isfinite(score));
}
