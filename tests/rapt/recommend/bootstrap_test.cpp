#include <rapt/recommend/bootstrap.hpp>

#include "support/catch.hpp"

#include <vector>

TEST_CASE("A bootstrap interval of equal values is that value", "[recommend][bootstrap]") {
  const std::vector<double> values(7, 0.25);
  const auto interval = rapt::bootstrap_interval(values, rapt::RandomStream(1));
  CHECK(interval.low == 0.25);
  CHECK(interval.high == 0.25);
  CHECK(rapt::bootstrap_interval({}, rapt::RandomStream(1)).high == 0);
}

TEST_CASE("A bootstrap interval is about as wide as the normal one", "[recommend][bootstrap]") {
  std::vector<double> values(2000);
  rapt::RandomStream stream(5);
  for (double& v : values) v = 3 + rapt::normal<double>(stream);
  const auto interval = rapt::bootstrap_interval(values, rapt::RandomStream(2), 0.95, 4000);
  // 2 * 1.96 / sqrt(2000) = .0877
  CHECK(interval.high - interval.low == Catch::Approx(0.0877).epsilon(0.1));
  CHECK(interval.low < 3.02);
  CHECK(interval.high > 2.98);
}

TEST_CASE("A bootstrap interval holds the true mean as often as it says", "[recommend][bootstrap]") {
  int held = 0;
  for (std::uint64_t trial = 0; trial < 300; ++trial) {
    std::vector<double> values(60);
    rapt::RandomStream stream(trial, 9);
    for (double& v : values) v = rapt::uniform<double>(stream);
    const auto interval = rapt::bootstrap_interval(values, rapt::RandomStream(trial), 0.9, 400);
    held += interval.low <= 0.5 && 0.5 <= interval.high;
  }
  CHECK(held >= 255);  // 270 expected, deviation 5.2; 60 values make the interval a little narrow
  CHECK(held <= 286);
}

TEST_CASE("A bootstrap interval has the same bits at any number of threads",
          "[recommend][bootstrap][threads]") {
  const std::vector<double> values{1, 2, 4, 8, 16};
  const auto one = rapt::bootstrap_interval(values, rapt::RandomStream(3));
  rapt::set_parallel_threshold(0);
  rapt::set_threads(3);
  const auto three = rapt::bootstrap_interval(values, rapt::RandomStream(3));
  rapt::set_threads(1);
  rapt::set_parallel_threshold(100'000);
  CHECK(one.low == three.low);
  CHECK(one.high == three.high);
}

TEST_CASE("A bootstrap interval names settings out of range", "[recommend][bootstrap][errors]") {
  const std::vector<double> values{1};
  CHECK_THROWS_MATCHES(
      rapt::bootstrap_interval(values, rapt::RandomStream(1), 1, 0), std::invalid_argument,
      Catch::Matchers::Message("bootstrap_interval: level is 1, resamples 0; expected a level "
                               "between 0 and 1 and at least 1 resample"));
}
