#pragma once
/// \file  Stochastic gradient descent.

#include <rapt/core/layer.hpp>
#include <rapt/kernels/sgd.hpp>
#include <rapt/optim/update.hpp>

namespace rapt {

/// \units rate is the step per unit of gradient; momentum is the share of the velocity kept each step;
///        weight_decay is the factor of w added to the gradient (L2)
struct SGDOptions {
  double rate = 1e-2;
  double momentum = 0;
  bool nesterov = false;
  double weight_decay = 0;
  /// Rows::touched: row tables move only where the gradient was written; velocity and decay of the other rows
  /// stand still. Without momentum and decay that is the dense rule exactly, otherwise it is not.
  Rows rows = Rows::all;
};

namespace detail {

/// One update of n numbers.
template <class T>
struct SGDUpdate {
  SGDStep<T> constants;

  void operator()(Index n, T* w, const T* g, T* velocity) const {
    const auto kernel = RAPT_KERNEL_FOR(simd(), sgd_step<T>);
    parallel_for_range(n, update_grain, update_operations, [&](Index from, Index to) {
      kernel(to - from, constants, w + from, g + from, velocity + from);
    });
  }
};

}  // namespace detail

/// Stochastic gradient descent, `v = momentum v + g, w -= rate v` (Polyak 1964), or with Nesterov's step `w
/// -= rate (g + momentum v)` (Sutskever et al. 2013, "On the importance of initialization and momentum in
/// deep learning"), `g` with weight_decay w added; as torch.optim.SGD without dampening.
///
/// \throws std::invalid_argument for a rate, momentum or decay below 0, or for nesterov without momentum
template <class Model>
struct SGD {
  SGDOptions options;
  Model velocity;

  explicit SGD(const Model& model, SGDOptions o = {}) : options(o), velocity(zeros_like(model)) {
    detail::expect_option(o.rate >= 0, "SGD", "rate", o.rate, "at least 0");
    detail::expect_option(o.momentum >= 0, "SGD", "momentum", o.momentum, "at least 0");
    detail::expect_option(o.weight_decay >= 0, "SGD", "weight_decay", o.weight_decay, "at least 0");
    detail::expect_option(!o.nesterov || o.momentum > 0, "SGD", "momentum", o.momentum,
                          "above 0 with nesterov");
  }

  /// \throws ShapeError where the gradient is not of the model's shapes; nothing is written then
  void step(Model& model, const Model& gradient) {
    using T = typename Model::Scalar;
    const detail::SGDUpdate<T> update{{.rate = static_cast<T>(options.rate),
                                       .momentum = static_cast<T>(options.momentum),
                                       .penalty = static_cast<T>(options.weight_decay),
                                       .nesterov = options.nesterov}};
    detail::update_parameters(options.rows, update, model, gradient, velocity);
  }
};

}  // namespace rapt
