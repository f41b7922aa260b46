#include <rapt/kernels/softmax.hpp>

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

// Two rows of n numbers, and which of them are ignored.
template <class T>
struct SoftmaxRows {
  explicit SoftmaxRows(Index width)
      : n(width), x(2 * static_cast<std::size_t>(n)), ignored(std::make_unique<bool[]>(x.size())) {
    for (std::size_t i = 0; i < x.size(); ++i) {
      x[i] = static_cast<T>((i * 29) % 23) / 4;
      ignored[i] = (i * 7) % 5 < 2;
    }
  }
  Index n;
  std::vector<T> x;
  std::unique_ptr<bool[]> ignored;  // exactly as long as may be read

  // exp(x - 5) of element i, and their sum over its row.
  long double exponential(std::size_t i, bool masked) const {
    return masked && ignored[i] ? 0 : std::exp(static_cast<long double>(x[i]) - 5);
  }
  long double sum(std::size_t i, bool masked) const {
    const std::size_t width = static_cast<std::size_t>(n), first = i / width * width;
    long double sum = 0;
    for (std::size_t j = first; j < first + width; ++j) sum += exponential(j, masked);
    return sum;
  }
};

template <class T, class Check>
void for_each_simd_and_width(Check&& check) {
  for (const Simd simd : rapt_test::every_simd()) {
    for (Index n = 0; n < 70; n += n < 20 ? 1 : 7) {
      INFO(rapt::simd_name(simd) << ", " << n << " columns");
      check(simd, SoftmaxRows<T>(n));
    }
  }
}

template <class T>
auto near(long double truth) {
  return Catch::Approx(static_cast<double>(truth)).epsilon(8 * std::numeric_limits<T>::epsilon());
}

}  // namespace

TEMPLATE_TEST_CASE("Softmax kernels are within 8 epsilon of the true rows at every width",
                   "[kernels][softmax]", float, double) {
  using T = TestType;
  for_each_simd_and_width<T>([](Simd simd, const SoftmaxRows<T>& rows) {
    std::vector<T> y(rows.x.size()), log_y(rows.x.size());
    for (const bool masked : {false, true}) {
      const auto softmax = masked ? RAPT_KERNEL_FOR(simd, softmax_rows<T, true>)
                                  : RAPT_KERNEL_FOR(simd, softmax_rows<T, false>);
      const auto log_softmax = masked ? RAPT_KERNEL_FOR(simd, log_softmax_rows<T, true>)
                                      : RAPT_KERNEL_FOR(simd, log_softmax_rows<T, false>);
      softmax(rows.x.data(), rows.ignored.get(), y.data(), 2, rows.n);
      log_softmax(rows.x.data(), rows.ignored.get(), log_y.data(), 2, rows.n);
      for (std::size_t i = 0; i < y.size(); ++i) {
        const long double e = rows.exponential(i, masked), sum = rows.sum(i, masked);
        CHECK(static_cast<double>(y[i]) == near<T>(sum == 0 ? 0 : e / sum));
        if (e == 0)
          CHECK(log_y[i] == -std::numeric_limits<T>::infinity());
        else
          CHECK(static_cast<double>(log_y[i]) ==
                near<T>(std::log(e / sum)).margin(std::numeric_limits<T>::epsilon()));
      }
    }
    std::vector<T> all(2);
    RAPT_KERNEL_FOR(simd, log_sum_exp_rows<T, false>)(rows.x.data(), nullptr, all.data(), 2, rows.n);
    for (std::size_t row = 0; row < 2; ++row) {
      if (rows.n == 0)
        CHECK(all[row] == -std::numeric_limits<T>::infinity());
      else
        CHECK(static_cast<double>(all[row]) ==
              near<T>(5 + std::log(rows.sum(row * static_cast<std::size_t>(rows.n), false))));
    }
    RAPT_KERNEL_FOR(simd, scaled_exponentials<T>)(rows.x.data(), y.data(), 2 * rows.n, T(5), T(3));
    for (std::size_t i = 0; i < y.size(); ++i)
      CHECK(static_cast<double>(y[i]) == near<T>(3 * rows.exponential(i, false)));
  });
}

TEMPLATE_TEST_CASE("Softmax backward kernels give the gradients of their formulas at every width",
                   "[kernels][softmax]", float, double) {
  using T = TestType;
  constexpr T infinity = std::numeric_limits<T>::infinity(), nan = std::numeric_limits<T>::quiet_NaN();
  for_each_simd_and_width<T>([&](Simd simd, const SoftmaxRows<T>& rows) {
    const std::size_t width = static_cast<std::size_t>(rows.n);
    std::vector<T> y(2 * width), log_y(2 * width), dy(2 * width), dx(2 * width), log_dx(2 * width);
    for (std::size_t i = 0; i < y.size(); ++i) {
      const bool out = rows.ignored[i];
      y[i] = out ? T(0) : rows.x[i] / 64;
      log_y[i] = out ? -infinity : -rows.x[i];
      dy[i] = out ? (i % 2 == 0 ? nan : infinity) : static_cast<T>((i * 13) % 9) - 4;
    }
    RAPT_KERNEL_FOR(simd, softmax_backward_rows<T>)(dy.data(), y.data(), dx.data(), 2, rows.n);
    RAPT_KERNEL_FOR(simd, log_softmax_backward_rows<T>)(dy.data(), log_y.data(), log_dx.data(), 2, rows.n);
    for (std::size_t i = 0; i < y.size(); ++i) {
      double dot = 0, sum = 0;
      for (std::size_t j = i / width * width; j < i / width * width + width; ++j) {
        if (rows.ignored[j]) continue;
        dot += y[j] == 0 ? 0 : double(y[j]) * double(dy[j]);
        sum += double(dy[j]);
      }
      if (rows.ignored[i]) {
        CHECK(dx[i] == 0);
        CHECK(log_dx[i] == 0);
      } else {
        CHECK(double(dx[i]) ==
              Catch::Approx(double(y[i]) * (double(dy[i]) - dot)).epsilon(1e-5).margin(1e-6));
        CHECK(double(log_dx[i]) ==
              Catch::Approx(double(dy[i]) - std::exp(double(log_y[i])) * sum).epsilon(1e-5).margin(1e-5));
      }
    }
  });
}

TEMPLATE_TEST_CASE("The log of a sum of exponentials knows infinity from NaN", "[kernels][softmax]", float,
                   double) {
  using T = TestType;
  constexpr T infinity = std::numeric_limits<T>::infinity(), nan = std::numeric_limits<T>::quiet_NaN();
  const std::vector<T> x{infinity, 1, infinity, nan, -infinity, -infinity, nan, -infinity};
  for (const Simd simd : rapt_test::every_simd()) {
    std::vector<T> y(4);
    RAPT_KERNEL_FOR(simd, log_sum_exp_rows<T, false>)(x.data(), nullptr, y.data(), 4, 2);
    CHECK(y[0] == infinity);
    CHECK(std::isnan(y[1]));
    CHECK(y[2] == -infinity);
    CHECK(std::isnan(y[3]));
    const bool ignored[] = {false, false, false, true, true, true, true, false};
    RAPT_KERNEL_FOR(simd, log_sum_exp_rows<T, true>)(x.data(), ignored, y.data(), 4, 2);
    CHECK(y == std::vector<T>{infinity, infinity, -infinity, -infinity});
  }
}

TEST_CASE("Softmax of a long row keeps the digits of its sum", "[kernels][softmax]") {
  const Index n = 1'000'003;
  const std::vector<float> x(static_cast<std::size_t>(n), 0.3f);
  for (const Simd simd : rapt_test::every_simd()) {
    std::vector<float> x_and_one = x;
    x_and_one[5] = 0.4f;  // or every exponential is 1 and every sum of them exact
    float all = 0;
    RAPT_KERNEL_FOR(simd, log_sum_exp_rows<float, false>)(x_and_one.data(), nullptr, &all, 1, n);
    const double truth = std::log(1'000'002 * std::exp(double{0.3f}) + std::exp(double{0.4f}));
    CHECK(static_cast<double>(all) == Catch::Approx(truth).epsilon(1e-7));
  }
}
