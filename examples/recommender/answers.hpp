#pragma once
/// \file  Questions to a fitted model: what to recommend, and why.

#include "bundle.hpp"

#include <rapt/recommend/top_n.hpp>

#include <span>
#include <string>
#include <vector>

namespace recommender {

/// Who is asked about: items that somebody has, ascending.
struct Profile {
  std::string name;  // of a known user; empty for a list of items
  std::vector<rapt::Index> items;
  std::vector<std::string> unknown;  // ids that the model does not know
};

/// The history of a user; no items where nobody bears that name. \throws UsageError without histories
Profile profile_of_user(const Bundle& bundle, const std::string& id);
/// A list of ids. Unknown ones are kept apart.
Profile profile_of_items(const Bundle& bundle, const std::vector<std::string>& ids);

/// What one item of a profile did for a recommended one.
struct Reason {
  rapt::Index item = 0;
  double loss = 0;       // what the score falls by without it
  double attention = 0;  // that the model paid it; 0 for a model without
  double share = 0;      // of the attention, or of all losses for a model without, from 0 to 1
};

/// Why items are recommended, from scoring the profile without each of its items in turn.
class Reasons {
 public:
  Reasons(const Bundle& bundle, const Profile& profile);
  /// Largest share first, all items of the profile.
  std::vector<Reason> of(rapt::Index item) const;
  /// Score of the whole profile. \shape (I)
  const rapt::Tensor<float, 1>& scores() const { return scores_; }

 private:
  const Bundle& bundle_;
  const Profile& profile_;
  rapt::Tensor<float, 1> scores_;
  rapt::Tensor<float, 2> without_;  // (items of the profile, I)
};

/// The n best items that are not in the profile; by popularity where the profile is empty.
std::vector<rapt::ScoredItem> recommend(const Bundle& bundle, const Profile& profile, rapt::Index n);

/// Names that resemble an id, best first: `libegen3-dev` finds `libeigen3-dev`.
std::vector<std::string> similar_names(const rapt::IdMap& names, const std::string& id,
                                       std::size_t count = 3);

/// `a`, `a and b`, `a, b and c`.
std::string join_names(const std::vector<std::string>& names);

}  // namespace recommender
