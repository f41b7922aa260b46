#pragma once
/// \file  The distance of two normal distributions fitted to features.

#include <rapt/core/tensor.hpp>
#include <rapt/gan/samples.hpp>
#include <rapt/ops/matmul.hpp>

#include <Eigen/Eigenvalues>

#include <cmath>
#include <concepts>
#include <stdexcept>
#include <string>
#include <string_view>

namespace rapt {

/// Mean and covariance of features, in double whatever the features are in.
/// \shape mean (E), covariance (E, E)
struct GaussianMoments {
  Tensor<double, 1> mean;
  Tensor<double, 2> covariance;
};

/// `m = mean_n x_n, C = sum_n (x_n - m)(x_n - m)^T / (N - 1)`, the unbiased covariance.
/// \shape  x (N, E)
/// \throws std::invalid_argument for fewer than two samples; std::domain_error for numbers that are not
/// finite
template <class Samples>
GaussianMoments gaussian_moments(const Samples& samples) {
  const ConstView<Samples> x = samples;
  detail::expect_samples("gaussian_moments", "x", x, 2);
  const Index rows = x.extent(0), width = x.extent(1);
  GaussianMoments moments{Tensor<double, 1>({width}), Tensor<double, 2>({width, width})};
  Tensor<double, 2> centred({rows, width});
  centred.matrix() = x.matrix().template cast<double>();
  moments.mean.matrix() = centred.matrix().colwise().mean();
  centred.matrix().rowwise() -= moments.mean.matrix().row(0);
  matmul<double>(centred, centred, moments.covariance.view(),
                 {.transpose_a = true, .alpha = 1 / static_cast<double>(rows - 1)});
  return moments;
}

namespace detail {

template <std::floating_point T>
using SymmetricEigen = Eigen::SelfAdjointEigenSolver<Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>>;

/// The symmetric root of a covariance by its eigenvalues; those below 0 are rounding and count as 0.
template <std::floating_point T>
auto covariance_root(TensorView<const T, 2> covariance) {
  const SymmetricEigen<T> eigen(covariance.matrix());
  return (eigen.eigenvectors() * eigen.eigenvalues().cwiseMax(T(0)).cwiseSqrt().asDiagonal() *
          eigen.eigenvectors().transpose())
      .eval();
}

/// Sum of the singular values of M: half the sum of |eigenvalues| of [0 M; M^T 0], which, other than the
/// roots of the eigenvalues of M^T M, keep small singular values apart from rounding.
template <std::floating_point T, class Square>
T nuclear_norm(const Square& m) {
  const Index n = m.rows();
  Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic> both = decltype(both)::Zero(2 * n, 2 * n);
  both.bottomLeftCorner(n, n) = m;  // only the lower triangle is read
  return SymmetricEigen<T>(both, Eigen::EigenvaluesOnly).eigenvalues().cwiseAbs().sum() / 2;
}

/// Throws where moments hold a number that is not finite: their distance would be none.
inline void expect_moments(std::string_view where, std::string_view what, const GaussianMoments& moments) {
  const auto expect = [&](std::string_view part, bool finite) {
    if (!finite) {
      throw std::domain_error(std::string(where) + ": " + std::string(part) + " of " + std::string(what) +
                              " is not finite");
    }
  };
  expect("mean", moments.mean.matrix().allFinite());
  expect("covariance", moments.covariance.matrix().allFinite());
}

}  // namespace detail

/// Frechet distance `|m_1 - m_2|^2 + tr(C_1 + C_2 - 2 (C_1 C_2)^(1/2))` of two normal distributions (Dowson
/// and Landau 1982; Heusel et al. 2017, arXiv:1706.08500, eq. 6); the squared distance, as all report it.
///
/// `tr (C_1 C_2)^(1/2)` is the sum of the singular values of `C_1^(1/2) C_2^(1/2)`: symmetric roots only, and
/// singular covariances (fewer samples than features) need no offset.
///
/// \cost   O(E^3)
/// \throws ShapeError; std::domain_error for moments that are not finite
/// \note   the distance depends on the features: figures of two classifiers cannot be compared
template <std::floating_point T = double>
T frechet_distance(const GaussianMoments& real, const GaussianMoments& fake) {
  static_assert(std::same_as<T, double>, "frechet_distance: moments are in double");
  const Index width = real.mean.size();
  expect_shape("frechet_distance", "covariance of real", real.covariance.shape(), {width, width});
  expect_shape("frechet_distance", "mean of fake", fake.mean.shape(), {width});
  expect_shape("frechet_distance", "covariance of fake", fake.covariance.shape(), {width, width});
  detail::expect_moments("frechet_distance", "real", real);
  detail::expect_moments("frechet_distance", "fake", fake);
  if (width == 0) return 0;
  const T apart = (real.mean.array() - fake.mean.array()).square().sum();
  const T spread = real.covariance.matrix().trace() + fake.covariance.matrix().trace();
  const T shared = detail::nuclear_norm<T>(detail::covariance_root<T>(real.covariance) *
                                           detail::covariance_root<T>(fake.covariance));
  const T rest = spread - 2 * shared;
  return apart + (rest < 0 ? T(0) : rest);  // not std::max, which would make 0 of a NaN
}

/// The same between normal distributions fitted to two sets of features.
/// \shape  real (N, E), fake (M, E)
/// \throws ShapeError; std::invalid_argument for fewer than two samples; std::domain_error for numbers not
/// finite
template <class Samples>
double frechet_distance(const Samples& real, ConstView<Samples> fake) {
  detail::expect_samples("frechet_distance", "real", ConstView<Samples>(real), "fake", fake, 2);
  return frechet_distance(gaussian_moments(real), gaussian_moments(fake));
}

}  // namespace rapt
