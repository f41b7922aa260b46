#include <rapt/kernels/activation.hpp>

#include "support/catch.hpp"
#include "support/every_simd.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <limits>
#include <vector>

using rapt::Index;
using rapt::Simd;

namespace {

template <class T>
using Numbers = std::vector<T>;

// Numbers on both sides of 0, the first ones special.
template <class T>
Numbers<T> activation_inputs(Index n) {
  Numbers<T> x(static_cast<std::size_t>(n));
  for (Index i = 0; i < n; ++i) x[static_cast<std::size_t>(i)] = static_cast<T>((i * 37) % 101 - 50) / T(8);
  return x;
}

// Runs f(i) of n numbers into memory that is exactly so long, and compares with `expected`.
template <class T>
void check_numbers(Index n, const std::function<void(T*)>& kernel,
                   const std::function<double(std::size_t)>& expected) {
  Numbers<T> y(static_cast<std::size_t>(n), -99);
  kernel(y.data());
  for (std::size_t i = 0; i < y.size(); ++i)
    CHECK(static_cast<double>(y[i]) == Catch::Approx(expected(i)).epsilon(1e-6).margin(1e-7));
}

template <class Check>
void for_each_simd_and_length(Check&& check) {
  for (const Simd simd : rapt_test::every_simd()) {
    for (const Index n : {0, 1, 3, 7, 16, 33, 100}) {
      INFO(rapt::simd_name(simd) << ", " << n << " numbers");
      check(simd, n);
    }
  }
}

double logistic_of(double x) { return 1 / (1 + std::exp(-x)); }
double normal_of(double x) { return std::erfc(-x * std::sqrt(0.5)) / 2; }

}  // namespace

TEMPLATE_TEST_CASE("Activation kernels give the values of their formulas at every length",
                   "[kernels][activation]", float, double) {
  using T = TestType;
  for_each_simd_and_length([](Simd simd, Index n) {
    const auto x = activation_inputs<T>(n);
    const auto check = [&](auto kernel, auto f) {
      check_numbers<T>(
          n, [&](T* y) { kernel(x.data(), y, n); }, [&](std::size_t i) { return f(double(x[i])); });
    };
    check(RAPT_KERNEL_FOR(simd, relu_values<T>), [](double v) { return std::max(v, 0.0); });
    check(RAPT_KERNEL_FOR(simd, tanh_values<T>), [](double v) { return std::tanh(v); });
    check(RAPT_KERNEL_FOR(simd, logistic_values<T>), logistic_of);
    check(RAPT_KERNEL_FOR(simd, gelu_values<T>), [](double v) { return v * normal_of(v); });
    check(RAPT_KERNEL_FOR(simd, silu_values<T>), [](double v) { return v * logistic_of(v); });
    const auto leaky = RAPT_KERNEL_FOR(simd, leaky_relu_values<T>);
    check([&](const T* from, T* y, Index count) { leaky(from, y, count, T(0.25)); },
          [](double v) { return v > 0 ? v : v / 4; });
    const auto softplus = RAPT_KERNEL_FOR(simd, softplus_values<T>);
    check([&](const T* from, T* y, Index count) { softplus(from, y, count, T(2), T(5)); },
          [](double v) { return 2 * v > 5 ? v : std::log1p(std::exp(2 * v)) / 2; });
  });
}

TEMPLATE_TEST_CASE("Activation kernels give the gradients of their formulas at every length",
                   "[kernels][activation]", float, double) {
  using T = TestType;
  for_each_simd_and_length([](Simd simd, Index n) {
    const auto x = activation_inputs<T>(n);
    Numbers<T> dy(x.size());
    for (std::size_t i = 0; i < dy.size(); ++i) dy[i] = static_cast<T>(i % 5) - T(1.5);
    const auto check = [&](auto kernel, auto f) {
      check_numbers<T>(
          n, [&](T* dx) { kernel(dy.data(), x.data(), dx, n); },
          [&](std::size_t i) { return double(dy[i]) * f(double(x[i])); });
    };
    const auto density = [](double v) { return std::exp(-v * v / 2) / std::sqrt(8 * std::atan(1.0)); };
    check(RAPT_KERNEL_FOR(simd, relu_gradient<T>), [](double v) { return v > 0 ? 1.0 : 0.0; });
    check(RAPT_KERNEL_FOR(simd, tanh_gradient<T>), [](double y) { return 1 - y * y; });
    check(RAPT_KERNEL_FOR(simd, logistic_gradient<T>), [](double y) { return y * (1 - y); });
    check(RAPT_KERNEL_FOR(simd, gelu_gradient<T>), [&](double v) { return normal_of(v) + v * density(v); });
    check(RAPT_KERNEL_FOR(simd, silu_gradient<T>),
          [](double v) { return logistic_of(v) * (1 + v * logistic_of(-v)); });
    const auto leaky = RAPT_KERNEL_FOR(simd, leaky_relu_gradient<T>);
    check([&](const T* d, const T* from, T* dx, Index count) { leaky(d, from, dx, count, T(0.25)); },
          [](double v) { return v > 0 ? 1 : 0.25; });
    const auto softplus = RAPT_KERNEL_FOR(simd, softplus_gradient<T>);
    check([&](const T* d, const T* from, T* dx, Index count) { softplus(d, from, dx, count, T(2), T(5)); },
          [](double v) { return 2 * v > 5 ? 1 : logistic_of(2 * v); });
  });
}

TEMPLATE_TEST_CASE("Rectifiers keep NaN and have the lower slope at 0", "[kernels][activation]", float,
                   double) {
  using T = TestType;
  const Numbers<T> x{std::numeric_limits<T>::quiet_NaN(), 0}, one{1, 1};
  for_each_simd_and_length([&](Simd simd, Index) {
    Numbers<T> y(2);
    RAPT_KERNEL_FOR(simd, relu_values<T>)(x.data(), y.data(), 2);
    CHECK(std::isnan(y[0]));
    RAPT_KERNEL_FOR(simd, leaky_relu_values<T>)(x.data(), y.data(), 2, T(0.5));
    CHECK(std::isnan(y[0]));
    RAPT_KERNEL_FOR(simd, relu_gradient<T>)(one.data(), x.data(), y.data(), 2);
    CHECK(y == Numbers<T>{1, 0});
    RAPT_KERNEL_FOR(simd, leaky_relu_gradient<T>)(one.data(), x.data(), y.data(), 2, T(0.5));
    CHECK(y == Numbers<T>{1, T(0.5)});
  });
}
