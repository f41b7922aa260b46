#pragma once
/// \file  Matrix factorisation of implicit feedback by alternating least squares.

#include <rapt/core/number_text.hpp>
#include <rapt/core/parallel.hpp>
#include <rapt/core/random.hpp>
#include <rapt/ops/matmul.hpp>
#include <rapt/recommend/interactions.hpp>
#include <rapt/recommend/scorer.hpp>

#include <Eigen/Cholesky>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace rapt {

/// Settings of Ials.
struct IalsSettings {
  Index factors = 64;
  double alpha = 0.1;            // weight of all pairs at 0, against 1 of an observed pair at 1
  double regularization = 0.01;  // times the weight of what a factor explains
  Index epochs = 10;             // each updates all users, then all items
  std::uint64_t seed = 0;        // of the first item factors
  bool operator==(const IalsSettings&) const = default;
};

/// Scores p q_j for item factors Q and the p that fits the profile S best,
/// `p = argmin sum over S of (1 - p q_j)^2 + alpha sum over all j of (p q_j)^2 + r (|S| + alpha I) |p|^2`
/// (Hu, Koren and Volinsky 2008, doi:10.1109/ICDM.2008.22; penalty by frequency of Rendle et al. 2022,
/// arXiv:2110.14037, eq. 5).
/// \note    A profile's factor is worked out when it is scored: users of the training set get no other.
class Ials final : public Scorer {
 public:
  /// \cost    epochs x (pairs x factors^2 + (U + I) factors^3) flops
  /// \throws  std::invalid_argument where a setting is out of range
  static Ials fit(const Interactions& train, const IalsSettings& settings = {});
  /// From stored item factors. \shape (I, factors) \throws std::invalid_argument
  Ials(Tensor<float, 2> factors, double alpha, double regularization);

  Index items() const override { return factors_.extent(0); }
  /// Q. \shape (I, factors)
  const Tensor<float, 2>& factors() const { return factors_; }

 private:
  void write_scores(const ItemRows& profiles, TensorView<float, 2> scores) const override;

  Tensor<float, 2> factors_;
  double alpha_ = 0, regularization_ = 0;
  RowMatrix<double> gram_;  // alpha Q^T Q
};

namespace detail {

inline void expect_ials_penalties(double alpha, double regularization) {
  if (!(alpha >= 0 && std::isfinite(alpha)) || !(regularization > 0 && std::isfinite(regularization))) {
    throw std::invalid_argument("Ials: alpha is " + number_text(alpha) + ", regularization " +
                                number_text(regularization) + "; expected alpha >= 0 and regularization > 0");
  }
}

/// alpha Q^T Q, in double.
inline RowMatrix<double> weighted_gram(TensorView<const float, 2> q, double alpha) {
  const RowMatrix<double> wide = q.matrix().cast<double>();
  return alpha * (wide.transpose() * wide);
}

/// The factor of each row of ids: least squares on the factors of the other side. Rows without ids get 0.
inline void solve_factors(const ItemRows& rows, TensorView<const float, 2> others,
                          const RowMatrix<double>& gram, double alpha, double regularization,
                          TensorView<float, 2> factors) {
  const Index f = others.extent(1), count = rows.count() / std::max<Index>(rows.size(), 1) + 1;
  const double all = alpha * static_cast<double>(others.extent(0));
  parallel_for_range(rows.size(), 16, count * f * f + f * f * f, [&](Index from, Index to) {
    RowMatrix<double> a(f, f);
    Eigen::VectorXd right(f), own(f);
    for (Index row = from; row < to; ++row) {
      const auto ids = rows[row];
      auto result = factors.slice(row, row + 1).matrix();
      if (ids.empty()) {
        result.setZero();
        continue;
      }
      a = gram;
      right.setZero();
      for (const Index id : ids) {
        own = others.matrix().row(id).transpose().template cast<double>();
        a.template selfadjointView<Eigen::Lower>().rankUpdate(own);
        right += own;
      }
      a.diagonal().array() += regularization * (static_cast<double>(ids.size()) + all);
      result =
          a.template selfadjointView<Eigen::Lower>().llt().solve(right).transpose().template cast<float>();
    }
  });
}

}  // namespace detail

inline Ials Ials::fit(const Interactions& train, const IalsSettings& settings) {
  detail::expect_ials_penalties(settings.alpha, settings.regularization);
  if (settings.factors < 1 || settings.epochs < 1) {
    throw std::invalid_argument("Ials::fit: " + std::to_string(settings.factors) + " factors, " +
                                std::to_string(settings.epochs) + " epochs, expected at least 1 of each");
  }
  const Index f = settings.factors;
  Tensor<float, 2> users({train.users(), f}), items({train.items(), f});
  RandomStream stream(settings.seed);
  fill_normal(items.view(), 0.0f, static_cast<float>(0.1 / std::sqrt(static_cast<double>(f))), stream);
  for (Index epoch = 0; epoch < settings.epochs; ++epoch) {
    detail::solve_factors(train.by_user(), items, detail::weighted_gram(items, settings.alpha),
                          settings.alpha, settings.regularization, users);
    detail::solve_factors(train.by_item(), users, detail::weighted_gram(users, settings.alpha),
                          settings.alpha, settings.regularization, items);
  }
  return {std::move(items), settings.alpha, settings.regularization};
}

inline Ials::Ials(Tensor<float, 2> factors, double alpha, double regularization)
    : factors_(std::move(factors)), alpha_(alpha), regularization_(regularization) {
  detail::expect_ials_penalties(alpha, regularization);
  gram_ = detail::weighted_gram(factors_, alpha_);
}

inline void Ials::write_scores(const ItemRows& profiles, TensorView<float, 2> scores) const {
  Tensor<float, 2> codes({profiles.size(), factors_.extent(1)});
  detail::solve_factors(profiles, factors_, gram_, alpha_, regularization_, codes.view());
  matmul(codes, factors_, scores, {.transpose_b = true});
}

}  // namespace rapt
