#pragma once
/// \file  The proposing side of the attention-GAN: linear path and neural generators, added at score level.

#include <rapt/recommend/linear_path.hpp>
#include <rapt/recommend/profile_generator.hpp>

#include <algorithm>
#include <cmath>
#include <memory>
#include <span>
#include <vector>

namespace rapt {

/// Row less its mean, over its deviation; a constant row becomes 0.
inline void standardise(std::span<float> row) {
  if (row.empty()) return;
  double sum = 0, squares = 0;
  for (const float v : row) sum += static_cast<double>(v);
  const double mean = sum / static_cast<double>(row.size());
  for (const float v : row) squares += (static_cast<double>(v) - mean) * (static_cast<double>(v) - mean);
  const double deviation = std::sqrt(squares / static_cast<double>(row.size()));
  const double scale = deviation > 0 ? 1 / deviation : 0;
  for (float& v : row) v = static_cast<float>((static_cast<double>(v) - mean) * scale);
}

/// Scores of profiles by each path, every row standardised, and what they add up to.
struct ProposedScores {
  Tensor<float, 2> linear, neural;  // (B, I); empty for a path that is switched off
  Tensor<float, 2> blended;         // (B, I)

  /// Standardised scores of the paths that are on, linear first. \borrows this
  std::vector<TensorView<const float, 2>> paths() const {
    std::vector<TensorView<const float, 2>> list;
    if (linear.size() != 0) list.push_back(linear);
    if (neural.size() != 0) list.push_back(neural);
    return list;
  }
};

/// Linear path and generators that score together: `g = z(w z(mean of generators) + (1 - w) z(linear))`,
/// where z standardises a user's scores over all items. A path with weight 0 may be absent.
/// \tparam Generator  a layer from ProfileInput to scores of all items; it has items()
template <class Generator>
struct BasicProposer {
  std::shared_ptr<const LinearPath> linear;                  // null: no linear path
  std::vector<std::shared_ptr<const Generator>> generators;  // averaged; none: no neural path
  double generator_weight = 0.5;                             // w; where both paths are there

  Index items() const { return linear != nullptr ? linear->items() : generators.at(0)->items(); }

  /// \shape  profiles: B rows -> each (B, I)
  /// \throws std::out_of_range where there is no path at all, or for an unknown item
  void score(const ItemRows& profiles, ProposedScores& scores) const {
    const Shape<2> shape{profiles.size(), items()};
    // What another proposer left there is none of our paths.
    if (linear == nullptr) scores.linear.resize({0, 0});
    if (generators.empty()) scores.neural.resize({0, 0});
    for (Index row = 0; row < profiles.size(); ++row) {
      for (const Index item : profiles[row]) expect_id("Proposer::score", "item", item, items());
    }
    if (linear != nullptr) {
      linear->score(profiles, scores.linear.resize(shape));
      standardise_rows(scores.linear);
    }
    if (!generators.empty()) score_neural(profiles, scores.neural.resize(shape));
    blend(scores);
  }

  /// The sum of the paths for another weight; the paths' own scores stay.
  void blend(ProposedScores& scores) const {
    const float w = linear == nullptr ? 1 : generators.empty() ? 0 : static_cast<float>(generator_weight);
    auto sum = scores.blended.resize(
        {linear != nullptr ? scores.linear.extent(0) : scores.neural.extent(0), items()});
    if (linear != nullptr) sum.matrix() = (1 - w) * scores.linear.matrix();
    if (linear == nullptr) sum.matrix().setZero();
    if (!generators.empty()) sum.matrix() += w * scores.neural.matrix();
    standardise_rows(scores.blended);
  }

 private:
  static void standardise_rows(Tensor<float, 2>& rows) {
    for (Index b = 0; b < rows.extent(0); ++b) standardise({rows[b].begin(), rows[b].end()});
  }
  void score_neural(const ItemRows& profiles, TensorView<float, 2> sum) const {
    if (profiles.size() == 0) return;
    Tensor<Index, 1> ids({profiles.count()}), offsets({profiles.size() + 1});
    std::copy_n(profiles.items.begin() + profiles.offsets.front(), profiles.count(), ids.begin());
    for (Index b = 0; b <= profiles.size(); ++b) {
      offsets(b) = profiles.offsets[static_cast<std::size_t>(b)] - profiles.offsets.front();
    }
    sum.matrix().setZero();
    typename Generator::Cache cache;
    Tensor<float, 1> row({items()});
    for (const auto& generator : generators) {
      const auto scores = generator->forward({ids, offsets}, cache);
      for (Index b = 0; b < profiles.size(); ++b) {
        row.copy_from(scores[b]);
        standardise({row.begin(), row.end()});
        sum.matrix().row(b) += row.matrix().row(0);
      }
    }
    for (Index b = 0; b < profiles.size(); ++b) standardise({sum[b].begin(), sum[b].end()});
  }
};
/// The proposer of AttentionGan.
using Proposer = BasicProposer<ProfileGenerator<float>>;

}  // namespace rapt
