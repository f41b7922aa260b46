#pragma once
/// \file  Nearest neighbours among users.

#include <rapt/core/number_text.hpp>
#include <rapt/core/parallel.hpp>
#include <rapt/recommend/item_knn.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace rapt {

/// Settings of UserKnn; the weights of interactions are those of ItemKnn.
struct UserKnnSettings {
  Index k = 100;           // neighbours of a profile
  double shrink = 10;      // added to the denominator: distrusts similarities of short profiles
  double asymmetry = 0.5;  // 0.5 is the cosine; more divides rather by the norm of the neighbour
  ItemWeighting weighting = ItemWeighting::none;
  bool operator==(const UserKnnSettings&) const = default;
};

/// Scores item j by the sum of the similarities S_v to the k nearest training users v that have it,
/// `S_v = y . y_v / (|y_v|^(2a) |y|^(2(1-a)) + shrink)`, y the weighted profile (Herlocker et al. 1999;
/// asymmetric form of Aiolli 2013).
/// \note    A training user's own row is among the neighbours of its profile. It adds to items only that the
///          profile has, and these are no candidates.
class UserKnn final : public Scorer {
 public:
  /// Keeps a copy of the interactions.
  /// \throws  std::invalid_argument where a setting is out of range
  static UserKnn fit(Interactions train, const UserKnnSettings& settings = {}) {
    return {std::move(train), settings};
  }

  Index items() const override { return train_.items(); }
  const Interactions& train() const { return train_; }
  const UserKnnSettings& settings() const { return settings_; }

 private:
  UserKnn(Interactions train, const UserKnnSettings& settings)
      : train_(std::move(train)), settings_(settings) {
    if (settings.k < 1 || !(settings.shrink >= 0) || !(settings.asymmetry >= 0 && settings.asymmetry <= 1)) {
      throw std::invalid_argument("UserKnn::fit: k is " + std::to_string(settings.k) + ", shrink " +
                                  detail::number_text(settings.shrink) + ", asymmetry " +
                                  detail::number_text(settings.asymmetry) +
                                  "; expected k >= 1, shrink >= 0 and an asymmetry from 0 to 1");
    }
    auto weights = detail::knn_weights(train_, settings.weighting);
    mean_length_ = std::max(
        static_cast<double>(train_.size()) / std::max(static_cast<double>(train_.users()), 1.0), 1e-9);
    squared_ = std::move(weights.item);
    for (double& w : squared_) w *= w;
    for (Index v = 0; v < train_.users(); ++v) {
      factors_.push_back(factor(train_.items_of(v)));
      norms_.push_back(squared_norm(train_.items_of(v)));
    }
  }

  /// What the weighting makes of a profile's length.
  double factor(std::span<const Index> profile) const {
    if (settings_.weighting != ItemWeighting::bm25) return 1;
    constexpr double k1 = 1.2, b = 0.75;
    const double length = 1 - b + b * static_cast<double>(profile.size()) / mean_length_;
    return (k1 + 1) / (k1 * length + 1);
  }
  double squared_norm(std::span<const Index> profile) const {
    double sum = 0;
    for (const Index item : profile) sum += squared_[static_cast<std::size_t>(item)];
    return sum * std::pow(factor(profile), 2);
  }

  void neighbours_of(std::span<const Index> profile, std::vector<double>& shared,
                     std::vector<Neighbour>& nearest) const {
    std::fill(shared.begin(), shared.end(), 0.0);
    for (const Index item : profile) {
      for (const Index v : train_.users_of(item))
        shared[static_cast<std::size_t>(v)] += squared_[static_cast<std::size_t>(item)];
    }
    const double own = factor(profile),
                 norm = std::pow(squared_norm(profile) + 1e-12, 1 - settings_.asymmetry);
    nearest.clear();
    for (std::size_t v = 0; v < shared.size(); ++v) {
      if (shared[v] == 0) continue;
      const double other = std::pow(norms_[v] + 1e-12, settings_.asymmetry);
      const double similarity = own * factors_[v] * shared[v] / (other * norm + settings_.shrink + 1e-6);
      nearest.push_back({static_cast<Index>(v), static_cast<float>(similarity)});
    }
    detail::keep_best(nearest, settings_.k);
    // In one order whatever the selection left, so that sums have the same bits everywhere.
    std::sort(nearest.begin(), nearest.end(),
              [](const Neighbour& a, const Neighbour& b) { return a.item < b.item; });
  }

  void write_scores(const ItemRows& profiles, TensorView<float, 2> scores) const override {
    parallel_for_range(profiles.size(), 4, train_.size(), [&](Index from, Index to) {
      std::vector<double> shared(static_cast<std::size_t>(train_.users()));
      std::vector<Neighbour> nearest;
      for (Index row = from; row < to; ++row) {
        const auto sum = scores[row];
        std::fill(sum.begin(), sum.end(), 0.0f);
        neighbours_of(profiles[row], shared, nearest);
        for (const auto& [user, similarity] : nearest) {
          for (const Index item : train_.items_of(user)) sum(item) += similarity;
        }
      }
    });
  }

  Interactions train_;
  UserKnnSettings settings_;
  double mean_length_ = 0;
  std::vector<double> squared_;          // squared weight of each item
  std::vector<double> factors_, norms_;  // of each training user
};

}  // namespace rapt
