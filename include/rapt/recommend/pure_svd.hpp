#pragma once
/// \file  Scores by the leading singular vectors of the interactions.

#include <rapt/core/parallel.hpp>
#include <rapt/core/random.hpp>
#include <rapt/ops/matmul.hpp>
#include <rapt/recommend/interactions.hpp>
#include <rapt/recommend/scorer.hpp>

#include <Eigen/Eigenvalues>
#include <Eigen/QR>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

namespace rapt {

/// Settings of PureSvd.
struct PureSvdSettings {
  Index factors = 50;
  Index iterations = 20;  // of the subspace; the leading vectors converge first
  bool operator==(const PureSvdSettings&) const = default;
};

/// Scores x V V^T, V the leading right singular vectors of the users x items matrix of 0 and 1 (Cremonesi,
/// Koren and Turrin 2010, section 3.3), found by subspace iteration on a few vectors more than asked (Halko,
/// Martinsson and Tropp 2011, arXiv:0909.4061, algorithm 4.4).
class PureSvd final : public Scorer {
 public:
  /// \cost    iterations x factors x (4 pairs + 2 items x factors) flops; memory (U + I) x factors
  /// \throws  std::invalid_argument where a setting is below 1, or more factors are asked than there are
  /// items
  static PureSvd fit(const Interactions& train, const PureSvdSettings& settings = {});
  /// From stored vectors V^T. \shape (factors, I)
  explicit PureSvd(Tensor<float, 2> vectors) : vectors_(std::move(vectors)) {}

  Index items() const override { return vectors_.extent(1); }
  /// V^T, the largest singular value first. \shape (factors, I)
  const Tensor<float, 2>& vectors() const { return vectors_; }

 private:
  void write_scores(const ItemRows& profiles, TensorView<float, 2> scores) const override {
    const Index f = vectors_.extent(0), n = items();
    Tensor<float, 2> codes({profiles.size(), f});
    parallel_for_range(profiles.size(), 16, f * (profiles.count() / profiles.size() + 1),
                       [&](Index from, Index to) {
                         for (Index row = from; row < to; ++row) {
                           for (Index k = 0; k < f; ++k) {
                             float sum = 0;
                             for (const Index item : profiles[row]) sum += vectors_.data()[k * n + item];
                             codes(row, k) = sum;
                           }
                         }
                       });
    matmul(codes, vectors_, scores);
  }

  Tensor<float, 2> vectors_;
};

namespace detail {

/// to = X^T (X from), X the matrix of 0 and 1. \shape from, to (I, K)
inline void multiply_by_gram(const Interactions& x, const RowMatrix<double>& from, RowMatrix<double>& by_user,
                             RowMatrix<double>& to) {
  const Index k = from.cols(), cost = k * (x.size() / std::max<Index>(x.users(), 1) + 1);
  parallel_for_range(x.users(), 64, cost, [&](Index begin, Index end) {
    for (Index u = begin; u < end; ++u) {
      by_user.row(u).setZero();
      for (const Index item : x.items_of(u)) by_user.row(u) += from.row(item);
    }
  });
  parallel_for_range(x.items(), 64, k * (x.size() / std::max<Index>(x.items(), 1) + 1),
                     [&](Index begin, Index end) {
                       for (Index i = begin; i < end; ++i) {
                         to.row(i).setZero();
                         for (const Index user : x.users_of(i)) to.row(i) += by_user.row(user);
                       }
                     });
}

}  // namespace detail

inline PureSvd PureSvd::fit(const Interactions& train, const PureSvdSettings& settings) {
  const Index n = train.items(), f = settings.factors;
  if (f < 1 || f > n || settings.iterations < 1) {
    throw std::invalid_argument(
        "PureSvd::fit: " + std::to_string(f) + " factors of " + std::to_string(n) + " items and " +
        std::to_string(settings.iterations) +
        " iterations, expected 1 to as many factors as items and at least 1 iteration");
  }
  const Index width = std::min(n, f + std::max<Index>(8, f / 4));
  RowMatrix<double> v(n, width), product(n, width), by_user(train.users(), width);
  RandomStream stream(0);
  for (Index i = 0; i < n; ++i) {
    for (Index k = 0; k < width; ++k) v(i, k) = normal<double>(stream);
  }
  const auto orthonormal = [](RowMatrix<double>& a) {
    const Eigen::HouseholderQR<Eigen::MatrixXd> qr(a);
    a = qr.householderQ() * Eigen::MatrixXd::Identity(a.rows(), a.cols());
  };
  orthonormal(v);
  for (Index step = 0; step < settings.iterations; ++step) {
    detail::multiply_by_gram(train, v, by_user, product);
    v = product;
    orthonormal(v);
  }
  // Within the subspace the eigenvectors of X^T X are exact.
  detail::multiply_by_gram(train, v, by_user, product);
  const Eigen::MatrixXd small = v.transpose() * product;
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> eigen(small);
  const Eigen::MatrixXd vectors = v * eigen.eigenvectors();
  Tensor<float, 2> result({f, n});
  for (Index k = 0; k < f; ++k) {
    for (Index i = 0; i < n; ++i) result(k, i) = static_cast<float>(vectors(i, width - 1 - k));
  }
  return PureSvd(std::move(result));
}

}  // namespace rapt
