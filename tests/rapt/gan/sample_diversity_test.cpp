#include <rapt/gan/sample_diversity.hpp>

#include "support/catch.hpp"

#include <cmath>

namespace {
using rapt::Tensor;
}  // namespace

TEST_CASE("sample_diversity measures distances and variances as worked out by hand",
          "[gan][sample_diversity]") {
  // Distances of real samples: 2, 2, 2 sqrt 2; of fakes: 1. Means (2/3, 2/3) and (0.5, 3).
  const Tensor<double, 2> real({3, 2}, {0, 0, 2, 0, 0, 2}), fake({2, 2}, {0, 3, 1, 3});
  const auto d = rapt::sample_diversity(real, fake);
  const double apart = (4 + 2 * std::sqrt(2.0)) / 3, variance = 16.0 / 9;
  CHECK(d.real_distance == Catch::Approx(apart));
  CHECK(d.fake_distance == 1);
  CHECK(d.spread == Catch::Approx(1 / apart));
  CHECK(d.deviation == Catch::Approx(std::sqrt(0.25 / variance)));
  CHECK(d.shift ==
        Catch::Approx(std::sqrt((std::pow(0.5 - 2.0 / 3, 2) + std::pow(3 - 2.0 / 3, 2)) / variance)));
  // The nearest fakes are 3, sqrt(1 + 9) and 1 away.
  CHECK(d.gap == Catch::Approx((3 + std::sqrt(10.0) + 1) / 3 / apart));
}

TEST_CASE("sample_diversity is 0 for one point and 1 for the real samples themselves",
          "[gan][sample_diversity]") {
  const Tensor<float, 4> real({3, 1, 1, 2}, {0, 0, 2, 0, 0, 2});
  Tensor<float, 4> fake({5, 1, 1, 2});
  fake.fill(0.5f);
  CHECK(rapt::sample_diversity(real, fake).spread == 0);
  CHECK(rapt::sample_diversity(real, fake).deviation == 0);
  const auto same = rapt::sample_diversity(real, real);
  CHECK(same.spread == 1);
  CHECK(same.deviation == 1);
  CHECK(same.shift == 0);
  CHECK(same.gap == 0);
}

TEST_CASE("sample_diversity knows nothing of too few or equal samples", "[gan][sample_diversity]") {
  const Tensor<float, 2> real({3, 1}, {1, 2, 3}), one({1, 1}, {2}), none({0, 1}), equal({3, 1}, {2, 2, 2});
  CHECK(std::isnan(rapt::sample_diversity(real, one).spread));
  CHECK(std::isnan(rapt::sample_diversity(none, real).spread));
  CHECK(std::isnan(rapt::sample_diversity(equal, real).spread));
  CHECK(rapt::sample_diversity(equal, real).fake_distance > 0);
  const Tensor<float, 2> wide({3, 2});
  CHECK_THROWS_MATCHES((rapt::sample_diversity(real, wide)), rapt::ShapeError,
                       Catch::Matchers::Message("sample_diversity: fake has shape (3, 2), expected (*, 1)"));
}

TEST_CASE("sample_diversity reads so many samples and no more", "[gan][sample_diversity]") {
  Tensor<float, 2> real({4, 1}, {0, 1, 100, 200}), fake({4, 1}, {0, 2, -500, 7});
  CHECK(rapt::sample_diversity(real, fake, 2).spread == 2);
}
