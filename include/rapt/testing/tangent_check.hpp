#pragma once
/// \file  The numerical check of tangents: second derivatives against finite differences.

#include <rapt/core/tangent.hpp>
#include <rapt/testing/gradient_check.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace rapt::testing {

namespace detail {

/// The absent form of an adjoint of the output, or the adjoint.
template <class View, class Owner>
View present(const Owner& owner, bool there) {
  return there ? View(owner) : View{};
}

inline void keep_numbers(std::vector<std::vector<double>>& to, auto& views,
                         const std::vector<std::vector<double>>& like) {
  to.clear();
  std::size_t k = 0;
  rapt::detail::zip_views(
      [&](auto& view) {
        auto& list = to.emplace_back(view.begin(), view.end());
        if (view.absent()) list.assign(like[k].size(), 0.0);  // absent stands for zeros
        ++k;
      },
      views);
}

}  // namespace detail

/// Which adjoints the check hands to backward_tangent; the other one is absent.
enum class Adjoints { both, tangent_only, output_only };

namespace detail {

/// One layer with its input, a random direction and random adjoints, and both ways to its derivatives.
template <TangentLayer L>
class TangentCheck {
 public:
  using Output = typename L::Output;

  TangentCheck(const L& original, typename L::Input x, Adjoints adjoints, const GradientCheckOptions& options)
      : layer_(original),
        gradient_(zeros_like(original)),
        input_(x),
        direction_(x),
        options_(options),
        by_tangent_(adjoints != Adjoints::output_only),
        by_output_(adjoints != Adjoints::tangent_only) {
    RandomStream stream(13);
    for (auto& values : direction_.values) {
      for (double& v : values) v = normal<double>(stream);
    }
    d_dy_ = Tensor<double, Output::rank>(forward().shape());
    dy_ = Tensor<double, Output::rank>(d_dy_.shape());
    fill_normal(d_dy_.view(), 0, 1, stream);
    fill_normal(dy_.view(), 0, 1, stream);
  }

  GradientReport run() {
    const GradientReport along = check_forward_tangent();
    refresh();
    GradientProbe probe(
        options_, [this] { return s(); }, [this] { refresh(); });
    std::vector<std::string> names;
    named_parameters([&](std::string_view name, auto&) { names.emplace_back(name); }, layer_);
    zip_parameters(
        [&, n = std::size_t{0}](auto& w, auto& g) mutable {
          probe.tensor(names[n++], w.size(), w.data(), [&g](Index i) { return (g.data()[i] - 0.5) / 2; });
        },
        layer_, gradient_);
    for (std::size_t k = 0; k < input_.values.size(); ++k) {
      probe.input("input " + std::to_string(k), input_.values[k], d_input_, k);
      probe.input("direction " + std::to_string(k), direction_.values[k], d_direction_, k);
    }
    GradientReport report = probe.report;
    if (along.worst > report.worst) {
      report.worst = along.worst;
      report.where = along.where;
    }
    report.samples += along.samples;
    report.moved += along.moved;
    return report;
  }

 private:
  static double dot(const auto& a, const auto& b) {
    return a.size() == 0 ? 0.0 : (a.array() * b.array()).sum();
  }
  Output forward() {
    if (options_.training) start_training(cache_, *options_.training);
    return layer_.forward(input_.input, cache_);
  }
  Output forward_tangent() { return layer_.forward_tangent(direction_.input, cache_); }

  double s() {
    double sum = dot(dy_, forward());
    if (!by_output_) sum = 0;
    if (by_tangent_) sum += dot(d_dy_, forward_tangent());
    return sum;
  }

  auto backward_tangent() {
    return layer_.backward_tangent(present<Output>(d_dy_, by_tangent_), present<Output>(dy_, by_output_),
                                   cache_, &gradient_, InputGradient::compute);
  }
  void refresh() {
    zip_parameters([](auto& g) { g.fill(0.5); }, gradient_);
    forward();
    layer_.backward(dy_, cache_, nullptr, InputGradient::compute);
    forward_tangent();
    backward_tangent();
    auto views = backward_tangent();
    keep_numbers(d_direction_, views.tangent, direction_.values);
    keep_numbers(d_input_, views.input, input_.values);
  }

  /// y' itself: d/dt of <d_dy, forward(x + t x')> at t = 0, or near it where there is a kink.
  GradientReport check_forward_tangent() {
    const auto start = input_.values;
    double t = 0, slope = 0;
    const auto go = [&] {
      for (std::size_t k = 0; k < start.size(); ++k) {
        for (std::size_t i = 0; i < start[k].size(); ++i)
          input_.values[k][i] = start[k][i] + t * direction_.values[k][i];
      }
      return forward();
    };
    const auto analytic = [&] {
      go();
      slope = dot(d_dy_, forward_tangent());
    };
    analytic();
    GradientProbe probe(
        options_, [&] { return dot(d_dy_, go()); }, analytic);
    probe.tensor("forward_tangent", 1, &t, [&](Index) { return slope; });
    t = 0;
    go();
    return probe.report;
  }

  L layer_, gradient_;
  OwnedInput<typename L::Input> input_, direction_;
  typename L::Cache cache_;
  GradientCheckOptions options_;
  bool by_tangent_, by_output_;
  Tensor<double, Output::rank> d_dy_, dy_;
  std::vector<std::vector<double>> d_direction_, d_input_;
};

}  // namespace detail

/// Compares forward_tangent with a 4-point difference of forward along a random direction, and the results
/// of backward_tangent with a 4-point stencil of `S = <d_dy, y'> + <dy, y>` for the direction, the input and
/// every parameter, S computed by forward and forward_tangent. backward_tangent runs twice on a warm cache
/// with a first-order backward before it, so that ADD, OVERWRITE and independence are demanded too.
/// \throws what the layer throws
template <TangentLayer L>
requires std::same_as<typename L::Scalar, double> GradientReport
check_tangent(const L& layer, typename L::Input x, Adjoints adjoints = Adjoints::both,
              const GradientCheckOptions& options = {}) {
  return detail::TangentCheck<L>(layer, x, adjoints, options).run();
}

}  // namespace rapt::testing
