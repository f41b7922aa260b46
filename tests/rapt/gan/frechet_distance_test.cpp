#include <rapt/gan/frechet_distance.hpp>

#include <rapt/core/random.hpp>
#include <rapt/testing/golden.hpp>

#include "support/catch.hpp"

#include <cmath>
#include <limits>

namespace {

using FrechetMatrix = rapt::Tensor<double, 2>;

rapt::GaussianMoments frechet_normal(const rapt::Tensor<double, 1>& mean, const FrechetMatrix& covariance) {
  return {mean, covariance};
}

FrechetMatrix frechet_samples(rapt::Index rows, rapt::Index width, std::uint64_t seed) {
  rapt::RandomStream stream(seed);
  FrechetMatrix x({rows, width});
  rapt::fill_normal<double, 2>(x, 0.5, 2, stream);
  return x;
}

}  // namespace

TEST_CASE("frechet_distance has the closed forms", "[gan][measure]") {
  // One dimension: (m_1 - m_2)^2 + (s_1 - s_2)^2.
  CHECK(rapt::frechet_distance(frechet_normal({{1}, {1}}, {{1, 1}, {4}}),
                               frechet_normal({{1}, {-2}}, {{1, 1}, {0.25}})) ==
        Catch::Approx(9 + 1.5 * 1.5).epsilon(1e-14));
  // Covariances that commute: the sum over dimensions, (3 - 1)^2 + (2 - 5)^2.
  const rapt::Tensor<double, 1> zero({2});
  CHECK(rapt::frechet_distance(frechet_normal(zero, {{2, 2}, {9, 0, 0, 4}}),
                               frechet_normal(zero, {{2, 2}, {1, 0, 0, 25}})) ==
        Catch::Approx(13).epsilon(1e-14));
  // Two dimensions that do not commute: tr A^(1/2) = sqrt(tr A + 2 sqrt(det A)), here of A = C_1 C_2.
  const FrechetMatrix c1({2, 2}, {2, 1, 1, 3}), c2({2, 2}, {4, -1, -1, 1});
  const double trace = 2 * 4 + 2 * 1 * -1 + 3 * 1, determinant = (2 * 3 - 1) * (4 * 1 - 1);
  CHECK(rapt::frechet_distance(frechet_normal(zero, c1), frechet_normal(zero, c2)) ==
        Catch::Approx(2 + 3 + 4 + 1 - 2 * std::sqrt(trace + 2 * std::sqrt(determinant))).epsilon(1e-13));
  // A point against a normal: what is left is its spread.
  CHECK(rapt::frechet_distance(frechet_normal(zero, FrechetMatrix({2, 2})), frechet_normal(zero, c1)) ==
        Catch::Approx(5).epsilon(1e-14));
  const rapt::GaussianMoments nothing{rapt::Tensor<double, 1>({0}), FrechetMatrix({0, 0})};
  CHECK(rapt::frechet_distance(nothing, nothing) == 0);
}

TEST_CASE("frechet_distance of samples by hand", "[gan][measure]") {
  // {0, 2, 4}: mean 2, unbiased variance 4. {1, 1, 4}: mean 2, variance 3.
  const rapt::Tensor<float, 2> x({3, 1}, {0, 2, 4}), y({3, 1}, {1, 1, 4});
  const auto moments = rapt::gaussian_moments(x);
  CHECK(moments.mean(0) == 2);
  CHECK(moments.covariance(0, 0) == Catch::Approx(4).epsilon(1e-15));
  const double expected = std::pow(2 - std::sqrt(3.0), 2);
  CHECK(rapt::frechet_distance(x, y) == Catch::Approx(expected).epsilon(1e-12));
  CHECK(rapt::frechet_distance(y, x) == Catch::Approx(expected).epsilon(1e-12));
}

TEST_CASE("frechet_distance sees a shift and nothing else and so where the covariance is singular",
          "[gan][measure]") {
  for (const rapt::Index rows : {2, 5, 40, 200}) {  // 12 features: the first two covariances are singular
    const auto x = frechet_samples(rows, 12, 3);
    FrechetMatrix y = x;
    y.array() += 0.5;
    INFO(rows << " rows");
    CHECK(rapt::frechet_distance(x, x) < 1e-10);
    CHECK(rapt::frechet_distance(x, y) == Catch::Approx(12 * 0.25).epsilon(1e-10));
  }
}

TEST_CASE("frechet_distance does not change where both sets turn", "[gan][measure]") {
  const auto x = frechet_samples(60, 4, 5), y = frechet_samples(50, 4, 6);
  // 1 - 2 v v^T / |v|^2 is orthogonal.
  const auto v = frechet_samples(1, 4, 7);
  const Eigen::MatrixXd q =
      Eigen::MatrixXd::Identity(4, 4) - 2 * v.matrix().transpose() * v.matrix() / v.matrix().squaredNorm();
  FrechetMatrix turned_x, turned_y;
  turned_x.copy_from(x.matrix() * q);
  turned_y.copy_from(y.matrix() * q);
  CHECK(rapt::frechet_distance(turned_x, turned_y) ==
        Catch::Approx(rapt::frechet_distance(x, y)).epsilon(1e-11));
}

TEST_CASE("frechet_distance refuses moments that are not finite", "[gan][measure][errors]") {
  using Catch::Matchers::Message;
  rapt::GaussianMoments good{rapt::Tensor<double, 1>({2}), rapt::Tensor<double, 2>({2, 2}, {2, 0, 0, 1})};
  auto broken = good, far = good;
  broken.covariance.fill(std::numeric_limits<double>::quiet_NaN());
  far.mean(1) = std::numeric_limits<double>::infinity();
  CHECK(rapt::frechet_distance(good, good) == Catch::Approx(0).margin(1e-12));
  CHECK_THROWS_MATCHES(rapt::frechet_distance(good, broken), std::domain_error,
                       Message("frechet_distance: covariance of fake is not finite"));
  CHECK_THROWS_MATCHES(rapt::frechet_distance(broken, good), std::domain_error,
                       Message("frechet_distance: covariance of real is not finite"));
  CHECK_THROWS_MATCHES(rapt::frechet_distance(good, far), std::domain_error,
                       Message("frechet_distance: mean of fake is not finite"));
}

TEST_CASE("frechet_distance equals the golden values", "[gan][measure][golden]") {
  const rapt::testing::Golden golden(RAPT_SOURCE_DIR "/tests/golden/gan_measures.txt");
  const auto real = golden.tensor<double, 2>("real"), fake = golden.tensor<double, 2>("fake");
  const auto moments = rapt::gaussian_moments(real);
  CHECK(rapt::testing::largest_difference(moments.mean, golden.tensor<double, 1>("mean")) < 1e-10);
  CHECK(rapt::testing::largest_difference(moments.covariance, golden.tensor<double, 2>("covariance")) <
        1e-10);
  const double expected = golden.tensor<double, 1>("frechet")(0);
  CHECK(std::abs(rapt::frechet_distance(real, fake) - expected) < 1e-10);
  CHECK(std::abs(rapt::frechet_distance(fake, real) - expected) < 1e-10);
}

TEST_CASE("frechet_distance refuses sets it cannot fit", "[gan][measure][errors]") {
  using Catch::Matchers::Message;
  const rapt::Tensor<double, 2> one({1, 2}), two({2, 2}), wide({2, 3});
  const rapt::Tensor<double, 2> broken({2, 2}, {1, 2, std::numeric_limits<double>::quiet_NaN(), 4});
  CHECK_THROWS_MATCHES(rapt::frechet_distance(two, one), std::invalid_argument,
                       Message("frechet_distance: fake has 1 sample, expected at least 2"));
  CHECK_THROWS_MATCHES(rapt::frechet_distance(one, two), std::invalid_argument,
                       Message("frechet_distance: real has 1 sample, expected at least 2"));
  CHECK_THROWS_MATCHES(rapt::frechet_distance(two, wide), rapt::ShapeError,
                       Message("frechet_distance: fake has shape (2, 3), expected (*, 2)"));
  CHECK_THROWS_MATCHES(rapt::frechet_distance(two, broken), std::domain_error,
                       Message("frechet_distance: row 1 of fake is not finite"));
  CHECK_THROWS_MATCHES(rapt::gaussian_moments(one), std::invalid_argument,
                       Message("gaussian_moments: x has 1 sample, expected at least 2"));
  CHECK_THROWS_MATCHES(rapt::frechet_distance(rapt::gaussian_moments(two), rapt::gaussian_moments(wide)),
                       rapt::ShapeError,
                       Message("frechet_distance: mean of fake has shape (3), expected (2)"));
}
