#include <rapt/kernels/adam.hpp>

#include <rapt/core/random.hpp>

#include "support/catch.hpp"
#include "support/every_simd.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

using rapt::Index;
using rapt::Simd;

namespace {

// Begins one number behind an aligned address, so that no kernel may assume alignment.
template <class T>
struct AdamNumbers {
  explicit AdamNumbers(Index n) {
    rapt::RandomStream stream(static_cast<std::uint64_t>(n));
    for (auto* list : {&w, &g, &m, &v}) {
      for (Index i = 0; i <= n; ++i) list->push_back(rapt::normal<T>(stream));
    }
    for (T& second : v) second *= second;
  }
  void step(Simd simd, const rapt::detail::AdamStep<T>& constants, Index from, Index to) {
    RAPT_KERNEL_FOR(simd, adam_step<T>)
    (to - from, constants, w.data() + 1 + from, g.data() + 1 + from, m.data() + 1 + from,
     v.data() + 1 + from);
  }
  std::vector<T> w, g, m, v;
};

template <class T>
rapt::detail::AdamStep<T> adam_test_constants() {
  return {.rate = T(0.1),
          .rest1 = T(0.25),
          .beta2 = T(0.875),
          .rest2 = T(0.125),
          .epsilon = T(0.01),
          .correction1 = T(1.5),
          .correction2 = T(1.25),
          .penalty = T(0.5),
          .keep = T(0.75)};
}

}  // namespace

TEMPLATE_TEST_CASE("A step of Adam agrees with long double", "[kernels][adam]", float, double) {
  const auto s = adam_test_constants<TestType>();
  const long double allowed = 8 * std::numeric_limits<TestType>::epsilon();
  for (const Simd simd : rapt_test::every_simd()) {
    for (const Index n : {0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 1000}) {
      INFO(rapt::simd_name(simd) << ", " << n << " numbers");
      const AdamNumbers<TestType> before(n);
      auto after = before;
      after.step(simd, s, 0, n);
      CHECK(after.w.front() == before.w.front());
      CHECK(after.g == before.g);
      long double worst = 0;
      for (std::size_t i = 1; i < before.w.size(); ++i) {
        const long double w = before.w[i], g = before.g[i] + s.penalty * w;
        const long double m = before.m[i] + s.rest1 * (g - before.m[i]);
        const long double v = s.beta2 * static_cast<long double>(before.v[i]) + s.rest2 * g * g;
        const long double step = s.rate * s.correction1 * m / (s.correction2 * std::sqrt(v) + s.epsilon);
        worst =
            std::max({worst, std::abs(after.m[i] - m) / (1 + std::abs(m)), std::abs(after.v[i] - v) / (1 + v),
                      std::abs(after.w[i] - (s.keep * w - step)) / (1 + std::abs(w))});
      }
      CHECK(worst <= allowed);
    }
  }
}

TEMPLATE_TEST_CASE("A step of Adam gives the same bits wherever the run is cut", "[kernels][adam]", float,
                   double) {
  const auto s = adam_test_constants<TestType>();
  for (const Simd simd : rapt_test::every_simd()) {
    INFO(rapt::simd_name(simd));
    const Index n = 61;
    AdamNumbers<TestType> whole(n), parts(n);
    whole.step(simd, s, 0, n);
    for (const auto& [from, to] : {std::pair<Index, Index>{0, 1}, {1, 12}, {12, 44}, {44, 61}})
      parts.step(simd, s, from, to);
    CHECK(parts.w == whole.w);
    CHECK(parts.m == whole.m);
    CHECK(parts.v == whole.v);
  }
}

TEST_CASE("Without a penalty an infinite weight leaves the moments alone", "[kernels][adam]") {
  auto s = adam_test_constants<float>();
  s.penalty = 0;
  for (const Simd simd : rapt_test::every_simd()) {
    INFO(rapt::simd_name(simd));
    AdamNumbers<float> numbers(20);
    numbers.w[3] = std::numeric_limits<float>::infinity();
    numbers.step(simd, s, 0, 20);
    CHECK(std::isinf(numbers.w[3]));
    CHECK(std::isfinite(numbers.m[3]));
    CHECK(std::isfinite(numbers.v[3]));
  }
}
