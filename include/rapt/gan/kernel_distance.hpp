#pragma once
/// \file  The maximum mean discrepancy of two sets of features.

#include <rapt/core/parallel_sum.hpp>
#include <rapt/core/tensor.hpp>
#include <rapt/gan/samples.hpp>
#include <rapt/ops/matmul.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <stdexcept>
#include <string>

namespace rapt {

/// The polynomial kernel `k(x, y) = (gamma <x, y> + offset)^degree`; the defaults are those of KID.
/// \units gamma 0 stands for 1 / E
struct PolynomialKernel {
  Index degree = 3;
  double gamma = 0;
  double offset = 1;
};

namespace detail {

inline double whole_power(double x, Index n) {
  double power = 1;
  for (Index i = 0; i < n; ++i) power *= x;
  return power;
}

/// sum_ij k(a_i, b_j), without i = j where `skip_diagonal`; in blocks of rows, one product each.
template <std::floating_point T>
double kernel_sum(const Tensor<T, 2>& a, const Tensor<T, 2>& b, const PolynomialKernel& kernel, double gamma,
                  bool skip_diagonal) {
  constexpr Index block = 64;
  const Index rows = a.extent(0), columns = b.extent(0), width = a.extent(1);
  const Index blocks = (rows + block - 1) / block;
  Tensor<double, 1> sums({blocks});  // summed in their order, whoever made them
  parallel_for(blocks, 2 * block * columns * width, [&](Index chunk) {
    const Index from = chunk * block, to = std::min(rows, from + block);
    Tensor<T, 2> products({to - from, columns});
    matmul<T>(a.view().slice(from, to), b, products.view(), {.transpose_b = true, .alpha = gamma});
    double sum = 0;
    for (Index i = from; i < to; ++i) {
      for (Index j = 0; j < columns; ++j) {
        if (skip_diagonal && i == j) continue;
        sum += whole_power(static_cast<double>(products(i - from, j)) + kernel.offset, kernel.degree);
      }
    }
    sums(chunk) = sum;
  });
  double total = 0;
  for (const double sum : sums) total += sum;
  return total;
}

}  // namespace detail

/// Kernel distance: the unbiased estimate of the squared maximum mean discrepancy
/// `sum_(i != j) k(x_i, x_j) / (N (N - 1)) + sum_(i != j) k(y_i, y_j) / (M (M - 1)) - 2 sum_ij k(x_i, y_j) /
/// (N M)` (Gretton et al. 2012, eq. 3; Binkowski et al. 2018, arXiv:1801.01401, section 4). It may be below 0
/// where the sets hardly differ.
/// \shape  real (N, E), fake (M, E)
/// \cost   (N + M)^2 E
/// \throws ShapeError; std::invalid_argument for fewer than two samples and for a kernel out of range;
///         std::domain_error for numbers that are not finite
/// \note   Binkowski et al. average over draws of 1000 samples; here every pair counts once
template <class Samples>
double kernel_distance(const Samples& real_samples, ConstView<Samples> fake,
                       const PolynomialKernel& kernel = {}) {
  const ConstView<Samples> real = real_samples;
  detail::expect_samples("kernel_distance", "real", real, "fake", fake, 2);
  if (kernel.degree < 1) {
    throw std::invalid_argument("kernel_distance: degree is " + std::to_string(kernel.degree) +
                                ", expected at least 1");
  }
  if (!std::isfinite(kernel.gamma) || kernel.gamma < 0 || !std::isfinite(kernel.offset)) {
    throw std::invalid_argument("kernel_distance: gamma is " + std::to_string(kernel.gamma) + " and offset " +
                                std::to_string(kernel.offset) +
                                ", expected finite numbers and gamma not below 0");
  }
  const auto width = static_cast<double>(std::max<Index>(1, real.extent(1)));
  const double gamma = kernel.gamma == 0 ? 1 / width : kernel.gamma;
  Tensor<double, 2> x({real.extent(0), real.extent(1)}), y({fake.extent(0), fake.extent(1)});
  x.matrix() = real.matrix().template cast<double>();
  y.matrix() = fake.matrix().template cast<double>();
  const auto n = static_cast<double>(x.extent(0)), m = static_cast<double>(y.extent(0));
  return detail::kernel_sum(x, x, kernel, gamma, true) / (n * (n - 1)) +
         detail::kernel_sum(y, y, kernel, gamma, true) / (m * (m - 1)) -
         2 * detail::kernel_sum(x, y, kernel, gamma, false) / (n * m);
}

}  // namespace rapt
