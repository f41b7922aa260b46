#include <rapt/kernels/vector_math.hpp>

#include "support/catch.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
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

// Numbers of [low, high]: every 997th bit pattern of float (or as many of double), both ends and their
// neighbours.
template <class T>
std::vector<T> sweep(T low, T high) {
  using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  constexpr Bits step = sizeof(T) == 4 ? Bits{997} : (Bits{997} << 32) + 12345677;
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

// The largest error of `kernel` in ulp over `x`.
template <class T>
double worst_error(Array<T> kernel, long double (*truth)(long double), const std::vector<T>& x) {
  std::vector<T> y(x.size());
  kernel(x.data(), y.data(), static_cast<Index>(x.size()));
  double worst = 0;
  T at = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double error = ulps(y[i], truth(static_cast<long double>(x[i])));
    if (!(error <= worst)) {
      worst = error;
      at = x[i];
      if (std::isnan(error)) break;
    }
  }
  UNSCOPED_INFO("worst error " << worst << " ulp at " << std::hexfloat << at);
  return worst;
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
  for (const Simd simd : {Simd::portable, Simd::avx2, Simd::avx512}) {
    if (!rapt::simd_supported(simd)) continue;
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

TEMPLATE_TEST_CASE("The vector exponential is within 1 ulp of the true one", "[kernels][vector_math]", float,
                   double) {
  using T = TestType;
  const auto x = sweep<T>(exp_lowest<T>, exp_highest<T>), below_88 = sweep<T>(exp_lowest<T>, 88);
  REQUIRE(x.size() > 2'000'000);
  for_each_simd([&](Simd simd) {
    const auto truth = [](long double v) { return std::exp(v); };
    CHECK(worst_error<T>(RAPT_KERNEL_FOR(simd, probe_exp<T>), truth, x) < 1.0);
    CHECK(worst_error<T>(RAPT_KERNEL_FOR(simd, probe_exp_below_88<T>), truth, below_88) < 1.0);
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
