#include <rapt/kernels/vector_math.hpp>

#include "support/catch.hpp"
#include "support/every_simd.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numbers>
#include <string>
#include <vector>

#define RAPT_BODY "support/vector_math_probe.inl"
#include <rapt/kernels/body/for_each_width.inl>

using rapt::Index;
using rapt::Simd;

namespace {

template <class T>
using Limits = std::numeric_limits<T>;
template <class T>
using Array = void (*)(const T* x, T* y, Index n);

// Distance of y from the true value in units of the last place of the latter, as a normal number.
template <class T>
double ulps(T y, long double truth) {
  const int exponent = std::max(std::ilogb(truth), Limits<T>::min_exponent - 1);
  return static_cast<double>(std::abs(static_cast<long double>(y) - truth) /
                             std::scalbn(1.0L, exponent + 1 - Limits<T>::digits));
}

// Numbers of [low, high]: every 3989th bit pattern of float (every `stride`th) and a tenth as many of double,
// both ends and their neighbours. The bounds hold for every 199th pattern, too.
template <class T>
std::vector<T> sweep(T low, T high, std::uint32_t stride = 3989) {
  using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  const Bits step =
      sizeof(T) == 4 ? Bits{stride} : (Bits{10 * stride + 3} << (sizeof(T) * 8 - 32)) + 12345677;
  std::vector<T> numbers{low, std::nextafter(low, high), high, std::nextafter(high, low)};
  Bits bits = 0;
  do {
    const T x = std::bit_cast<T>(bits);
    if (x >= low && x <= high) numbers.push_back(x);
    const Bits before = bits;
    bits += step;
    if (bits < before) break;
  } while (true);
  return numbers;
}

// The values of a function there.
template <class T, class F>
std::vector<long double> truth_of(F&& f, const std::vector<T>& x) {
  std::vector<long double> y(x.size());
  std::transform(x.begin(), x.end(), y.begin(), [&](T v) { return f(static_cast<long double>(v)); });
  return y;
}

// The largest of error(value of the kernel, truth) over `x`.
template <class T, class Error>
double worst(Array<T> kernel, const std::vector<T>& x, const std::vector<long double>& truth, Error&& error) {
  std::vector<T> y(x.size());
  kernel(x.data(), y.data(), static_cast<Index>(x.size()));
  double most = 0;
  T at = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double e = error(y[i], truth[i]);
    if (e <= most) continue;
    most = e;
    at = x[i];
    if (std::isnan(e)) break;
  }
  UNSCOPED_INFO("error " << most << " at " << std::hexfloat << at);
  return most;
}

template <class T>
T one(Array<T> kernel, T x) {
  T y;
  kernel(&x, &y, 1);
  return y;
}

// NaN with either sign and different bits besides.
template <class T>
std::vector<T> every_nan() {
  const T quiet = Limits<T>::quiet_NaN();
  return {
      quiet, -quiet,
      sizeof(T) == 4 ? T(std::bit_cast<float>(0x7fc00001)) : T(std::bit_cast<double>(0x7ff8000000000001))};
}

template <class Check>
void for_each_simd(Check&& check) {
  for (const Simd simd : rapt_test::every_simd()) {
    INFO(rapt::simd_name(simd));
    check(simd);
  }
}

// Where e^x becomes denormal and where it becomes infinite.
template <class T>
constexpr T exp_lowest = sizeof(T) == 4 ? T(-87.3365402) : T(-708.396418532264);
template <class T>
constexpr T exp_highest = sizeof(T) == 4 ? T(88.7228317) : T(709.782712893384);

}  // namespace

// Checks a word over x against f at every width.
#define RAPT_CHECK_ULPS(word, x, f, bound)                                                              \
  do {                                                                                                  \
    const auto numbers = x;                                                                             \
    const auto truth = truth_of<T>([](long double v) { return static_cast<long double>(f); }, numbers); \
    for_each_simd([&](Simd simd) {                                                                      \
      INFO(#word);                                                                                      \
      CHECK(worst<T>(RAPT_KERNEL_FOR(simd, probe_##word<T>), numbers, truth, ulps<T>) < bound);         \
    });                                                                                                 \
  } while (false)

TEMPLATE_TEST_CASE("Vector exp and expm1 are as close to the true values as they say",
                   "[kernels][vector_math]", float, double) {
  using T = TestType;
  constexpr T low = exp_lowest<T>, high = exp_highest<T>, least = -Limits<T>::max();
  REQUIRE(sweep<T>(low, high, 997).size() > 200'000);
  RAPT_CHECK_ULPS(exp, sweep<T>(low, high, 997), std::exp(v), 1.0);
  RAPT_CHECK_ULPS(exp_below_88, sweep<T>(low, 88), std::exp(v), 1.0);
  RAPT_CHECK_ULPS(expm1, sweep<T>(least, high), std::expm1(v), 2.2);
}

TEMPLATE_TEST_CASE("Vector log is as close to the true values as it says", "[kernels][vector_math]", float,
                   double) {
  using T = TestType;
  RAPT_CHECK_ULPS(log, sweep<T>(Limits<T>::denorm_min(), Limits<T>::max()), std::log(v), 0.9);
  RAPT_CHECK_ULPS(log1p_to_1, sweep<T>(0, 1), std::log1p(v), 1.5);
}

TEMPLATE_TEST_CASE("Vector tanh logistic softplus and erf are as close to the true values as they say",
                   "[kernels][vector_math]", float, double) {
  using T = TestType;
  constexpr T high = Limits<T>::max();
  RAPT_CHECK_ULPS(tanh, sweep<T>(-high, high), std::tanh(v), 2.6);
  RAPT_CHECK_ULPS(logistic, sweep<T>(exp_lowest<T>, high), 1 / (1 + std::exp(-v)), 2.5);
  RAPT_CHECK_ULPS(softplus, sweep<T>(exp_lowest<T>, high),
                  std::max(v, 0.0L) + std::log1p(std::exp(-std::abs(v))), 1.8);
  RAPT_CHECK_ULPS(erf, sweep<T>(-high, high), std::erf(v), 1.5);
}

TEMPLATE_TEST_CASE("Vector gelu is as close to the true values as it says far below 0 too",
                   "[kernels][vector_math]", float, double) {
  using T = TestType;
  const bool single = sizeof(T) == 4;
  const auto x = sweep<T>(single ? T(-12.9) : T(-37.4), Limits<T>::max());
  RAPT_CHECK_ULPS(gelu, x, v / 2 * std::erfc(-v * std::sqrt(0.5L)), (single ? 7.0 : 8.0));
}

TEMPLATE_TEST_CASE("The slope of vector gelu is close to the true one in absolute terms",
                   "[kernels][vector_math]", float, double) {
  using T = TestType;
  const auto slope = [](long double v) {
    return std::erfc(-v * std::sqrt(0.5L)) / 2 + v * std::exp(-v * v / 2) / std::sqrt(8 * std::atan(1.0L));
  };
  const auto distance = [](T y, long double truth) {
    return static_cast<double>(std::abs(static_cast<long double>(y) - truth) / Limits<T>::epsilon());
  };
  const auto x = sweep<T>(-Limits<T>::max(), Limits<T>::max());
  const auto truth = truth_of<T>(slope, x);
  const auto tail = sweep<T>(sizeof(T) == 4 ? T(-12.9) : T(-37.4), -2);
  const auto tail_truth = truth_of<T>(slope, tail);
  for_each_simd([&](Simd simd) {
    const auto kernel = RAPT_KERNEL_FOR(simd, probe_gelu_slope<T>);
    CHECK(worst<T>(kernel, x, truth, distance) < 1.2);
    CHECK(worst<T>(kernel, tail, tail_truth, ulps<T>) < 6);
  });
}

TEMPLATE_TEST_CASE("The vector exponential ends in zero and infinity and keeps NaN", "[kernels][vector_math]",
                   float, double) {
  using T = TestType;
  constexpr T infinity = Limits<T>::infinity(), largest = Limits<T>::max();
  for_each_simd([&](Simd simd) {
    const auto exp = RAPT_KERNEL_FOR(simd, probe_exp<T>),
               below = RAPT_KERNEL_FOR(simd, probe_exp_below_88<T>);
    for (const auto kernel : {exp, below}) {
      for (const T x : {std::nextafter(exp_lowest<T>, -infinity), T(-1000), T(-1e30), -largest, -infinity}) {
        CHECK(one<T>(kernel, x) == 0);
        CHECK_FALSE(std::signbit(one<T>(kernel, x)));
      }
      for (const T x : {T(0), T(-0.0), Limits<T>::denorm_min(), -Limits<T>::min()})
        CHECK(one<T>(kernel, x) == 1);
      for (const T x : every_nan<T>()) CHECK(std::isnan(one<T>(kernel, x)));
    }
    for (const T x : {std::nextafter(exp_highest<T>, infinity), T(1000), T(1e30), largest, infinity})
      CHECK(one<T>(exp, x) == infinity);
  });
}

TEMPLATE_TEST_CASE("Vector functions give their limits at infinity and keep the sign of zero and NaN",
                   "[kernels][vector_math]", float, double) {
  using T = TestType;
  constexpr T inf = Limits<T>::infinity(), tiny = Limits<T>::denorm_min();
  const auto check = [](Array<T> kernel, T below, T zero, T above, bool odd) {
    CHECK(one<T>(kernel, -inf) == below);
    CHECK(one<T>(kernel, inf) == above);
    CHECK(one<T>(kernel, T(0)) == zero);
    CHECK(one<T>(kernel, T(-0.0)) == zero);
    if (odd) {
      CHECK(std::signbit(one<T>(kernel, T(-0.0))));
      CHECK_FALSE(std::signbit(one<T>(kernel, T(0))));
    }
    for (const T x : every_nan<T>()) CHECK(std::isnan(one<T>(kernel, x)));
  };
  for_each_simd([&](Simd simd) {
    check(RAPT_KERNEL_FOR(simd, probe_expm1<T>), -1, 0, inf, false);
    check(RAPT_KERNEL_FOR(simd, probe_tanh<T>), -1, 0, 1, true);
    check(RAPT_KERNEL_FOR(simd, probe_erf<T>), -1, 0, 1, true);
    check(RAPT_KERNEL_FOR(simd, probe_logistic<T>), 0, T(0.5), 1, false);
    check(RAPT_KERNEL_FOR(simd, probe_softplus<T>), 0, std::numbers::ln2_v<T>, inf, false);
    check(RAPT_KERNEL_FOR(simd, probe_gelu_slope<T>), 0, T(0.5), 1, false);
    for (const auto kernel : {RAPT_KERNEL_FOR(simd, probe_expm1<T>), RAPT_KERNEL_FOR(simd, probe_tanh<T>)})
      CHECK(one<T>(kernel, tiny) == tiny);

    const auto log = RAPT_KERNEL_FOR(simd, probe_log<T>), log1p = RAPT_KERNEL_FOR(simd, probe_log1p_to_1<T>);
    CHECK(one<T>(log, 0) == -inf);
    CHECK(one<T>(log, T(-0.0)) == -inf);
    CHECK(one<T>(log, inf) == inf);
    CHECK(one<T>(log, 1) == 0);
    for (const T x : {-tiny, T(-1), -inf}) CHECK(std::isnan(one<T>(log, x)));
    for (const T x : every_nan<T>()) CHECK(std::isnan(one<T>(log, x) + one<T>(log1p, x)));

    const auto gelu = RAPT_KERNEL_FOR(simd, probe_gelu<T>);
    CHECK(one<T>(gelu, inf) == inf);
    CHECK(std::isnan(one<T>(gelu, -inf)));
    CHECK(one<T>(gelu, T(-1e30)) == 0);
    CHECK(std::signbit(one<T>(gelu, T(-0.0))));
    for (const T x : every_nan<T>()) CHECK(std::isnan(one<T>(gelu, x)));
  });
}
