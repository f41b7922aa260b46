#include <rapt/kernels/lanes.hpp>

#include "support/catch.hpp"
#include "support/every_simd.hpp"

#include <cmath>
#include <limits>
#include <vector>

#define RAPT_BODY "support/lanes_probe.inl"
#include <rapt/kernels/body/for_each_width.inl>

using rapt::Index;
using rapt::Simd;

namespace {

template <class T>
std::vector<T> ramp(Index n) {
  std::vector<T> x(static_cast<std::size_t>(n));
  for (Index i = 0; i < n; ++i) x[static_cast<std::size_t>(i)] = static_cast<T>(i + 1);
  return x;
}

// Runs `check(width, probe)` for each kind of instructions that this processor has.
template <class T, class Check>
void for_each_simd(Check&& check) {
  for (const Simd simd : rapt_test::every_simd()) {
    INFO(rapt::simd_name(simd));
    check(RAPT_KERNEL_FOR(simd, probe_lane_count<T>)(), simd);
  }
}

}  // namespace

TEMPLATE_TEST_CASE("Part of a vector is read and written without touching what lies behind",
                   "[kernels][lanes]", float, double) {
  for_each_simd<TestType>([](Index lanes, Simd simd) {
    for (Index count = 0; count <= lanes; ++count) {
      // Exactly as long as may be read: an address sanitizer sees any byte beyond.
      const auto from = ramp<TestType>(count);
      std::vector<TestType> whole(static_cast<std::size_t>(lanes), -1),
          part(static_cast<std::size_t>(count), -1);
      RAPT_KERNEL_FOR(simd, probe_parts<TestType>)(from.data(), count, whole.data(), part.data());
      for (Index i = 0; i < lanes; ++i)
        CHECK(whole[static_cast<std::size_t>(i)] == (i < count ? static_cast<TestType>(i + 1) : TestType(0)));
      CHECK(part == from);
    }
  });
}

TEMPLATE_TEST_CASE("Sum and largest of the lanes", "[kernels][lanes]", float, double) {
  for_each_simd<TestType>([](Index lanes, Simd simd) {
    auto x = ramp<TestType>(lanes);
    TestType sum = 0, largest = 0;
    RAPT_KERNEL_FOR(simd, probe_reductions<TestType>)(x.data(), &sum, &largest);
    CHECK(sum == static_cast<TestType>(lanes * (lanes + 1) / 2));
    CHECK(largest == static_cast<TestType>(lanes));
  });
}

TEMPLATE_TEST_CASE("Square roots are rounded as those of std are", "[kernels][lanes]", float, double) {
  for_each_simd<TestType>([](Index lanes, Simd simd) {
    auto x = ramp<TestType>(lanes);
    x.front() = -1;
    std::vector<TestType> root(x.size());
    RAPT_KERNEL_FOR(simd, probe_root<TestType>)(x.data(), root.data());
    CHECK(std::isnan(root.front()));
    for (std::size_t i = 1; i < x.size(); ++i) CHECK(root[i] == std::sqrt(x[i]));
  });
}

TEMPLATE_TEST_CASE("The larger and the smaller take the second where either is NaN", "[kernels][lanes]",
                   float, double) {
  constexpr TestType nan = std::numeric_limits<TestType>::quiet_NaN();
  for_each_simd<TestType>([](Index lanes, Simd simd) {
    const auto probe = RAPT_KERNEL_FOR(simd, probe_pair<TestType>);
    const auto n = static_cast<std::size_t>(lanes);
    std::vector<TestType> larger(n), smaller(n);
    probe(1, 2, larger.data(), smaller.data());
    CHECK(larger == std::vector<TestType>(n, 2));
    CHECK(smaller == std::vector<TestType>(n, 1));
    probe(nan, 2, larger.data(), smaller.data());
    CHECK(larger == std::vector<TestType>(n, 2));
    CHECK(smaller == std::vector<TestType>(n, 2));
    probe(2, nan, larger.data(), smaller.data());
    CHECK(std::isnan(larger[n - 1]));
    CHECK(std::isnan(smaller[n - 1]));
  });
}

TEMPLATE_TEST_CASE("A broadcast keeps the sign of zero and bits survive the way there and back",
                   "[kernels][lanes]", float, double) {
  for_each_simd<TestType>([](Index lanes, Simd simd) {
    std::vector<TestType> x(static_cast<std::size_t>(lanes));
    for (const TestType value : {TestType(-0.0), TestType(1.5), std::numeric_limits<TestType>::infinity()}) {
      RAPT_KERNEL_FOR(simd, probe_bits<TestType>)(value, x.data());
      for (const TestType y : x) {
        CHECK(y == value);
        CHECK(std::signbit(y) == std::signbit(value));
      }
    }
  });
}
