#include <rapt/core/parallel_sum.hpp>

#include "support/allocation_counter.hpp"
#include "support/catch.hpp"

#include <vector>

namespace {

rapt::Index sum_of_numbers_below(rapt::Index count, rapt::Index grain) {
  return rapt::parallel_sum<rapt::Index>(count, grain, 1, [](rapt::Index from, rapt::Index to) {
    rapt::Index sum = 0;
    for (rapt::Index i = from; i < to; ++i) sum += i;
    return sum;
  });
}

}  // namespace

TEST_CASE("parallel_sum visits every element once", "[core][parallel_sum]") {
  for (const rapt::Index count : {0, 1, 2, 15, 16, 17, 63, 64, 65, 1023, 1024, 1025, 70001}) {
    for (const rapt::Index grain : {1, 2, 16, 1000}) {
      INFO(count << " by " << grain);
      CHECK(sum_of_numbers_below(count, grain) == count * (count - 1) / 2);
    }
  }
}

TEST_CASE("parallel_sum gives the same bits with 1 2 and 3 threads", "[core][parallel_sum][threads]") {
  const auto harmonic = [] {
    return rapt::parallel_sum<float>(100'003, 1000, 4, [](rapt::Index from, rapt::Index to) {
      float sum = 0;
      for (rapt::Index i = from; i < to; ++i) sum += 1.0f / static_cast<float>(i + 1);
      return sum;
    });
  };
  rapt::set_parallel_threshold(0);
  rapt::set_threads(1);
  const float one = harmonic();
  for (const rapt::Index n : {2, 3}) {
    rapt::set_threads(n);
    CHECK(harmonic() == one);
  }
  rapt::set_threads(1);
  rapt::set_parallel_threshold(100'000);
}

TEST_CASE("parallel_sum allocates nothing", "[core][parallel_sum][allocation]") {
  if (!rapt_test::can_count_allocations()) RAPT_SKIP("allocations cannot be counted here");
  const long before = rapt_test::allocation_count();
  const rapt::Index sum = sum_of_numbers_below(10'000, 10);
  const long after = rapt_test::allocation_count();
  CHECK(sum == 49'995'000);
  CHECK(after == before);
}
