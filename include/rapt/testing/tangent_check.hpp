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

/// Compares forward_tangent with a 4-point difference of forward along a random direction, and the results
/// of backward_tangent with a 4-point stencil of `S = <d_dy, y'> + <dy, y>` for the direction, the input and
/// every parameter, S computed by forward and forward_tangent. backward_tangent runs twice on a warm cache
/// with a first-order backward before it, so that ADD, OVERWRITE and independence are demanded too.
/// \throws what the layer throws
template <TangentLayer L>
requires std::same_as<typename L::Scalar, double> GradientReport
check_tangent(const L& original, typename L::Input x, Adjoints adjoints = Adjoints::both,
              GradientCheckOptions options = {}) {
  L layer = original;
  detail::OwnedInput<typename L::Input> owned(x), direction(x);
  RandomStream stream(13);
  for (auto& values : direction.values) {
    for (double& v : values) v = normal<double>(stream);
  }
  typename L::Cache cache;
  const auto forward = [&] {
    if (options.training) start_training(cache, *options.training);
    return layer.forward(owned.input, cache);
  };
  Tensor<double, L::Output::rank> d_dy(forward().shape()), dy(d_dy.shape());
  fill_normal(d_dy.view(), 0, 1, stream);
  fill_normal(dy.view(), 0, 1, stream);
  const bool by_tangent = adjoints != Adjoints::output_only, by_output = adjoints != Adjoints::tangent_only;
  const auto dot = [](const auto& a, const auto& b) {
    return a.size() == 0 ? 0.0 : (a.array() * b.array()).sum();
  };
  const auto s_of = [&] {
    double s = 0;
    const auto y = forward();
    if (by_output) s += dot(dy, y);
    if (by_tangent) s += dot(d_dy, layer.forward_tangent(direction.input, cache));
    return s;
  };

  L gradient = zeros_like(layer);
  std::vector<std::vector<double>> d_direction, d_input;
  const auto analytic = [&] {
    zip_parameters([](auto& g) { g.fill(0.5); }, gradient);
    forward();
    layer.backward(dy, cache, nullptr, InputGradient::compute);
    layer.forward_tangent(direction.input, cache);
    const auto views_of = [&] {
      return layer.backward_tangent(detail::present<typename L::Output>(d_dy, by_tangent),
                                    detail::present<typename L::Output>(dy, by_output), cache, &gradient,
                                    InputGradient::compute);
    };
    views_of();
    auto views = views_of();
    detail::keep_numbers(d_direction, views.tangent, direction.values);
    detail::keep_numbers(d_input, views.input, owned.values);
  };
  analytic();

  detail::GradientProbe probe(options, s_of, analytic);
  std::vector<std::string> names;
  named_parameters([&](std::string_view name, auto&) { names.emplace_back(name); }, layer);
  zip_parameters(
      [&, n = std::size_t{0}](auto& w, auto& g) mutable {
        probe.tensor(names[n++], w.size(), w.data(), [&g](Index i) { return (g.data()[i] - 0.5) / 2; });
      },
      layer, gradient);
  for (std::size_t k = 0; k < owned.values.size(); ++k) {
    probe.input("input " + std::to_string(k), owned.values[k], d_input, k);
    probe.input("direction " + std::to_string(k), direction.values[k], d_direction, k);
  }

  // y' itself: d/dt of <d_dy, forward(x + t x')> at t = 0.
  const auto start = owned.values;
  double t = 0;
  detail::GradientProbe along(
      options,
      [&] {
        for (std::size_t k = 0; k < start.size(); ++k) {
          for (std::size_t i = 0; i < start[k].size(); ++i)
            owned.values[k][i] = start[k][i] + t * direction.values[k][i];
        }
        return dot(d_dy, forward());
      },
      [] {});
  double slope = 0;
  t = 0;
  forward();
  slope = dot(d_dy, layer.forward_tangent(direction.input, cache));
  along.tensor("forward_tangent", 1, &t, [&](Index) {
    if (t != 0) {  // moved off a kink
      const double here = t;
      for (std::size_t k = 0; k < start.size(); ++k) {
        for (std::size_t i = 0; i < start[k].size(); ++i)
          owned.values[k][i] = start[k][i] + here * direction.values[k][i];
      }
      forward();
      slope = dot(d_dy, layer.forward_tangent(direction.input, cache));
    }
    return slope;
  });
  if (along.report.worst > probe.report.worst) {
    probe.report.worst = along.report.worst;
    probe.report.where = along.report.where;
  }
  probe.report.samples += along.report.samples;
  probe.report.moved += along.report.moved;
  return probe.report;
}

}  // namespace rapt::testing
