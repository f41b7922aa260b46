#pragma once
/// \file  Adam with decoupled weight decay.

#include <rapt/optim/adam.hpp>

namespace rapt {

/// \units as AdamOptions, but weight_decay is the share of w that a step of rate 1 takes away
struct AdamWOptions {
  double rate = 1e-3;
  double beta1 = 0.9, beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 1e-2;
  /// As AdamOptions::rows: rows that were not touched do not decay either.
  Rows rows = Rows::all;
};

/// Adam with decoupled weight decay: `w *= 1 - rate * weight_decay`, then Adam's step with the plain gradient
/// (Loshchilov and Hutter 2019, arXiv:1711.05101, algorithm 2), as torch.optim.AdamW.
///
/// \throws std::invalid_argument for options out of range
template <class Model>
struct AdamW {
  AdamWOptions options;
  Model first, second;
  std::int64_t steps = 0;

  explicit AdamW(const Model& model, AdamWOptions o = {})
      : options(o), first(zeros_like(model)), second(zeros_like(model)) {
    detail::expect_adam_options("AdamW", o);
  }

  /// \throws ShapeError where the gradient is not of the model's shapes; nothing is written then
  void step(Model& model, const Model& gradient) {
    using T = typename Model::Scalar;
    const detail::AdamUpdate<T> update{
        detail::adam_constants<T>(options, steps + 1, 0, options.weight_decay)};
    detail::update_parameters(options.rows, update, model, gradient, first, second);
    ++steps;
  }
};

}  // namespace rapt
