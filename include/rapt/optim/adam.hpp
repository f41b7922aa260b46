#pragma once
/// \file  Adam.

#include <rapt/core/layer.hpp>
#include <rapt/kernels/adam.hpp>
#include <rapt/optim/update.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string_view>

namespace rapt {

/// \units rate is the step per update; beta1, beta2 are the shares of the moments kept each step;
///        weight_decay is the factor of w added to the gradient (L2; AdamW has the other kind)
struct AdamOptions {
  double rate = 1e-3;
  double beta1 = 0.9, beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 0;
  /// Rows::touched: row tables are updated only where the gradient was written; their moments (and decay)
  /// then stand still for rows that were not (lazy Adam), which is not the same as the dense rule.
  Rows rows = Rows::all;
};

namespace detail {

/// The constants of the optimiser's step number `step`: of all tensors, whatever is done to them.
/// \units l2 is the factor of w added to the gradient, decoupled the share of w that a step of rate 1 takes
template <class T, class Options>
AdamStep<T> adam_constants(const Options& o, std::int64_t step, double l2, double decoupled) {
  const double count = static_cast<double>(step);
  return {.rate = static_cast<T>(o.rate),
          .rest1 = static_cast<T>(1 - o.beta1),
          .beta2 = static_cast<T>(o.beta2),
          .rest2 = static_cast<T>(1 - o.beta2),
          .epsilon = static_cast<T>(o.epsilon),
          .correction1 = static_cast<T>(1 / (1 - std::pow(o.beta1, count))),
          .correction2 = static_cast<T>(1 / std::sqrt(1 - std::pow(o.beta2, count))),
          .penalty = static_cast<T>(l2),
          .keep = static_cast<T>(1 - o.rate * decoupled)};
}

/// One Adam update of n numbers.
template <class T>
struct AdamUpdate {
  AdamStep<T> constants;

  void operator()(Index n, T* w, const T* g, T* m, T* v) const {
    const auto kernel = RAPT_KERNEL_FOR(simd(), adam_step<T>);
    parallel_for_range(n, update_grain, update_operations, [&](Index from, Index to) {
      kernel(to - from, constants, w + from, g + from, m + from, v + from);
    });
  }
};

/// Whether the squares of all numbers are finite in their own type, in which Adam keeps them: a number whose
/// second moment is infinite never moves again.
template <class Numbers>
bool squares_fit(const Numbers& g) {
  return std::all_of(g.begin(), g.end(), [](auto x) { return std::isfinite(x * x); });
}
/// The same of a gradient of this norm, which no number exceeds. \cost nothing where the norm's square fits
template <class Model>
bool squares_fit(const Model& gradient, double norm) {
  if (norm * norm < static_cast<double>(std::numeric_limits<typename Model::Scalar>::max())) return true;
  bool fit = true;
  zip_parameters([&](const auto& g) { fit = fit && squares_fit(g); }, gradient);
  return fit;
}

template <class Options>
void expect_adam_options(std::string_view where, const Options& o) {
  expect_option(o.rate >= 0, where, "rate", o.rate, "at least 0");
  expect_option(o.beta1 >= 0 && o.beta1 < 1, where, "beta1", o.beta1, "at least 0 and below 1");
  expect_option(o.beta2 >= 0 && o.beta2 < 1, where, "beta2", o.beta2, "at least 0 and below 1");
  expect_option(o.epsilon >= 0, where, "epsilon", o.epsilon, "at least 0");
  expect_option(o.weight_decay >= 0, where, "weight_decay", o.weight_decay, "at least 0");
}

}  // namespace detail

/// Adam: `m = b1 m + (1-b1) g, v = b2 v + (1-b2) g^2, w -= rate * m_hat / (sqrt(v_hat) + epsilon)` (Kingma
/// and Ba 2015, arXiv:1412.6980, algorithm 1), `g` with weight_decay w added, as torch.optim.Adam. The bias
/// correction counts steps of the optimiser.
///
/// The moments are two more values of the model's own type; nothing is keyed by address, so a copied
/// optimiser resumes exactly where the original stood. A schedule writes `options.rate` between steps.
///
/// \throws std::invalid_argument for options out of range
template <class Model>
struct Adam {
  AdamOptions options;
  Model first, second;
  std::int64_t steps = 0;

  explicit Adam(const Model& model, AdamOptions o = {})
      : options(o), first(zeros_like(model)), second(zeros_like(model)) {
    detail::expect_adam_options("Adam", o);
  }

  /// \throws ShapeError where the gradient is not of the model's shapes; nothing is written then
  void step(Model& model, const Model& gradient) {
    using T = typename Model::Scalar;
    const detail::AdamUpdate<T> update{
        detail::adam_constants<T>(options, steps + 1, options.weight_decay, 0)};
    detail::update_parameters(options.rows, update, model, gradient, first, second);
    ++steps;
  }
};

}  // namespace rapt
