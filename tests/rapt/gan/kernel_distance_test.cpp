#include <rapt/gan/kernel_distance.hpp>

#include <rapt/core/random.hpp>
#include <rapt/testing/golden.hpp>

#include "support/catch.hpp"

#include <cmath>
#include <limits>

TEST_CASE("kernel_distance by hand", "[gan][measure]") {
  // k(x, y) = (x y + 1)^3. x: {0, 1}, pairs 1. y: {1, 2}, pairs 27. Across: 1, 1, 8, 27.
  const rapt::Tensor<float, 2> x({2, 1}, {0, 1}), y({2, 1}, {1, 2});
  CHECK(rapt::kernel_distance(x, y) == Catch::Approx(1 + 27 - 2 * 37 / 4.0).epsilon(1e-14));
  // Two features halve the product; degree 1 without an offset leaves |mean - mean|^2 but for the diagonals:
  // x: <(2, 0), (0, 2)> / 2 = 0. y: <(2, 2), (4, 0)> / 2 = 4. Across: 2, 4, 2, 0.
  const rapt::Tensor<double, 2> a({2, 2}, {2, 0, 0, 2}), b({2, 2}, {2, 2, 4, 0});
  CHECK(rapt::kernel_distance(a, b, {.degree = 1, .offset = 0}) ==
        Catch::Approx(0 + 4 - 2 * 8 / 4.0).margin(1e-14));
  CHECK(rapt::kernel_distance(a, b, {.degree = 2, .gamma = 1, .offset = -1}) ==
        Catch::Approx(1 + 49 - 2 * (9 + 49 + 9 + 1) / 4.0).epsilon(1e-14));
}

TEST_CASE("kernel_distance is unbiased: over sets of one distribution its mean is 0", "[gan][measure]") {
  double sum = 0, squares = 0;
  constexpr int repeats = 400;
  for (int r = 0; r < repeats; ++r) {
    rapt::RandomStream stream(static_cast<std::uint64_t>(r + 1));
    rapt::Tensor<float, 2> x({10, 3}), y({7, 3});
    rapt::fill_normal<float, 2>(x, 0, 1, stream);
    rapt::fill_normal<float, 2>(y, 0, 1, stream);
    const double d = rapt::kernel_distance(x, y);
    sum += d;
    squares += d * d;
  }
  const double mean = sum / repeats, deviation = std::sqrt(squares / repeats - mean * mean);
  INFO("mean " << mean << ", deviation of one estimate " << deviation);
  CHECK(std::abs(mean) < 3 * deviation / std::sqrt(double{repeats}));
}

TEST_CASE("kernel_distance equals the golden values and gives the same bits at any number of threads",
          "[gan][measure][golden]") {
  const rapt::testing::Golden golden(RAPT_SOURCE_DIR "/tests/golden/gan_measures.txt");
  const auto real = golden.tensor<double, 2>("real"), fake = golden.tensor<double, 2>("fake");
  const double distance = rapt::kernel_distance(real, fake);
  const double expected = golden.tensor<double, 1>("kernel")(0);
  CHECK(std::abs(distance - expected) < 1e-10 * std::max(1.0, std::abs(expected)));
  CHECK(std::abs(rapt::kernel_distance(real, fake, {.degree = 2, .gamma = 0.3, .offset = 0.5}) -
                 golden.tensor<double, 1>("kernel_of_degree_2")(0)) < 1e-10);
  rapt::set_threads(3);
  rapt::set_parallel_threshold(0);
  CHECK(rapt::kernel_distance(real, fake) == distance);
  rapt::set_threads(1);
  rapt::set_parallel_threshold(100'000);
}

TEST_CASE("kernel_distance refuses sets and kernels out of range", "[gan][measure][errors]") {
  using Catch::Matchers::Message;
  const rapt::Tensor<double, 2> one({1, 2}), two({2, 2}), wide({2, 3});
  CHECK_THROWS_MATCHES(rapt::kernel_distance(two, one), std::invalid_argument,
                       Message("kernel_distance: fake has 1 sample, expected at least 2"));
  CHECK_THROWS_MATCHES(rapt::kernel_distance(two, wide), rapt::ShapeError,
                       Message("kernel_distance: fake has shape (2, 3), expected (*, 2)"));
  CHECK_THROWS_MATCHES(rapt::kernel_distance(two, two, {.degree = 0}), std::invalid_argument,
                       Message("kernel_distance: degree is 0, expected at least 1"));
  CHECK_THROWS_MATCHES(rapt::kernel_distance(two, two, {.gamma = -1}), std::invalid_argument,
                       Message("kernel_distance: gamma is -1.000000 and offset 1.000000, expected finite "
                               "numbers and gamma not below 0"));
  const rapt::Tensor<double, 2> broken({2, 1}, {1, std::numeric_limits<double>::infinity()});
  CHECK_THROWS_MATCHES(rapt::kernel_distance(broken, broken), std::domain_error,
                       Message("kernel_distance: row 1 of real is not finite"));
}
