#include <rapt/loss/sum_of_terms.hpp>

#include "support/catch.hpp"

TEST_CASE("A sum of terms takes every term once and keeps the digits of double", "[loss][sum_of_terms]") {
  for (const rapt::Index count : {0, 1, 511, 512, 513, 3000}) {
    const double sum =
        rapt::detail::sum_of_terms<float>(count, [](rapt::Index from, rapt::Index n, float* to) {
          for (rapt::Index i = 0; i < n; ++i) to[i] = static_cast<float>(from + i) + 16'000'000.0f;
        });
    const auto n = static_cast<double>(count);
    CHECK(sum == n * 16e6 + n * (n - 1) / 2);
  }
}
