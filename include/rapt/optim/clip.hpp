#pragma once
/// \file  Gradients kept within bounds.

#include <rapt/core/parallel_sum.hpp>
#include <rapt/optim/update.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

namespace rapt {

/// What clip_grad_norm does besides scaling.
struct ClipOptions {
  /// Throw where the norm is NaN or infinite, instead of returning it.
  bool error_if_nonfinite = false;
  /// Rows::touched: row tables are read and scaled only where the gradient was written. The other rows are 0,
  /// so the result is the same.
  Rows rows = Rows::all;
};

namespace detail {

/// f(n, data) for every run of numbers of a gradient, dense or by touched rows.
template <class Model, class F>
void visit_gradient(Model& gradient, Rows rows, F&& f) {
  const auto dense = [&](auto& g) { f(g.size(), g.data()); };
  zip_parameters_and_row_tables(
      dense,
      [&](auto& table) {
        if (rows == Rows::all) return zip_parameters(dense, table);
        zip_parameters(
            [&](auto& g) {
              for (const Index row : table.touched.rows()) f(row_size(g), g.data() + row * row_size(g));
            },
            table);
      },
      gradient);
}

}  // namespace detail

/// The Euclidean norm of all numbers of a gradient together, summed in double.
template <class Model>
double grad_norm(const Model& gradient, Rows rows = Rows::all) {
  using T = typename Model::Scalar;
  double sum = 0;
  detail::visit_gradient(gradient, rows, [&](Index n, const T* g) {
    sum += parallel_sum<double>(n, 1 << 14, 1, [&](Index from, Index to) {
      return Eigen::Map<const Eigen::Array<T, Eigen::Dynamic, 1>>(g + from, to - from)
          .template cast<double>()
          .square()
          .sum();
    });
  });
  return std::sqrt(sum);
}

/// `g *= min(1, max_norm / (|g| + 1e-6))`, |g| the norm over all parameters together (Pascanu et al. 2013,
/// arXiv:1211.5063, algorithm 1), as torch.nn.utils.clip_grad_norm_. Returns |g| before.
///
/// \throws std::invalid_argument for max_norm below 0; std::runtime_error for a norm that is not
///         finite, where error_if_nonfinite asks for it
/// \note   a norm that is not finite scales nothing (PyTorch makes every number NaN or 0)
template <class Model>
double clip_grad_norm(Model& gradient, double max_norm, ClipOptions options = {}) {
  detail::expect_option(max_norm >= 0, "clip_grad_norm", "max_norm", max_norm, "at least 0");
  using T = typename Model::Scalar;
  const double norm = grad_norm(gradient, options.rows);
  if (!std::isfinite(norm)) {
    if (options.error_if_nonfinite)
      throw std::runtime_error("clip_grad_norm: the norm of the gradient is " + detail::number_text(norm));
    return norm;
  }
  const double factor = max_norm / (norm + 1e-6);
  if (factor < 1) {
    detail::visit_gradient(gradient, options.rows, [&](Index n, T* g) {
      Eigen::Map<Eigen::Array<T, Eigen::Dynamic, 1>>(g, n) *= static_cast<T>(factor);
    });
  }
  return norm;
}

/// `g = clamp(g, -limit, limit)` for every number, as torch.nn.utils.clip_grad_value_; NaN stays NaN.
/// \throws std::invalid_argument for a limit below 0
template <class Model>
void clip_grad_value(Model& gradient, double limit, Rows rows = Rows::all) {
  detail::expect_option(limit >= 0, "clip_grad_value", "limit", limit, "at least 0");
  using T = typename Model::Scalar;
  const T bound = static_cast<T>(limit);
  detail::visit_gradient(gradient, rows, [&](Index n, T* g) {
    for (Index i = 0; i < n; ++i) g[i] = std::clamp(g[i], -bound, bound);
  });
}

}  // namespace rapt
