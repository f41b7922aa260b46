#pragma once
/// \file  Popularity: the recommender that everybody has to beat.

#include <rapt/recommend/interactions.hpp>
#include <rapt/recommend/scorer.hpp>

#include <algorithm>

namespace rapt {

/// Scores an item by the number of its users, whatever the profile.
class TopPop final : public Scorer {
 public:
  static TopPop fit(const Interactions& train) {
    Tensor<float, 1> counts({train.items()});
    for (Index item = 0; item < train.items(); ++item)
      counts(item) = static_cast<float>(train.users_of(item).size());
    return TopPop(std::move(counts));
  }
  /// From stored counts. \shape (I)
  explicit TopPop(Tensor<float, 1> counts) : counts_(std::move(counts)) {}

  Index items() const override { return counts_.extent(0); }
  const Tensor<float, 1>& counts() const { return counts_; }

 private:
  void write_scores(const ItemRows& profiles, TensorView<float, 2> scores) const override {
    for (Index row = 0; row < profiles.size(); ++row)
      std::copy_n(counts_.data(), items(), scores[row].data());
  }

  Tensor<float, 1> counts_;
};

}  // namespace rapt
