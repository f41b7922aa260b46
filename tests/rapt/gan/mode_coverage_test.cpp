#include <rapt/gan/mode_coverage.hpp>

#include <rapt/core/random.hpp>

#include "support/catch.hpp"

#include <limits>
#include <vector>

namespace {

std::vector<rapt::Index> mode_counts(const rapt::ModeCoverage& coverage) {
  return {coverage.counts.begin(), coverage.counts.end()};
}

}  // namespace

TEST_CASE("mode_coverage counts by hand", "[gan][measure]") {
  const rapt::Tensor<double, 2> centres({3, 2}, {0, 0, 4, 0, 0, 4});
  // Deviation 0.5, so within 1.5: two at the first centre (one on the edge), one at the second, one between
  // two centres and too far from both, one nowhere.
  const rapt::Tensor<double, 2> samples({5, 2}, {0.1, 0.2, 1.5, 0, 4, -1, 2, 0, 9, 9});
  const auto coverage = rapt::mode_coverage(samples, centres, 0.5);
  CHECK(coverage.modes == 3);
  CHECK(coverage.covered == 2);
  CHECK(coverage.high_quality == Catch::Approx(0.6));
  CHECK(mode_counts(coverage) == std::vector<rapt::Index>{2, 1, 0});
  // A narrower reach of one deviation loses the edge and the second centre's sample.
  const auto narrow = rapt::mode_coverage(samples, centres, 0.5, {.deviations = 1});
  CHECK(mode_counts(narrow) == std::vector<rapt::Index>{1, 0, 0});
  CHECK(narrow.covered == 1);
  // A fair share is 5 / 3: all of it needs two samples.
  CHECK(rapt::mode_coverage(samples, centres, 0.5, {.least_share = 1}).covered == 1);
  CHECK(rapt::mode_coverage(samples, centres, 0.5, {.least_share = 0.5}).covered == 2);
}

TEST_CASE("mode_coverage gives the first of two centres equally near what lies between them",
          "[gan][measure]") {
  const rapt::Tensor<float, 2> centres({2, 1}, {-1, 1}), samples({1, 1});
  CHECK(mode_counts(rapt::mode_coverage(samples, centres, 1)) == std::vector<rapt::Index>{1, 0});
}

TEST_CASE("mode_coverage of no samples and of samples that are not finite", "[gan][measure]") {
  const rapt::Tensor<float, 2> centres({2, 1}, {-1, 1}), none({0, 1});
  const auto empty = rapt::mode_coverage(none, centres, 1);
  CHECK(empty.covered == 0);
  CHECK(empty.high_quality == 0);
  const float nan = std::numeric_limits<float>::quiet_NaN(),
              infinite = std::numeric_limits<float>::infinity();
  const rapt::Tensor<float, 2> broken({4, 1}, {nan, infinite, 1, -infinite});
  const auto coverage = rapt::mode_coverage(broken, centres, 1);
  CHECK(coverage.covered == 1);
  CHECK(coverage.high_quality == Catch::Approx(0.25));
}

TEST_CASE("mode_coverage of a mixture's own samples is nearly complete", "[gan][measure]") {
  // In two dimensions the share within 3 deviations is 1 - exp(-9 / 2) = 0.98889.
  rapt::RandomStream stream(1);
  rapt::Tensor<double, 2> centres({25, 2}), samples({20000, 2});
  for (rapt::Index k = 0; k < 25; ++k) {
    centres(k, 0) = static_cast<double>(k % 5);
    centres(k, 1) = static_cast<double>(k / 5);
  }
  for (rapt::Index n = 0; n < 20000; ++n) {
    for (rapt::Index i = 0; i < 2; ++i)
      samples(n, i) = centres(n % 25, i) + 0.05 * rapt::normal<double>(stream);
  }
  const auto coverage = rapt::mode_coverage(samples, centres, 0.05, {.least_share = 0.9});
  CHECK(coverage.covered == 25);
  CHECK(coverage.high_quality == Catch::Approx(0.98889).margin(0.003));
  rapt::set_threads(3);
  rapt::set_parallel_threshold(0);
  const auto threaded = rapt::mode_coverage(samples, centres, 0.05);
  rapt::set_threads(1);
  rapt::set_parallel_threshold(100'000);
  CHECK(mode_counts(threaded) == mode_counts(coverage));
}

TEST_CASE("mode_coverage names settings and shapes that make no sense", "[gan][measure][errors]") {
  using Catch::Matchers::Message;
  const rapt::Tensor<double, 2> samples({2, 2}), centres({3, 2}), wide({3, 3}), none({0, 2});
  const auto measure = [&](const auto& c, double deviation, rapt::ModeCoverageOptions options = {}) {
    return rapt::mode_coverage(samples, c, deviation, options);
  };
  CHECK_THROWS_MATCHES(measure(wide, 1), rapt::ShapeError,
                       Message("mode_coverage: samples has shape (2, 2), expected (*, 3)"));
  CHECK_THROWS_MATCHES(measure(none, 1), std::invalid_argument,
                       Message("mode_coverage: 0 centres, expected at least 1"));
  CHECK_THROWS_MATCHES(measure(centres, 0), std::invalid_argument,
                       Message("mode_coverage: deviation is 0.000000, expected a number above 0"));
  CHECK_THROWS_MATCHES(measure(centres, 1, {.deviations = -1}), std::invalid_argument,
                       Message("mode_coverage: deviations is -1.000000, expected a number above 0"));
  CHECK_THROWS_MATCHES(measure(centres, 1, {.least_share = 1.5}), std::invalid_argument,
                       Message("mode_coverage: least_share is 1.500000, expected 0 to 1"));
}
