#include <rapt/kernels/sweep.hpp>

#include "support/catch.hpp"
#include "support/every_simd.hpp"

#include <vector>

#define RAPT_BODY "support/sweep_probe.inl"
#include <rapt/kernels/body/for_each_width.inl>

using rapt::Index;
using rapt::Simd;

TEMPLATE_TEST_CASE("A sweep meets every number once and in order and none beyond the last",
                   "[kernels][sweep]", float, double) {
  for (const Simd simd : rapt_test::every_simd()) {
    const Index lanes = RAPT_KERNEL_FOR(simd, probe_sweep_lanes<TestType>)();
    for (Index n = 0; n <= 3 * lanes + 1; ++n) {
      INFO(rapt::simd_name(simd) << ", " << n << " numbers");
      // Exactly as long as may be touched: an address sanitizer sees any byte beyond.
      std::vector<TestType> x(static_cast<std::size_t>(n)), y(x.size(), -1), expected(x.size());
      for (std::size_t i = 0; i < x.size(); ++i) {
        x[i] = static_cast<TestType>(i);
        expected[i] = x[i] + 1;
      }
      Index pieces = 0;
      bool ordered = true;
      RAPT_KERNEL_FOR(simd, probe_sweep<TestType>)(n, x.data(), y.data(), pieces, ordered);
      CHECK(y == expected);
      CHECK(ordered);
      CHECK(pieces == (n + lanes - 1) / lanes);
    }
  }
}

TEMPLATE_TEST_CASE("Lanes behind the last number do not count", "[kernels][sweep]", float, double) {
  for (const Simd simd : rapt_test::every_simd()) {
    for (Index n = 0; n <= 35; ++n) {
      INFO(rapt::simd_name(simd) << ", " << n << " numbers");
      const std::vector<TestType> x(static_cast<std::size_t>(n), 2);
      CHECK(RAPT_KERNEL_FOR(simd, probe_counted<TestType>)(n, x.data()) == static_cast<TestType>(3 * n));
    }
  }
}

TEMPLATE_TEST_CASE("Column blocks cover every column once and in order", "[kernels][sweep]", float, double) {
  for (const Simd simd : rapt_test::every_simd()) {
    for (Index n = 0; n <= 300; ++n) {
      INFO(rapt::simd_name(simd) << ", " << n << " columns");
      std::vector<TestType> x(static_cast<std::size_t>(n)), y(x.size(), -1), expected(x.size());
      for (std::size_t i = 0; i < x.size(); ++i) {
        x[i] = static_cast<TestType>(i);
        expected[i] = x[i] + 1;
      }
      bool ordered = true;
      RAPT_KERNEL_FOR(simd, probe_column_blocks<TestType>)(n, x.data(), y.data(), ordered);
      CHECK(ordered);
      CHECK(y == expected);
    }
  }
}

TEST_CASE("Chunks of columns are whole cache lines and at most eight or so", "[kernels][sweep]") {
  for (const Index width : {0, 1, 63, 64, 65, 128, 511, 512, 513, 1000, 4096}) {
    const Index columns = rapt::detail::columns_of_strip(width);
    CHECK(columns >= 64);
    CHECK(columns % 16 == 0);
    CHECK((width + columns - 1) / columns <= 8);
  }
}
