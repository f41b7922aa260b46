#pragma once
/// \file  The attention-GAN recommender: a generator proposes, a discriminator judges, the score is both.

#include <rapt/recommend/attention_gan_fit.hpp>
#include <rapt/recommend/metrics.hpp>
#include <rapt/recommend/scorer.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <numeric>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace rapt {

/// Recommender of three parts, each with a switch: a closed-form linear item path, a neural generator (both
/// weighted by attention over the profile), and a discriminator that was trained out of fold on the
/// generator's own proposals.
///
///     g = z(w z(generator) + (1 - w) z(linear))                          over all items
///     score = v z(D) + (1 - v) g   among the best candidates by g,  everything else below, in the order of g
///
/// The game is that of IRGAN (Wang et al. 2017, arXiv:1705.10513) played for one round; the generator is of
/// the kind of CFGAN (Chae et al. 2018). v is chosen on the out-of-fold lists. A profile unseen in training
/// is scored as it is.
/// \tparam Generator      a layer like ProfileGenerator
/// \tparam Discriminator  a layer like CandidateDiscriminator
template <class Generator, class Discriminator>
class BasicAttentionGan final : public Scorer {
 public:
  /// What a fitted model consists of; all of it is data that can be saved.
  struct Parts {
    AttentionGanSettings settings;
    BasicProposer<Generator> proposer;
    std::shared_ptr<const ItemRelations> relations;  // null without discriminator
    std::vector<Discriminator> discriminators;       // averaged; none: the generator alone
    double discriminator_weight = 0;                 // v
  };

  /// From stored parts.
  /// \throws std::invalid_argument where they do not belong together; ShapeError
  explicit BasicAttentionGan(Parts parts) : parts_(std::move(parts)) { check(); }

  /// \param context  shared by fits on the same interactions: ablations then cost only what differs
  /// \throws std::invalid_argument for settings out of range, or where there is no interaction;
  ///         std::domain_error where a loss is not finite
  static BasicAttentionGan fit(const Interactions& train, const AttentionGanSettings& settings,
                               std::uint64_t seed, FitContext& context) {
    if (train.size() == 0) throw std::invalid_argument("AttentionGan::fit: there are no interactions");
    settings.check();
    Parts parts;
    parts.settings = settings.effective();
    const RandomStream stream = RandomStream(seed).substream("attention-gan");
    parts.proposer = fit_proposer<Generator>(train, parts.settings, stream, "all", context);
    if (settings.adversary && parts.settings.discriminator.weight != 0) {
      fit_discriminators(train, stream, seed, context, parts);
    }
    return BasicAttentionGan(std::move(parts));
  }

  Index items() const override { return parts_.proposer.items(); }
  const Parts& parts() const { return parts_; }

  /// Share of each profile item in the attention that carried `item`: that of the linear path (its positive
  /// weights) and that of the generator (mean over heads and hops), mixed like the scores. Sums to 1, or is 0
  /// where nothing in the profile speaks for the item; empty without linear path and attention.
  /// \throws std::out_of_range for an unknown item
  std::vector<float> attention(std::span<const Index> profile, Index item) const override {
    expect_id("AttentionGan::attention", "item", item, items());
    for (const Index i : profile) expect_id("AttentionGan::attention", "item", i, items());
    const auto& proposer = parts_.proposer;
    const bool attends = !proposer.generators.empty() && proposer.generators.front()->attention_width() > 0;
    if (proposer.linear == nullptr && !attends) return {};
    std::vector<float> share(profile.size(), 0);
    const double w = proposer.linear == nullptr    ? 1
                     : proposer.generators.empty() ? 0
                                                   : proposer.generator_weight;
    if (proposer.linear != nullptr) {
      double sum = 0;
      for (const Index i : profile) sum += std::max(0.0f, proposer.linear->attended()(i, item));
      for (std::size_t k = 0; k < profile.size() && sum > 0; ++k) {
        const float weight = std::max(0.0f, proposer.linear->attended()(profile[k], item));
        share[k] += static_cast<float>((1 - w) * weight / sum);
      }
    }
    if (attends) add_generator_attention(profile, w, share);
    // A part that has nothing to say leaves its share to the other.
    const float sum = std::accumulate(share.begin(), share.end(), 0.0f);
    for (float& s : share) s = sum > 0 ? s / sum : 0;
    return share;
  }

 private:
  static void fit_discriminators(const Interactions& train, const RandomStream& stream, std::uint64_t seed,
                                 FitContext& context, Parts& parts) {
    const auto& s = parts.settings.discriminator;
    std::vector<FoldLists> folds;
    for (Index k = 0; k < std::min(s.used_folds, s.folds); ++k) {
      const Split split = split_fold(train, s.folds, k, stream.substream("folds"));
      const std::string label =
          "seed " + std::to_string(seed) + " fold " + std::to_string(k) + " of " + std::to_string(s.folds);
      const BasicProposer<Generator> proposer = fit_proposer<Generator>(
          split.train, parts.settings, stream.substream("fold").substream(static_cast<std::uint64_t>(k)),
          label, context);
      FoldLists lists = make_fold_lists(split, proposer, s.candidates, !s.sharpness.empty());
      if (lists.lists.size() > 0) folds.push_back(std::move(lists));
    }
    if (folds.empty()) return;  // nothing was held out: too little data for a discriminator
    std::vector<const FoldLists*> all;
    for (const auto& fold : folds) all.push_back(&fold);
    const auto member = [&](Index m) {
      return stream.substream("discriminator").substream(static_cast<std::uint64_t>(m));
    };
    parts.discriminator_weight = s.weight >= 0 ? s.weight : choose_weight(all, s, member(-1), context);
    if (parts.discriminator_weight == 0) return;
    for (Index m = 0; m < s.members; ++m)
      parts.discriminators.push_back(fit_discriminator<Discriminator>(all, s, member(m), context));
    parts.relations = std::make_shared<const ItemRelations>(train);
  }

  // Trained on all folds but one, measured on that one: the same noise in the labels as in the final fit,
  // which a validation part would not have (there, unseen test items are labelled negative).
  static double choose_weight(const std::vector<const FoldLists*>& folds, const DiscriminatorSettings& s,
                              const RandomStream& stream, FitContext& context) {
    if (folds.size() < 2) return 0.5;
    constexpr std::array<double, 5> choices{0, 0.25, 0.5, 0.75, 1};
    std::array<double, 5> gains{};
    for (std::size_t held = 0; held < folds.size(); ++held) {
      std::vector<const FoldLists*> rest = folds;
      rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(held));
      const std::vector<Discriminator> one{fit_discriminator<Discriminator>(
          rest, s, stream.substream(static_cast<std::uint64_t>(held)), context)};
      for (std::size_t c = 0; c < choices.size(); ++c) gains[c] += list_ndcg(*folds[held], one, choices[c]);
    }
    std::size_t best = 0;
    for (std::size_t c = 1; c < choices.size(); ++c) {
      if (gains[c] > gains[best]) best = c;
    }
    return choices[best];
  }

  /// Sum over the lists of NDCG@20 of the mixed ranking.
  static double list_ndcg(const FoldLists& fold, const std::vector<Discriminator>& discriminators,
                          double weight) {
    double sum = 0;
    CandidateBatch batch;
    std::vector<float> verdict;
    for (Index from = 0; from < fold.lists.size(); from += 64) {
      std::vector<Index> chosen(static_cast<std::size_t>(std::min<Index>(64, fold.lists.size() - from)));
      std::iota(chosen.begin(), chosen.end(), from);
      batch.fill(fold.lists, chosen);
      judge(discriminators, batch, verdict);
      for (std::size_t k = 0; k < chosen.size(); ++k) {
        std::vector<std::pair<float, bool>> list;
        for (Index n = batch.list_offsets(static_cast<Index>(k));
             n < batch.list_offsets(static_cast<Index>(k) + 1); ++n) {
          const float v = static_cast<float>(weight);
          list.emplace_back(v * verdict[static_cast<std::size_t>(n)] + (1 - v) * batch.prior(n, 0),
                            batch.positive(n));
        }
        std::stable_sort(list.begin(), list.end(),
                         [](const auto& a, const auto& b) { return a.first > b.first; });
        double gain = 0, ideal = 0;
        const Index held_out = fold.held_out[static_cast<std::size_t>(chosen[k])];
        for (std::size_t j = 0; j < 20; ++j) {
          const double discount = 1 / std::log2(static_cast<double>(j) + 2);
          if (j < list.size() && list[j].second) gain += discount;
          if (static_cast<Index>(j) < held_out) ideal += discount;
        }
        sum += gain / ideal;
      }
    }
    return sum;
  }

  void write_scores(const ItemRows& profiles, TensorView<float, 2> scores) const override {
    constexpr Index grain = 32;
    parallel_for_range(profiles.size(), grain, 200 * items(), [&](Index from, Index to) {
      score_chunk(profiles.slice(from, to), scores.slice(from, to));
    });
  }

  void score_chunk(const ItemRows& profiles, TensorView<float, 2> scores) const {
    ProposedScores proposed;
    parts_.proposer.score(profiles, proposed);
    std::copy(proposed.blended.begin(), proposed.blended.end(), scores.begin());
    if (parts_.discriminators.empty()) return;
    const auto& linear = parts_.proposer.linear;
    const auto linear_evidence = linear == nullptr ? TensorView<const float, 2>{} : linear->evidence.view();
    const bool attend = parts_.discriminators.front().attention.heads() > 0;
    CandidateLists lists;
    std::vector<ScoredItem> best;
    std::vector<Index> chosen, sorted;
    for (Index row = 0; row < profiles.size(); ++row) {
      sorted.assign(profiles[row].begin(), profiles[row].end());
      std::sort(sorted.begin(), sorted.end());
      top_n({scores[row].begin(), scores[row].end()}, sorted, parts_.settings.discriminator.candidates, best);
      lists.append(profiles[row], best, proposed, row, *parts_.relations, linear_evidence, attend);
      chosen.push_back(row);
    }
    CandidateBatch batch;
    batch.fill(lists, chosen);
    std::vector<float> verdict;
    judge(parts_.discriminators, batch, verdict);
    for (Index row = 0; row < profiles.size(); ++row) mix(lists, batch, verdict, row, scores);
  }

  void check() const {
    const auto& [linear, generators, weight] = parts_.proposer;
    if (linear == nullptr && generators.empty())
      throw std::invalid_argument("AttentionGan: there is neither a linear path nor a generator");
    for (const auto& generator : generators) expect_items("generator", generator->items());
    if (parts_.discriminators.empty()) return;
    if (parts_.relations == nullptr)
      throw std::invalid_argument("AttentionGan: a discriminator needs the relations of the items");
    expect_items("relations", parts_.relations->items());
    const Index paths = (linear != nullptr ? 1 : 0) + (generators.empty() ? 0 : 1);
    for (const auto& discriminator : parts_.discriminators) {
      expect_shape<2>("AttentionGan", "discriminator (features, relations)",
                      {discriminator.features(), discriminator.attention.channels()},
                      {CandidateLists::fixed_features + paths, CandidateLists::relations});
    }
  }
  void expect_items(const char* part, Index found) const {
    if (found != items()) {
      throw std::invalid_argument(std::string("AttentionGan: ") + part + " has " + std::to_string(found) +
                                  " items, expected " + std::to_string(items()));
    }
  }

  // Candidates get the mixed score; all others are shifted below the worst candidate and keep their order.
  void mix(const CandidateLists& lists, const CandidateBatch& batch, const std::vector<float>& verdict,
           Index row, TensorView<float, 2> scores) const {
    const auto candidates = lists[row];
    if (candidates.empty()) return;
    const float v = static_cast<float>(parts_.discriminator_weight);
    const float best = *std::max_element(scores[row].begin(), scores[row].end());
    float worst = std::numeric_limits<float>::infinity();
    std::vector<float> mixed;
    for (std::size_t c = 0; c < candidates.size(); ++c) {
      const auto n = batch.list_offsets(row) + static_cast<Index>(c);
      mixed.push_back(v * verdict[static_cast<std::size_t>(n)] + (1 - v) * batch.prior(n, 0));
      worst = std::min(worst, mixed.back());
    }
    for (float& score : scores[row]) score = worst - 1 - (best - score);
    for (std::size_t c = 0; c < candidates.size(); ++c) scores(row, candidates[c]) = mixed[c];
  }

  void add_generator_attention(std::span<const Index> profile, double w, std::vector<float>& share) const {
    Tensor<Index, 1> ids({static_cast<Index>(profile.size())}),
        offsets({2}, {0, static_cast<Index>(profile.size())});
    std::copy(profile.begin(), profile.end(), ids.begin());
    typename Generator::Cache cache;
    for (const auto& generator : parts_.proposer.generators) {
      generator->forward({ids, offsets}, cache);
      const auto part = static_cast<float>(w / (2.0 * static_cast<double>(generator->first.heads) *
                                                static_cast<double>(parts_.proposer.generators.size())));
      for (std::size_t k = 0; k < profile.size(); ++k) {
        const auto row = static_cast<Index>(k);
        share[k] += part * (cache.first.weights.matrix().col(row).sum() +
                            cache.second.weights.matrix().col(row).sum());
      }
    }
  }

  Parts parts_;
};
/// The attention-GAN as published by this library: ProfileGenerator against CandidateDiscriminator.
using AttentionGan = BasicAttentionGan<ProfileGenerator<float>, CandidateDiscriminator<float>>;

}  // namespace rapt
