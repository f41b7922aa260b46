#include <rapt/kernels/sgd.hpp>

#include <rapt/core/random.hpp>

#include "support/catch.hpp"
#include "support/every_simd.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

using rapt::Index;
using rapt::Simd;

TEMPLATE_TEST_CASE("A step of gradient descent agrees with long double", "[kernels][sgd]", float, double) {
  const long double allowed = 8 * std::numeric_limits<TestType>::epsilon();
  for (const Simd simd : rapt_test::every_simd()) {
    for (const Index n : {0, 1, 3, 4, 5, 8, 9, 16, 17, 31, 1000}) {
      for (const bool nesterov : {false, true}) {
        INFO(rapt::simd_name(simd) << ", " << n << " numbers, nesterov " << nesterov);
        const rapt::detail::SGDStep<TestType> s{TestType(0.125), TestType(0.75), TestType(0.5), nesterov};
        // One number behind an aligned address, so that no kernel may assume alignment.
        rapt::RandomStream stream(static_cast<std::uint64_t>(n));
        std::vector<TestType> w(static_cast<std::size_t>(n + 1)), g(w.size()), v(w.size());
        for (auto* list : {&w, &g, &v}) {
          for (TestType& number : *list) number = rapt::normal<TestType>(stream);
        }
        const auto w0 = w, v0 = v;
        RAPT_KERNEL_FOR(simd, sgd_step<TestType>)(n, s, w.data() + 1, g.data() + 1, v.data() + 1);
        CHECK(w.front() == w0.front());
        long double worst = 0;
        for (std::size_t i = 1; i < w.size(); ++i) {
          const long double gradient = g[i] + 0.5L * w0[i], velocity = 0.75L * v0[i] + gradient;
          const long double step = 0.125L * (nesterov ? gradient + 0.75L * velocity : velocity);
          worst = std::max({worst, std::abs(v[i] - velocity) / (1 + std::abs(velocity)),
                            std::abs(w[i] - (w0[i] - step)) / (1 + std::abs(w0[i]))});
        }
        CHECK(worst <= allowed);
      }
    }
  }
}

TEST_CASE("Without a penalty an infinite weight leaves the velocity alone", "[kernels][sgd]") {
  for (const Simd simd : rapt_test::every_simd()) {
    INFO(rapt::simd_name(simd));
    std::vector<float> w{1, std::numeric_limits<float>::infinity(), 3}, v{0, 0, 0};
    const std::vector<float> g{4, 4, 4};
    RAPT_KERNEL_FOR(simd, sgd_step<float>)(3, {0.5f, 0, 0, false}, w.data(), g.data(), v.data());
    CHECK(v == std::vector<float>{4, 4, 4});
    CHECK(w[0] == -1);
    CHECK(std::isinf(w[1]));
    CHECK(w[2] == 1);
  }
}
