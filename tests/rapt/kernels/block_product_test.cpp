#include <rapt/kernels/block_product.hpp>

#include "support/catch.hpp"
#include "support/every_simd.hpp"

#include <vector>

#define RAPT_BODY "support/block_product_probe.inl"
#include <rapt/kernels/body/for_each_width.inl>

using rapt::Index;
using rapt::Simd;

TEST_CASE("Row blocks cover every number of rows once and in order", "[kernels][block_product]") {
  for (const Simd simd : rapt_test::every_simd()) {
    for (Index m = 0; m < 40; ++m) {
      INFO(rapt::simd_name(simd) << ", " << m << " rows");
      Index next = 0, wasted = 0;
      bool ordered = true;
      RAPT_KERNEL_FOR(simd, probe_row_blocks)(m, next, wasted, ordered);
      CHECK(next == m);
      CHECK(ordered);
      CHECK(wasted <= 3);
    }
  }
}

TEMPLATE_TEST_CASE("A block of sums is the product of its rows and its strip whatever the strides",
                   "[kernels][block_product]", float, double) {
  for (const Simd simd : rapt_test::every_simd()) {
    const Index columns = RAPT_KERNEL_FOR(simd, probe_strip_columns<TestType>)();
    for (const Index depth : {0, 1, 5}) {
      for (const bool transposed : {false, true}) {
        // Small whole numbers: sums are exact in any order.
        const Index rows = 6, a_stride = (transposed ? rows : depth) + 2, b_stride = columns + 3;
        std::vector<TestType> a(static_cast<std::size_t>((transposed ? depth + 1 : rows) * a_stride)),
            b(static_cast<std::size_t>((depth + 1) * b_stride)),
            c(static_cast<std::size_t>(rows * columns), 99);
        for (std::size_t i = 0; i < a.size(); ++i) a[i] = static_cast<TestType>(i % 7) - 3;
        for (std::size_t i = 0; i < b.size(); ++i) b[i] = static_cast<TestType>(i % 5) - 2;
        const Index row_stride = transposed ? 1 : a_stride, step = transposed ? a_stride : 1;
        RAPT_KERNEL_FOR(simd, probe_block<TestType>)
        (depth, a.data(), row_stride, step, b.data(), b_stride, c.data());
        for (Index i = 0; i < rows; ++i) {
          for (Index j = 0; j < columns; ++j) {
            TestType sum = 0;
            for (Index p = 0; p < depth; ++p) {
              sum += a[static_cast<std::size_t>(i * row_stride + p * step)] *
                     b[static_cast<std::size_t>(p * b_stride + j)];
            }
            CHECK(c[static_cast<std::size_t>(i * columns + j)] == sum);
          }
        }
      }
    }
  }
}
