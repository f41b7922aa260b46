#pragma once
/// \file  Lists on which the discriminator learns: candidates of a generator that has not seen the answers.

#include <rapt/core/random.hpp>
#include <rapt/recommend/candidates.hpp>
#include <rapt/recommend/split.hpp>

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace rapt {

/// Lists of one fold, positive where the candidate lies in the fold. Lists without a positive are left out.
struct FoldLists {
  std::vector<Index> held_out;  // items of each list's user in the fold, candidates or not
  CandidateLists lists;
};

/// Cuts the interactions at random into folds; part k holds fold k out. What falls into a fold depends on the
/// stream and the user alone: a fold may take all that a user has.
/// \throws std::invalid_argument where folds < 1
inline Split split_fold(const Interactions& all, Index folds, Index fold, const RandomStream& stream) {
  return detail::split_users(all, [&](Index user, std::vector<bool>& chosen) {
    RandomStream draw = stream.substream(static_cast<std::uint64_t>(user));
    for (std::size_t k = 0; k < chosen.size(); ++k) chosen[k] = uniform_index(draw, folds) == fold;
  });
}

/// Proposes candidates to every user with something in the fold. The same bits at any number of threads.
/// \param candidates  length of a list
/// \param attend      with evidence of the profile items
template <class Generator>
FoldLists make_fold_lists(const Split& split, const BasicProposer<Generator>& proposer, Index candidates,
                          bool attend) {
  const Interactions& train = split.train;
  const ItemRelations relations(train);
  const TensorView<const float, 2> linear =
      proposer.linear == nullptr ? TensorView<const float, 2>{} : proposer.linear->evidence.view();
  std::vector<Index> users;
  for (Index user = 0; user < train.users(); ++user) {
    if (!train.items_of(user).empty() && !split.held_out.items_of(user).empty()) users.push_back(user);
  }
  constexpr Index grain = 64;
  const auto count = static_cast<Index>(users.size()), chunks = (count + grain - 1) / grain;
  std::vector<FoldLists> parts(static_cast<std::size_t>(chunks));
  parallel_for(chunks, 100 * grain * train.items(), [&](Index chunk) {
    const Index from = chunk * grain, to = std::min(count, from + grain);
    FoldLists& part = parts[static_cast<std::size_t>(chunk)];
    ItemRowsBuffer profiles;
    for (Index k = from; k < to; ++k) profiles.append(train.items_of(users[static_cast<std::size_t>(k)]));
    ProposedScores scores;
    proposer.score(profiles.rows(), scores);
    std::vector<ScoredItem> best;
    for (Index k = from; k < to; ++k) {
      const Index user = users[static_cast<std::size_t>(k)], row = k - from;
      const auto profile = train.items_of(user);
      top_n({scores.blended[row].begin(), scores.blended[row].end()}, profile, candidates, best);
      const bool any_positive = std::any_of(best.begin(), best.end(), [&](const ScoredItem& candidate) {
        return split.held_out.contains(user, candidate.item);
      });
      if (!any_positive) continue;
      part.lists.append(profile, best, scores, row, relations, linear, attend);
      for (const auto& candidate : best)
        part.lists.positive.push_back(split.held_out.contains(user, candidate.item));
      part.held_out.push_back(static_cast<Index>(split.held_out.items_of(user).size()));
    }
  });
  FoldLists fold;
  for (const FoldLists& part : parts) {
    if (part.held_out.empty()) continue;
    fold.held_out.insert(fold.held_out.end(), part.held_out.begin(), part.held_out.end());
    fold.lists.append(part.lists);
  }
  return fold;
}

}  // namespace rapt
