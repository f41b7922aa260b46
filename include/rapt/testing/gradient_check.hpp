#pragma once
/// \file  One numerical check of hand-written gradients that fits every layer and loss, ours and yours.

#include <rapt/core/layer.hpp>
#include <rapt/core/loss.hpp>
#include <rapt/core/training.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
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
      const double relative = error / (largest + 1e-8);
      if (!(relative <= report.worst)) {  // a NaN is recorded too
        report.worst = relative;
        report.where = name + "[" + std::to_string(i) + "]";
      }
    }
  }

  GradientReport report;

 private:
  double at(double& value, double x) {
    value = x;
    return loss_();
  }
  double stencil(double& value, double h) {
    const double x = value;
    const double far = at(value, x + 2 * h) - at(value, x - 2 * h),
                 near = at(value, x + h) - at(value, x - h);
    value = x;
    return (8 * near - far) / (12 * h);
  }
  // Two stencils of a smooth function agree to far better than the tolerance; across a kink they do not.
  double slope_off_kinks(double& value) {
    double numeric = stencil(value, options_.step);
    for (int attempt = 1; attempt <= 5; ++attempt) {
      const double finer = stencil(value, options_.step / 3);
      if (std::abs(finer - numeric) <= 1e-6 * (std::abs(numeric) + 1e-2)) return numeric;
      value += 37 * options_.step * attempt;
      refresh_();
      if (attempt == 1) ++report.moved;
      numeric = stencil(value, options_.step);
    }
    return numeric;
  }

  GradientCheckOptions options_;
  std::function<double()> loss_;
  std::function<void()> refresh_;
};

}  // namespace detail

/// Compares backward with a 4-point stencil of L = sum(r * forward(x)), r random, for every parameter and
/// every number of the input. The gradient starts at 0.5 and backward runs twice on a warm cache, so that ADD
/// for parameters and OVERWRITE for inputs are demanded too. \throws what the layer throws
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
    if (dx.size() <= k || (dx[k].empty() && !owned.values[k].empty())) {
      probe.report.worst = std::numeric_limits<double>::infinity();
      probe.report.where = "input " + std::to_string(k) + " has no gradient";
      continue;
    }
    probe.tensor("input " + std::to_string(k), static_cast<Index>(owned.values[k].size()),
                 owned.values[k].data(), [&dx, k](Index i) { return dx[k][static_cast<std::size_t>(i)]; });
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
    probe.tensor("prediction " + std::to_string(k), static_cast<Index>(owned.values[k].size()),
                 owned.values[k].data(),
                 [&gradient, k](Index i) { return gradient[k][static_cast<std::size_t>(i)]; });
  }
  return probe.report;
}

}  // namespace rapt::testing
