#pragma once
/// \file  EASE: a linear item-to-item model in closed form.

#include <rapt/core/number_text.hpp>
#include <rapt/core/parallel.hpp>
#include <rapt/recommend/co_occurrence.hpp>
#include <rapt/recommend/item_weights.hpp>
#include <rapt/recommend/scorer.hpp>
#include <rapt/recommend/symmetric_inverse.hpp>

#include <cmath>
#include <concepts>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>

namespace rapt {

/// Settings of Ease.
struct EaseSettings {
  double lambda = 200;  // L2 penalty, in units of interactions; small sets want tens, dense ones hundreds
  bool operator==(const EaseSettings&) const = default;
};

/// Scores x B with B = argmin |X - X B|^2 + lambda |B|^2 subject to diag(B) = 0, that is B_ij = -P_ij / P_jj
/// with P = (X^T X + lambda I)^-1 (Steck 2019, arXiv:1905.03375, eq. 8).
class Ease final : public Scorer {
 public:
  /// \tparam  T  of the Gram matrix and its inverse
  /// \cost    I^3 flops and two I x I matrices
  /// \throws  std::invalid_argument unless lambda is positive and finite; std::length_error above max_items
  template <std::floating_point T = double>
  static Ease fit(const Interactions& train, const EaseSettings& settings = {}) {
    const Index n = train.items();
    if (!(settings.lambda > 0) || !std::isfinite(settings.lambda)) {
      throw std::invalid_argument("Ease::fit: lambda is " + detail::number_text(settings.lambda) +
                                  ", expected a positive number");
    }
    if (n > max_items) {
      throw std::length_error("Ease::fit: " + std::to_string(n) + " items need " +
                              std::to_string(n * n / 1'000'000 * 12) + " MB, the limit is " +
                              std::to_string(max_items) + " items; drop rare items or take ItemKnn");
    }
    Tensor<T, 2> p({n, n});
    parallel_for_range(n, 16, co_occurrence_cost(train), [&](Index from, Index to) {
      for (Index i = from; i < to; ++i) {
        co_occurrence_row<T>(train, {}, i, {p[i].begin(), p[i].end()});
        p(i, i) += static_cast<T>(settings.lambda);
      }
    });
    invert_symmetric<T>(p);
    Tensor<float, 2> weights;
    weights.resize({n, n});
    parallel_for_range(n, 64, n, [&](Index from, Index to) {
      for (Index i = from; i < to; ++i) {
        for (Index j = 0; j < n; ++j) weights(i, j) = i == j ? 0 : static_cast<float>(-p(i, j) / p(j, j));
      }
    });
    return Ease(std::move(weights));
  }
  /// From stored weights B. \shape (I, I) \throws ShapeError
  explicit Ease(Tensor<float, 2> weights) : weights_(std::move(weights)) {
    expect_shape<2>("Ease", "weights", weights_.shape(), {weights_.extent(1), weights_.extent(1)});
  }

  /// Largest catalogue that fit accepts: 10.8 GB of doubles and floats.
  static constexpr Index max_items = 30'000;

  Index items() const override { return weights_.extent(0); }
  /// B: row i holds what item i in a profile adds to the scores.
  const Tensor<float, 2>& weights() const { return weights_; }

 private:
  void write_scores(const ItemRows& profiles, TensorView<float, 2> scores) const override {
    score_by_item_weights(weights_, profiles, scores);
  }

  Tensor<float, 2> weights_;
};

}  // namespace rapt
