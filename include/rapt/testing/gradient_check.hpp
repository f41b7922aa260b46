#pragma once
/// \file  One numerical check of hand-written gradients that fits every layer and loss, ours and yours.

#include <rapt/core/layer.hpp>
#include <rapt/core/loss.hpp>
#include <rapt/core/training.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace rapt::testing {

/// Settings of the check; the defaults belong to double.
struct GradientCheckOptions {
  double step = 1e-4;                    // h of the 4-point stencil
  Index samples_per_tensor = 40;         // larger tensors are sampled evenly
  std::optional<RandomStream> training;  // checks the layer in training mode, every pass with the same draws
};

/// What the check found.
struct GradientReport {
  double worst = 0;   // largest |analytic - numeric| / (largest |numeric| of that tensor + 1e-8)
  std::string where;  // "query.weight[17]" or "input 0[3]"
  Index samples = 0;  // numbers that were compared
  Index moved = 0;    // of these, moved off a kink first
};

namespace detail {

/// An input whose views of numbers lie over memory of our own, so that they can be moved.
template <class Input>
struct OwnedInput {
  using Scalar = double;
  Input input;
  std::vector<std::vector<double>> values;

  explicit OwnedInput(Input original) : input(original) {
    rapt::detail::zip_views(
        [&](auto& view) {
          auto& copy = values.emplace_back(view.begin(), view.end());
          if (view.data() != nullptr) view = {copy.data(), view.shape()};
        },
        input);
  }
  OwnedInput(const OwnedInput&) = delete;
};

class GradientProbe {
 public:
  /// `loss` is the number that is differentiated, as a function of all that can be moved; `refresh` computes
  /// the analytic gradients anew where a sample has been moved.
  GradientProbe(const GradientCheckOptions& options, std::function<double()> loss,
                std::function<void()> refresh)
      : options_(options), loss_(std::move(loss)), refresh_(std::move(refresh)) {}

  /// One tensor: `analytic(i)` is read again after a move.
  void tensor(const std::string& name, Index size, double* values,
              const std::function<double(Index)>& analytic) {
    const Index stride = std::max<Index>(1, size / options_.samples_per_tensor);
    std::vector<std::pair<double, Index>> errors;
    double largest = 0;
    for (Index i = 0; i < size; i += stride) {
      const double numeric = slope_off_kinks(values[i]);
      largest = std::max(largest, std::abs(numeric));
      errors.emplace_back(std::abs(analytic(i) - numeric), i);
      ++report.samples;
    }
    for (const auto& [error, i] : errors) {
      // A NaN is the worst of all: no later sample may take its place.
      const double relative =
          std::isfinite(error) ? error / (largest + 1e-8) : std::numeric_limits<double>::infinity();
      if (relative > report.worst) {
        report.worst = relative;
        report.where = name + "[" + std::to_string(i) + "]";
      }
    }
  }

  /// One tensor of the input; `gradients[k]` is read again after a move.
  void input(const std::string& name, std::vector<double>& values,
             const std::vector<std::vector<double>>& gradients, std::size_t k) {
    if (gradients.size() <= k || gradients[k].size() != values.size()) {
      report.worst = std::numeric_limits<double>::infinity();
      report.where = name + " has no gradient of its size";
      return;
    }
    tensor(name, static_cast<Index>(values.size()), values.data(),
           [&gradients, k](Index i) { return gradients[k][static_cast<std::size_t>(i)]; });
  }

  GradientReport report;

 private:
  struct Slope {
    double central;  // the 4-point stencil
    double turn;     // right slope minus left slope
  };
  double at(double& value, double x) {
    value = x;
    return loss_();
  }
  Slope stencil(double& value, double h) {
    const double x = value, middle = at(value, x);
    const double right = at(value, x + h), left = at(value, x - h);
    const double far = at(value, x + 2 * h) - at(value, x - 2 * h);
    value = x;
    return {(8 * (right - left) - far) / (12 * h), (right - 2 * middle + left) / h};
  }
  // Two stencils of a smooth function agree to far better than the tolerance; across a kink they do not,
  // unless the sample sits on it. There the slope turns as much within a third of the step, where it should
  // turn a third as much.
  static bool smooth(const Slope& coarse, const Slope& fine) {
    const double small = 1e-6 * (std::abs(coarse.central) + 1e-2);
    const bool on_kink =
        std::abs(fine.turn) > 10 * small && std::abs(fine.turn) > 0.6 * std::abs(coarse.turn);
    return std::abs(fine.central - coarse.central) <= small && !on_kink;
  }
  double slope_off_kinks(double& value) {
    Slope coarse = stencil(value, options_.step);
    for (int attempt = 1; attempt <= 5; ++attempt) {
      if (smooth(coarse, stencil(value, options_.step / 3))) return coarse.central;
      value += 37 * options_.step * attempt;
      refresh_();
      if (attempt == 1) ++report.moved;
      coarse = stencil(value, options_.step);
    }
    return coarse.central;
  }

  GradientCheckOptions options_;
  std::function<double()> loss_;
  std::function<void()> refresh_;
};

}  // namespace detail

/// Compares backward with a 4-point stencil of L = sum(r * forward(x)), r random, for every parameter and
/// every number of the input. The gradient starts at 0.5 and backward runs twice on a warm cache, so that ADD
/// for parameters and OVERWRITE for inputs are demanded too.
/// \throws what the layer throws
template <Layer L>
requires std::same_as<typename L::Scalar, double> GradientReport
check_gradient(const L& original, typename L::Input x, GradientCheckOptions options = {}) {
  L layer = original;
  detail::OwnedInput<typename L::Input> owned(x);
  typename L::Cache cache;
  const auto forward = [&] {
    if (options.training) start_training(cache, *options.training);
    return layer.forward(owned.input, cache);
  };
  RandomStream stream(7);
  Tensor<double, L::Output::rank> r(forward().shape());
  fill_normal(r.view(), 0, 1, stream);

  L gradient = zeros_like(layer);
  std::vector<std::vector<double>> dx;
  const auto analytic = [&] {
    zip_parameters([](auto& g) { g.fill(0.5); }, gradient);
    forward();
    layer.backward(r, cache, &gradient, InputGradient::compute);
    if constexpr (std::is_void_v<decltype(layer.backward(r, cache, &gradient, InputGradient::compute))>) {
      layer.backward(r, cache, &gradient, InputGradient::compute);
    } else {
      auto views = layer.backward(r, cache, &gradient, InputGradient::compute);
      dx.clear();
      rapt::detail::zip_views([&](auto& view) { dx.emplace_back(view.begin(), view.end()); }, views);
    }
  };
  analytic();

  detail::GradientProbe probe(
      options,
      [&] {
        const auto y = forward();
        return y.size() == 0 ? 0.0 : (y.array() * r.array()).sum();
      },
      analytic);
  std::vector<std::string> names;
  named_parameters([&](std::string_view name, auto&) { names.emplace_back(name); }, layer);
  zip_parameters(
      [&, n = std::size_t{0}](auto& w, auto& g) mutable {
        probe.tensor(names[n++], w.size(), w.data(), [&g](Index i) { return (g.data()[i] - 0.5) / 2; });
      },
      layer, gradient);
  for (std::size_t k = 0; k < owned.values.size(); ++k) {
    probe.input("input " + std::to_string(k), owned.values[k], dx, k);
  }
  return probe.report;
}

/// The same for a loss: its gradient by every number of the prediction.
template <Loss L>
requires std::same_as<typename L::Scalar, double> GradientReport
check_loss_gradient(const L& loss, typename L::Prediction prediction, typename L::Target target,
                    GradientCheckOptions options = {}) {
  detail::OwnedInput<typename L::Prediction> owned(prediction);
  typename L::Cache cache;
  std::vector<std::vector<double>> gradient;
  const auto analytic = [&] {
    loss.forward(owned.input, target, cache);
    loss.backward(cache);
    auto views = loss.backward(cache);
    gradient.clear();
    rapt::detail::zip_views([&](auto& view) { gradient.emplace_back(view.begin(), view.end()); }, views);
  };
  analytic();
  detail::GradientProbe probe(
      options, [&] { return loss.forward(owned.input, target, cache); }, analytic);
  for (std::size_t k = 0; k < owned.values.size(); ++k) {
    probe.input("prediction " + std::to_string(k), owned.values[k], gradient, k);
  }
  return probe.report;
}

}  // namespace rapt::testing
