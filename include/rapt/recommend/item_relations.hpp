#pragma once
/// \file  How items relate to each other: what the discriminator attends to.

#include <rapt/core/parallel.hpp>
#include <rapt/core/tensor.hpp>
#include <rapt/recommend/co_occurrence.hpp>

#include <cmath>
#include <utility>
#include <vector>

namespace rapt {

/// What items have in common, from the interactions alone: popularity, and the cosine of their users.
class ItemRelations {
 public:
  ItemRelations() = default;
  /// \cost one I x I matrix of float
  explicit ItemRelations(const Interactions& train) : popularity_({train.items()}) {
    const Index n = train.items();
    for (Index i = 0; i < n; ++i) popularity_(i) = static_cast<float>(train.users_of(i).size());
    cosine_.resize({n, n});
    parallel_for_range(n, 16, co_occurrence_cost(train), [&](Index from, Index to) {
      std::vector<double> row(static_cast<std::size_t>(n));
      for (Index i = from; i < to; ++i) {
        co_occurrence_row(train, {}, i, row);
        for (Index j = 0; j < n; ++j)
          cosine_(i, j) = i == j ? 0 : similarity(row[static_cast<std::size_t>(j)], i, j);
      }
    });
  }
  /// From stored values. \shape popularity (I), cosine (I, I) \throws ShapeError
  ItemRelations(Tensor<float, 1> popularity, Tensor<float, 2> cosine)
      : popularity_(std::move(popularity)), cosine_(std::move(cosine)) {
    expect_shape<2>("ItemRelations", "cosine", cosine_.shape(), {items(), items()});
  }

  Index items() const { return popularity_.extent(0); }
  /// Users that have each item. \shape (I)
  const Tensor<float, 1>& popularity() const { return popularity_; }
  /// Cosine of two items' users with shrinkage 5, 0 on the diagonal. \shape (I, I)
  const Tensor<float, 2>& cosine() const { return cosine_; }

 private:
  float similarity(double both, Index i, Index j) const {
    constexpr double shrinkage = 5;
    const double norm = std::sqrt(static_cast<double>(popularity_(i)) * static_cast<double>(popularity_(j)));
    return static_cast<float>(both / (norm + shrinkage));
  }

  Tensor<float, 1> popularity_;
  Tensor<float, 2> cosine_;
};

}  // namespace rapt
