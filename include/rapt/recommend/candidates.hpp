#pragma once
/// \file  What the discriminator sees of the generator's candidates.

#include <rapt/recommend/candidate_discriminator.hpp>
#include <rapt/recommend/item_relations.hpp>
#include <rapt/recommend/proposer.hpp>
#include <rapt/recommend/top_n.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <span>
#include <vector>

namespace rapt {

/// Candidates of several profiles, list after list, best first, and all that the discriminator is told about
/// them.
///
/// Column 0 of the features is the generator's own standardised score g; then the standardised score of each
/// path, log popularity, the same less the profile's mean, log profile size, log rank. Evidence of a
/// candidate: for each relation its strongest values over the profile items, strongest first.
struct CandidateLists {
  static constexpr Index fixed_features = 5;  // besides one for each path
  /// Relations between a profile item and a candidate: the linear path's weight and the cosine of their
  /// users.
  static constexpr Index relations = 2;
  /// At most so many profile items speak for a candidate: the rest of a long profile is noise, and costs.
  static constexpr Index strongest = 16;

  Index width = fixed_features;
  std::vector<Index> offsets{0}, items;
  std::vector<float> features;             // width numbers a candidate
  std::vector<Index> evidence_offsets{0};  // one more than candidates
  std::vector<float> evidence;             // `relations` numbers a row
  std::vector<char> positive;              // filled by who knows the answer

  Index size() const { return static_cast<Index>(offsets.size()) - 1; }
  std::span<const Index> operator[](Index list) const {
    const auto l = static_cast<std::size_t>(list);
    return std::span(items).subspan(static_cast<std::size_t>(offsets[l]),
                                    static_cast<std::size_t>(offsets[l + 1] - offsets[l]));
  }

  /// Appends the list of row `row` of the scores.
  /// \param linear  weights B of the linear path before attention (I, I), or absent: then that relation is 0
  /// \param attend  false leaves the evidence out
  void append(std::span<const Index> profile, std::span<const ScoredItem> candidates,
              const ProposedScores& scores, Index row, const ItemRelations& known,
              TensorView<const float, 2> linear, bool attend) {
    const auto paths = scores.paths();
    width = fixed_features + static_cast<Index>(paths.size());
    const auto log_popularity = [&](Index item) { return std::log1p(known.popularity()(item)); };
    float mean = 0;
    for (const Index item : profile) mean += log_popularity(item) / static_cast<float>(profile.size());
    for (std::size_t rank = 0; rank < candidates.size(); ++rank) {
      const Index item = candidates[rank].item;
      items.push_back(item);
      features.push_back(scores.blended(row, item));
      for (const auto& path : paths) features.push_back(path(row, item));
      features.push_back(log_popularity(item));
      features.push_back(log_popularity(item) - mean);
      features.push_back(std::log1p(static_cast<float>(profile.size())));
      features.push_back(std::log1p(static_cast<float>(rank)));
      if (attend) append_evidence(profile, item, known, linear);
      evidence_offsets.push_back(static_cast<Index>(evidence.size()) / relations);
    }
    offsets.push_back(static_cast<Index>(items.size()));
  }
  /// Appends all lists of another.
  void append(const CandidateLists& other) {
    width = other.width;
    const auto shifted = [](std::vector<Index>& to, const std::vector<Index>& from) {
      const Index shift = to.back();
      for (std::size_t k = 1; k < from.size(); ++k) to.push_back(from[k] + shift);
    };
    const auto joined = [](auto& to, const auto& from) { to.insert(to.end(), from.begin(), from.end()); };
    shifted(offsets, other.offsets);
    shifted(evidence_offsets, other.evidence_offsets);
    joined(items, other.items);
    joined(features, other.features);
    joined(evidence, other.evidence);
    joined(positive, other.positive);
  }

 private:
  void append_evidence(std::span<const Index> profile, Index candidate, const ItemRelations& known,
                       TensorView<const float, 2> linear) {
    const std::size_t from = evidence.size(),
                      kept = std::min(profile.size(), static_cast<std::size_t>(strongest));
    evidence.resize(from + kept * relations);
    std::vector<float>& values = scratch_;
    for (std::size_t relation = 0; relation < relations; ++relation) {
      values.clear();
      for (const Index item : profile) {
        // Times 10: the sharpness of attention then starts at numbers of order one.
        if (relation == 0) values.push_back(linear.absent() ? 0.0f : 10 * linear(item, candidate));
        if (relation == 1) values.push_back(10 * known.cosine()(item, candidate));
      }
      std::partial_sort(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(kept), values.end(),
                        std::greater<>());
      for (std::size_t k = 0; k < kept; ++k) evidence[from + k * relations + relation] = values[k];
    }
  }

  std::vector<float> scratch_;
};

/// Some lists in the form that the discriminator reads; reused, it does not allocate when warm.
struct CandidateBatch {
  Tensor<Index, 1> list_offsets;      // (lists + 1)
  Tensor<float, 2> features, prior;   // (N, width), (N, 1)
  Tensor<float, 2> evidence;          // (P, relations)
  Tensor<Index, 1> evidence_offsets;  // (N + 1)
  Tensor<bool, 1> positive;           // (N); all false where nobody knows

  CandidateInput<float> input() const { return {features, prior, evidence, evidence_offsets}; }

  /// Lists `chosen` of `lists`.
  void fill(const CandidateLists& lists, std::span<const Index> chosen) {
    resize(lists, chosen);
    for (std::size_t k = 0; k < chosen.size(); ++k) {
      const auto from = lists.offsets[static_cast<std::size_t>(chosen[k])];
      const auto to = lists.offsets[static_cast<std::size_t>(chosen[k]) + 1];
      Index row = list_offsets(static_cast<Index>(k));
      std::copy(lists.features.begin() + from * lists.width, lists.features.begin() + to * lists.width,
                features.data() + row * lists.width);
      const Index evidence_from = lists.evidence_offsets[static_cast<std::size_t>(from)],
                  evidence_to = lists.evidence_offsets[static_cast<std::size_t>(to)];
      std::copy(lists.evidence.begin() + evidence_from * CandidateLists::relations,
                lists.evidence.begin() + evidence_to * CandidateLists::relations,
                evidence.data() + evidence_offsets(row) * CandidateLists::relations);
      for (Index n = from; n < to; ++n, ++row) {
        prior(row, 0) = features(row, 0);
        positive(row) = !lists.positive.empty() && lists.positive[static_cast<std::size_t>(n)] != 0;
        evidence_offsets(row + 1) = evidence_offsets(row) +
                                    lists.evidence_offsets[static_cast<std::size_t>(n) + 1] -
                                    lists.evidence_offsets[static_cast<std::size_t>(n)];
      }
    }
  }

 private:
  void resize(const CandidateLists& lists, std::span<const Index> chosen) {
    list_offsets.resize({static_cast<Index>(chosen.size()) + 1});
    list_offsets(0) = 0;
    Index evidence_rows = 0;
    for (std::size_t k = 0; k < chosen.size(); ++k) {
      const auto from = static_cast<std::size_t>(lists.offsets[static_cast<std::size_t>(chosen[k])]),
                 to = static_cast<std::size_t>(lists.offsets[static_cast<std::size_t>(chosen[k]) + 1]);
      list_offsets(static_cast<Index>(k) + 1) =
          list_offsets(static_cast<Index>(k)) + static_cast<Index>(to - from);
      evidence_rows += lists.evidence_offsets[to] - lists.evidence_offsets[from];
    }
    const Index n = list_offsets(static_cast<Index>(chosen.size()));
    evidence_offsets.resize({n + 1});
    evidence_offsets(0) = 0;
    features.resize({n, lists.width});
    prior.resize({n, 1});
    positive.resize({n});
    evidence.resize({evidence_rows, CandidateLists::relations});
  }
};

}  // namespace rapt
