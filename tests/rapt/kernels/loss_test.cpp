#include <rapt/kernels/loss.hpp>

#include "support/catch.hpp"
#include "support/every_simd.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <memory>
#include <vector>

using rapt::Index;
using rapt::Simd;

namespace {

template <class T>
struct LossData {
  explicit LossData(Index count)
      : n(count), a(size()), b(size()), share(size()), flags(std::make_unique<bool[]>(size())) {
    for (std::size_t i = 0; i < size(); ++i) {
      a[i] = (static_cast<T>((i * 29) % 41) - 20) / 4;
      b[i] = (static_cast<T>((i * 17) % 37) - 18) / 3;
      share[i] = static_cast<T>(i % 5) / 4;
      flags[i] = i % 3 == 1;
    }
  }
  std::size_t size() const { return static_cast<std::size_t>(n); }
  Index n;
  std::vector<T> a, b, share;  // share in [0, 1]
  std::unique_ptr<bool[]> flags;
};

// y[i] against f(i), which is of order 1.
template <class T, class F>
void check_terms(const std::vector<T>& y, F&& f) {
  for (std::size_t i = 0; i < y.size(); ++i)
    CHECK(double(y[i]) == Catch::Approx(f(i)).epsilon(8e-7).margin(8e-7));
}

template <class T, class Check>
void for_each_simd_and_count(Check&& check) {
  for (const Simd simd : rapt_test::every_simd()) {
    for (const Index n : {0, 1, 5, 16, 37}) {
      INFO(rapt::simd_name(simd) << ", " << n << " elements");
      check(simd, LossData<T>(n), std::vector<T>(static_cast<std::size_t>(n)));
    }
  }
}

double softplus_of(double x) { return std::log1p(std::exp(x)); }
double slope_of(double x) { return 1 / (1 + std::exp(-x)); }

}  // namespace

TEMPLATE_TEST_CASE("Kernels of binary cross-entropy give its terms and its gradient", "[kernels][loss]",
                   float, double) {
  using T = TestType;
  for_each_simd_and_count<T>([](Simd simd, const LossData<T>& d, std::vector<T> y) {
    const auto terms = RAPT_KERNEL_FOR(simd, binary_cross_entropy_terms<T>);
    const auto gradient = RAPT_KERNEL_FOR(simd, binary_cross_entropy_gradient<T>);
    const auto loss = [&](std::size_t i, double t) {
      return t * softplus_of(-double(d.a[i])) + (1 - t) * softplus_of(double(d.a[i]));
    };
    terms(d.a.data(), d.share.data(), T(9), y.data(), d.n);
    check_terms(y, [&](std::size_t i) { return loss(i, double(d.share[i])); });
    terms(d.a.data(), nullptr, T(0.25), y.data(), d.n);
    check_terms(y, [&](std::size_t i) { return loss(i, 0.25); });
    gradient(d.a.data(), d.share.data(), T(9), T(0.5), y.data(), d.n);
    check_terms(y, [&](std::size_t i) { return (slope_of(double(d.a[i])) - double(d.share[i])) / 2; });
    gradient(d.a.data(), nullptr, T(0.25), T(0.5), y.data(), d.n);
    check_terms(y, [&](std::size_t i) { return (slope_of(double(d.a[i])) - 0.25) / 2; });
  });
}

TEMPLATE_TEST_CASE("Kernels of a ranking of pairs give its terms and its gradients", "[kernels][loss]", float,
                   double) {
  using T = TestType;
  for_each_simd_and_count<T>([](Simd simd, const LossData<T>& d, std::vector<T> y) {
    const auto gap = [&](std::size_t i) { return double(d.b[i]) - double(d.a[i]); };
    RAPT_KERNEL_FOR(simd, ranking_terms<T>)(d.a.data(), d.b.data(), y.data(), d.n);
    check_terms(y, [&](std::size_t i) { return softplus_of(gap(i)); });
    std::vector<T> upper(y.size());
    RAPT_KERNEL_FOR(simd, ranking_gradient<T>)(d.a.data(), d.b.data(), T(3), upper.data(), y.data(), d.n);
    check_terms(y, [&](std::size_t i) { return 3 * slope_of(gap(i)); });
    check_terms(upper, [&](std::size_t i) { return -3 * slope_of(gap(i)); });
  });
}

TEMPLATE_TEST_CASE("Kernels of divergences give their terms and gradients", "[kernels][loss]", float,
                   double) {
  using T = TestType;
  for_each_simd_and_count<T>([](Simd simd, const LossData<T>& d, std::vector<T> y) {
    RAPT_KERNEL_FOR(simd, divergence_terms<T>)(d.a.data(), d.share.data(), y.data(), d.n);
    check_terms(y, [&](std::size_t i) {
      const double t = double(d.share[i]);
      return (t == 0 ? 0 : t * std::log(t)) - t * double(d.a[i]);
    });
    const auto less_one = [&](std::size_t i) { return std::expm1(double(d.b[i])); };
    RAPT_KERNEL_FOR(simd, gaussian_terms<T>)(d.a.data(), d.b.data(), y.data(), d.n);
    check_terms(y, [&](std::size_t i) { return double(d.a[i] * d.a[i]) + less_one(i) - double(d.b[i]); });
    std::vector<T> mean(y.size());
    RAPT_KERNEL_FOR(simd, gaussian_gradient<T>)(d.a.data(), d.b.data(), T(0.5), mean.data(), y.data(), d.n);
    check_terms(mean, [&](std::size_t i) { return double(d.a[i]) / 2; });
    check_terms(y, [&](std::size_t i) { return less_one(i) / 4; });
  });
}

TEMPLATE_TEST_CASE("Kernels of candidate lists tell positives from the others", "[kernels][loss]", float,
                   double) {
  using T = TestType;
  for_each_simd_and_count<T>([](Simd simd, const LossData<T>& d, std::vector<T> y) {
    const T z = 6;  // no score is above
    const bool* const positive = d.flags.get();
    const auto gap = [&](std::size_t i) { return double(z) - double(d.a[i]); };
    RAPT_KERNEL_FOR(simd, list_terms<T>)(d.a.data(), positive, z, y.data(), d.n);
    check_terms(y, [&](std::size_t i) { return positive[i] ? softplus_of(gap(i)) : 0; });
    RAPT_KERNEL_FOR(simd, list_slopes<T>)(d.a.data(), positive, z, T(0.5), y.data(), d.n);
    check_terms(y, [&](std::size_t i) { return positive[i] ? slope_of(gap(i)) / 2 : 0; });
    RAPT_KERNEL_FOR(simd, list_gradient<T>)(d.a.data(), positive, z, T(0.5), T(7), y.data(), d.n);
    check_terms(y,
                [&](std::size_t i) { return positive[i] ? -slope_of(gap(i)) / 2 : 7 * std::exp(-gap(i)); });
  });
}

TEMPLATE_TEST_CASE("A term of a loss is NaN where its scores are", "[kernels][loss]", float, double) {
  using T = TestType;
  const T nan = std::numeric_limits<T>::quiet_NaN(), one = 1, zero = 0;
  const bool positive = true;
  for (const Simd simd : rapt_test::every_simd()) {
    T y = 0;
    RAPT_KERNEL_FOR(simd, binary_cross_entropy_terms<T>)(&nan, nullptr, T(1), &y, 1);
    CHECK(std::isnan(y));
    RAPT_KERNEL_FOR(simd, ranking_terms<T>)(&one, &nan, &y, 1);
    CHECK(std::isnan(y));
    RAPT_KERNEL_FOR(simd, divergence_terms<T>)(&nan, &zero, &y, 1);
    CHECK(std::isnan(y));
    RAPT_KERNEL_FOR(simd, gaussian_terms<T>)(&one, &nan, &y, 1);
    CHECK(std::isnan(y));
    RAPT_KERNEL_FOR(simd, list_terms<T>)(&nan, &positive, T(1), &y, 1);
    CHECK(std::isnan(y));
  }
}
