#pragma once
/// \file  What every recommender can do: score all items for given profiles.

#include <rapt/core/tensor.hpp>
#include <rapt/recommend/item_rows.hpp>

#include <vector>

namespace rapt {

/// Scores every item for profiles (lists of items that somebody has); a profile need not be of a user seen in
/// training.
///
/// Scoring is const and safe from several threads at once, and a row's scores do not depend on the other
/// rows.
class Scorer {
 public:
  virtual ~Scorer() = default;
  Scorer() = default;
  Scorer(const Scorer&) = default;
  Scorer& operator=(const Scorer&) = default;

  /// Number of items.
  virtual Index items() const = 0;

  /// Writes the score of each item for each profile; higher is better, minus infinity bars an item.
  /// \shape   profiles: B rows of distinct ids in any order -> scores (B, I)
  /// \throws  ShapeError; std::out_of_range where a profile names an unknown item
  void score(const ItemRows& profiles, TensorView<float, 2> scores) const {
    expect_shape("Scorer::score", "scores", scores.shape(), {profiles.size(), items()});
    for (Index row = 0; row < profiles.size(); ++row) {
      for (const Index item : profiles[row]) expect_id("Scorer::score", "item", item, items());
    }
    if (scores.size() > 0) write_scores(profiles, scores);
  }

  /// How much the model attended to each item of the profile when it scored `item`; parallel to the profile,
  /// empty for a model without attention.
  virtual std::vector<float> attention(std::span<const Index> profile, Index item) const {
    static_cast<void>(profile);
    static_cast<void>(item);
    return {};
  }

 private:
  virtual void write_scores(const ItemRows& profiles, TensorView<float, 2> scores) const = 0;
};

/// Scores of one profile. \shape -> (I)
inline Tensor<float, 1> score_profile(const Scorer& scorer, std::span<const Index> profile) {
  const Index offsets[] = {0, static_cast<Index>(profile.size())};
  Tensor<float, 1> scores({scorer.items()});
  scorer.score({offsets, profile}, scores.rows());
  return scores;
}

}  // namespace rapt
