#pragma once
// What every penalty on a discriminator's gradient is checked for, on any discriminator:
//
//   rapt_test::check_penalty(rapt::R1Penalty{}, rapt_test::PenaltyCase<G, D>{d, real, fake, input});

#include <rapt/gan/gan_penalty.hpp>
#include <rapt/gan/wiring.hpp>
#include <rapt/testing/golden.hpp>
#include <rapt/testing/gradient_check.hpp>

#include "support/allocation_counter.hpp"
#include "support/catch.hpp"
#include "support/layer_properties.hpp"

#include <cmath>
#include <cstdio>
#include <string>

namespace rapt_test {

/// A discriminator and what a penalty reads, all borrowed but D.
template <class G, class D_>
struct PenaltyCase {
  using D = D_;
  using Wiring = rapt::GanWiring<G, D>;
  using T = typename D::Scalar;

  D d;
  typename D::Input real;
  typename G::Output fake;
  typename G::Input input;

  template <class Penalty>
  T add(const Penalty& penalty, typename Penalty::template Cache<D, Wiring>& cache, D* gradient) const {
    return penalty.add(d, real, fake, input, rapt::RandomStream(21), cache, gradient);
  }
};

/// The value and gradient of a penalty, from a cache of its own.
template <class Penalty, class Case>
Numbers penalty_pass(const Penalty& penalty, const Case& c) {
  typename Penalty::template Cache<typename Case::D, typename Case::Wiring> cache;
  auto gradient = rapt::zeros_like(c.d);
  Numbers numbers;
  numbers.push_back({static_cast<double>(c.add(penalty, cache, &gradient))});
  append_parameters(numbers, gradient);
  return numbers;
}

/// The gradient against a 4-point stencil of the value. A parameter whose gradient is all 0 must not move the
/// value: a bias whose only use is to shift what a piecewise linear function bends.
template <class Penalty, class Case>
void check_penalty_gradient(const Penalty& penalty, Case c, const std::string& name) {
  static_assert(rapt::GanPenalty<Penalty, typename Case::D, typename Case::Wiring, decltype(c.input)>);
  typename Penalty::template Cache<typename Case::D, typename Case::Wiring> cache;
  auto gradient = rapt::zeros_like(c.d);
  const auto value = [&] { return c.add(penalty, cache, nullptr); };
  const auto refresh = [&] {
    zip_parameters([](auto& g) { g.fill(0.5); }, gradient);  // it must be added to
    c.add(penalty, cache, &gradient);
  };
  refresh();
  CHECK(c.add(penalty, cache, &gradient) == value());
  refresh();
  rapt::testing::detail::GradientProbe probe({}, value, refresh);
  std::vector<std::string> names;
  named_parameters([&](std::string_view parameter, auto&) { names.emplace_back(parameter); }, c.d);
  std::size_t k = 0;
  zip_parameters(
      [&](auto& w, auto& g) {
        const std::string& parameter = names[k++];
        double largest = 0;
        for (const double v : g) largest = std::max(largest, std::abs(v - 0.5));
        if (largest > 1e-14) {
          probe.tensor(parameter, w.size(), w.data(), [&g](Index i) { return g.data()[i] - 0.5; });
          return;
        }
        const double before = value();
        for (Index i = 0; i < w.size(); i += 1 + w.size() / 8) {
          const double kept = w.data()[i];
          w.data()[i] += 1e-7;
          INFO(name << ": " << parameter << "[" << i << "]");
          CHECK(std::abs(value() - before) <= 1e-12 * (1 + std::abs(before)));
          w.data()[i] = kept;
        }
      },
      c.d, gradient);
  INFO(name << " worst at " << probe.report.where << ", moved " << probe.report.moved << " of "
            << probe.report.samples);
  CHECK(probe.report.worst < 1e-6);
  CHECK(probe.report.samples > 0);
  CHECK(20 * probe.report.moved <= probe.report.samples);
}

/// No allocation in a warm step, and the same bits with 1, 2 and 3 threads.
template <class Penalty, class Case>
void check_penalty_machine(const Penalty& penalty, const Case& c, const std::string& name) {
  INFO(name);
  if (can_count_allocations()) {
    typename Penalty::template Cache<typename Case::D, typename Case::Wiring> cache;
    auto gradient = rapt::zeros_like(c.d);
    c.add(penalty, cache, &gradient);
    const long before = allocation_count();
    c.add(penalty, cache, &gradient);
    const long after = allocation_count();
    CHECK(after == before);
  }
  rapt::set_parallel_threshold(0);
  rapt::set_threads(1);
  const Numbers one = penalty_pass(penalty, c);
  for (const Index n : {2, 3}) {
    rapt::set_threads(n);
    CHECK(same_bits(one, penalty_pass(penalty, c)));
  }
  rapt::set_threads(1);
  rapt::set_parallel_threshold(100'000);
}

template <class Penalty, class Case>
void check_penalty(const Penalty& penalty, const Case& c, const std::string& name) {
  check_penalty_gradient(penalty, c, name);
  check_penalty_machine(penalty, c, name);
}

/// Value and gradient as PyTorch's double backward gives them: `<what>` and `<what>.gradient.<parameter>`.
template <class Penalty, class Case>
void check_penalty_golden(const Penalty& penalty, const Case& c, const rapt::testing::Golden& golden,
                          const std::string& what) {
  typename Penalty::template Cache<typename Case::D, typename Case::Wiring> cache;
  auto gradient = rapt::zeros_like(c.d);
  INFO(what);
  CHECK(std::abs(c.add(penalty, cache, &gradient) - golden.tensor<double, 1>(what)(0)) < 1e-9);
  named_parameters(
      [&](std::string_view parameter, const auto& g) {
        INFO(parameter);
        if (g.size() == 0) return;  // a bias left out
        const auto expected = golden.tensor<double, std::remove_cvref_t<decltype(g)>::rank>(
            what + ".gradient." + std::string(parameter));
        CHECK(rapt::testing::largest_difference(g, expected) < 1e-9);
      },
      gradient);
}

}  // namespace rapt_test
