#pragma once
/// \file  The linear item-to-item path of the attention-GAN, with attention on its weights.

#include <rapt/optim/update.hpp>
#include <rapt/recommend/co_occurrence.hpp>
#include <rapt/recommend/ease.hpp>
#include <rapt/recommend/item_weights.hpp>
#include <rapt/recommend/symmetric_inverse.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace rapt {

/// Settings of LinearPath; the defaults are plain EASE.
struct LinearPathSettings {
  double lambda = 200;      // L2 penalty, in units of interactions
  double row_power = 0;     // a user with n items counts (n / mean n)^-row_power
  double column_power = 0;  // an item with popularity p is scaled by (p / mean p)^-column_power
  double ridge = 0;         // penalty in proportion to the item's own popularity
  double sharpness = 1;     // exponent g of the attention weights |B|^(g-1); 1 switches attention off
  bool operator==(const LinearPathSettings&) const = default;

  /// \param where  begins the message
  /// \throws std::invalid_argument that names the setting which is out of range
  void check(std::string_view where = "LinearPathSettings") const {
    const auto expect = [&](bool holds, const char* name, double value, const char* expected) {
      detail::expect_option(holds && std::isfinite(value), where, name, value, expected);
    };
    expect(lambda > 0, "lambda", lambda, "a positive number");
    expect(true, "row_power", row_power, "a finite number");
    expect(true, "column_power", column_power, "a finite number");
    expect(ridge >= 0, "ridge", ridge, "at least 0");
    expect(sharpness > 0, "sharpness", sharpness, "a positive number");
  }
};

/// `score_j = sum over the profile's items i of a_ij B_ij`, B the zero-diagonal ridge regression of EASE
/// (Steck 2019, arXiv:1905.03375) on a Gram matrix with row and column weights and a popularity-proportional
/// ridge (after Steck 2020, "Autoencoders that don't overfit towards the identity"), and a_ij = |B_ij|^(g-1)
/// the attention that item i receives when j is scored: it sharpens, so that few strongly related items
/// decide and much weak evidence does not (target-item attention in the sense of He et al. 2018,
/// arXiv:1809.07053, with logits that are not trained).
struct LinearPath {
  Tensor<float, 2> evidence;  // (I, I) B, before attention
  Tensor<float, 2> weights;   // (I, I) a_ij B_ij; empty where g = 1 (then it is B itself)

  /// \tparam  T  of the Gram matrix and its inverse
  /// \cost    I^3 flops and up to two I x I matrices of float
  /// \throws  std::invalid_argument where lambda or sharpness is not positive, ridge is negative or a
  ///          setting is not finite; std::length_error above Ease::max_items
  template <std::floating_point T = double>
  static LinearPath fit(const Interactions& train, const LinearPathSettings& settings) {
    settings.check("LinearPath::fit");
    const Index n = train.items();
    if (n > Ease::max_items) {
      throw std::length_error("LinearPath::fit: " + std::to_string(n) + " items, the limit is " +
                              std::to_string(Ease::max_items));
    }
    const std::vector<double> user = powers(train.by_user(), settings.row_power);
    const std::vector<double> item = powers(train.by_item(), settings.column_power);
    const auto scale = [&](Index i) { return item[static_cast<std::size_t>(i)]; };
    Tensor<T, 2> p({n, n});
    parallel_for_range(n, 16, co_occurrence_cost(train), [&](Index from, Index to) {
      for (Index i = from; i < to; ++i) {
        co_occurrence_row<T>(train, user, i, {p[i].begin(), p[i].end()});
        for (Index j = 0; j < n; ++j) p(i, j) *= static_cast<T>(scale(i) * scale(j));
        p(i, i) += static_cast<T>(settings.lambda + settings.ridge * static_cast<double>(p(i, i)));
      }
    });
    invert_symmetric<T>(p);
    LinearPath path;
    path.evidence.resize({n, n});
    parallel_for_range(n, 64, n, [&](Index from, Index to) {
      for (Index i = from; i < to; ++i) {
        for (Index j = 0; j < n; ++j) {
          path.evidence(i, j) = i == j ? 0 : static_cast<float>(-p(i, j) / p(j, j) * scale(i) / scale(j));
        }
      }
    });
    path.attend(settings.sharpness);
    return path;
  }

  /// Computes the weights anew for another exponent; costs no fit.
  void attend(double sharpness) {
    if (sharpness == 1) {
      weights = {};
      return;
    }
    const Index n = items();
    weights.resize(evidence.shape());
    parallel_for_range(n, 16, 20 * n, [&](Index from, Index to) {
      for (Index i = from; i < to; ++i) {
        for (Index j = 0; j < n; ++j) {
          const float b = evidence(i, j);
          weights(i, j) = std::copysign(std::pow(std::abs(b), static_cast<float>(sharpness)), b);
        }
      }
    });
  }

  Index items() const { return evidence.extent(0); }
  /// What item i of a profile adds to the score of j, attention included. \borrows this
  TensorView<const float, 2> attended() const {
    return weights.size() == 0 ? evidence.view() : weights.view();
  }

  /// \shape profiles: B rows -> scores (B, I)
  void score(const ItemRows& profiles, TensorView<float, 2> scores) const {
    score_by_item_weights(attended(), profiles, scores);
  }

 private:
  // (length / mean length)^-power of each row; 1 for an empty one.
  static std::vector<double> powers(const ItemRows& rows, double power) {
    const double mean =
        static_cast<double>(rows.count()) / static_cast<double>(std::max<Index>(rows.size(), 1));
    std::vector<double> values(static_cast<std::size_t>(rows.size()), 1.0);
    for (Index r = 0; r < rows.size(); ++r) {
      if (!rows[r].empty() && power != 0) {
        values[static_cast<std::size_t>(r)] = std::pow(static_cast<double>(rows[r].size()) / mean, -power);
      }
    }
    return values;
  }
};

}  // namespace rapt
