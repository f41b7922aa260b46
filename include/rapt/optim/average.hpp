#pragma once
/// \file  A running average of a model's parameters.

#include <rapt/optim/update.hpp>

#include <cmath>
#include <cstdint>

namespace rapt {

/// \units decay in [0, 1) is the share of the average kept at each update
struct AverageOptions {
  double decay = 0.999;
  /// Divide by the weights given so far, as Adam does with its moments: the average then never remembers the
  /// model that it was made from.
  bool bias_correction = true;
};

/// Exponential moving average of a model, `a += (1 - d) / (1 - d^t) (w - a)` at update t, or without bias
/// correction `a += (1 - d) (w - a)` from the first model on (Polyak and Juditsky 1992; Kingma and Ba 2015,
/// arXiv:1412.6980, sections 3 and 7.2). Buffers (batch-norm averages) are copied.
///
/// \throws std::invalid_argument for a decay outside [0, 1)
template <class Model>
struct ExponentialMovingAverage {
  AverageOptions options;
  Model average;
  std::int64_t updates = 0;

  explicit ExponentialMovingAverage(const Model& model, AverageOptions o = {}) : options(o), average(model) {
    detail::expect_option(o.decay >= 0 && o.decay < 1, "ExponentialMovingAverage", "decay", o.decay,
                          "at least 0 and below 1");
  }

  /// \throws ShapeError where the model is not of the average's shapes; nothing is written then
  void update(const Model& model) {
    using T = typename Model::Scalar;
    const double d = options.decay, t = static_cast<double>(updates + 1);
    const T share = static_cast<T>(options.bias_correction ? (1 - d) / (1 - std::pow(d, t)) : 1 - d);
    const auto move = [share](Index n, T* a, const T* w) {
      parallel_for_range(n, detail::update_grain, detail::update_operations, [&](Index from, Index to) {
        for (Index i = from; i < to; ++i) a[i] += share * (w[i] - a[i]);
      });
    };
    detail::update_parameters(Rows::all, move, average, model);
    auto copy = [](const detail::Anonymous&, auto& to, const auto& from) { to = from; };
    detail::walk<detail::Walk::buffers>(detail::Anonymous{}, copy, average, model);
    ++updates;
  }
};

}  // namespace rapt
