#pragma once
/// \file  Adam.

#include <rapt/core/layer.hpp>
#include <rapt/optim/update.hpp>

#include <cmath>
#include <cstdint>
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

/// One Adam update of n numbers; corrections are those of the step, not of the tensor.
template <class T>
struct AdamUpdate {
  T rate, rest1, beta2, rest2, epsilon, correction1, correction2;
  T penalty;  // added to the gradient, times w
  T keep;     // what w is multiplied with first

  template <class Options>
  AdamUpdate(const Options& o, std::int64_t step, double l2, double decoupled)
      : rate(static_cast<T>(o.rate)),
        rest1(static_cast<T>(1 - o.beta1)),
        beta2(static_cast<T>(o.beta2)),
        rest2(static_cast<T>(1 - o.beta2)),
        epsilon(static_cast<T>(o.epsilon)),
        correction1(static_cast<T>(1 / (1 - std::pow(o.beta1, static_cast<double>(step))))),
        correction2(static_cast<T>(1 / std::sqrt(1 - std::pow(o.beta2, static_cast<double>(step))))),
        penalty(static_cast<T>(l2)),
        keep(static_cast<T>(1 - o.rate * decoupled)) {}

  void operator()(Index n, T* w, const T* g, T* m, T* v) const {
    parallel_for_range(n, update_grain, update_operations, [&](Index from, Index to) {
      using Numbers = Eigen::Array<T, Eigen::Dynamic, 1>;
      const Eigen::Map<const Numbers> gradient(g + from, to - from);
      Eigen::Map<Numbers> weight(w + from, to - from), first(m + from, to - from),
          second(v + from, to - from);
      const auto moments = [&](const auto& slope) {
        first += rest1 * (slope - first);
        second = beta2 * second + rest2 * slope.square();
      };
      if (penalty == 0) {
        moments(gradient);
      } else {
        moments(gradient + penalty * weight);
      }
      weight = keep * weight - rate * (correction1 * first) / (correction2 * second.sqrt() + epsilon);
    });
  }
};

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
    const detail::AdamUpdate<typename Model::Scalar> update(options, steps + 1, options.weight_decay, 0);
    detail::update_parameters(options.rows, update, model, gradient, first, second);
    ++steps;
  }
};

}  // namespace rapt
