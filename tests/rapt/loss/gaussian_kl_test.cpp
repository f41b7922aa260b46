#include <rapt/loss/gaussian_kl.hpp>

#include <rapt/testing/golden.hpp>

#include "support/catch.hpp"
#include "support/loss_properties.hpp"

#include <cmath>
#include <limits>

namespace {

template <class T>
struct GaussianKLSample {
  explicit GaussianKLSample(rapt_test::Draw& draw)
      : mean(draw.normal<T, 2>({draw.positive(), draw.positive()})),
        log_variance(draw.normal<T, 2>(mean.shape())) {}
  rapt::GaussianKLLoss<T> loss;
  rapt::Tensor<T, 2> mean, log_variance;
  rapt::DiagonalGaussian<T> prediction() const { return {mean, log_variance}; }
  rapt::NoTarget target() const { return {}; }
};

}  // namespace

RAPT_TEST_LOSS("GaussianKLLoss", GaussianKLSample, "[loss][gaussian_kl]")

TEMPLATE_TEST_CASE("GaussianKLLoss gives the values worked out by hand", "[loss][gaussian_kl]", float,
                   double) {
  using T = TestType;
  const rapt::GaussianKLLoss<T> loss;
  typename rapt::GaussianKLLoss<T>::Cache cache;
  const rapt::Tensor<T, 2> mean({2, 2}, {0, 2, 0, -1}), log_variance({2, 2}, {0, 0, std::log(T(3)), 0});
  // Row 0: 2^2 / 2 = 2; row 1: (3 - 1 - log 3 + 1) / 2.
  CHECK(loss.forward({mean, log_variance}, {}, cache) == Catch::Approx((2 + (3 - std::log(3.0)) / 2) / 2));
  const auto d = loss.backward(cache);
  CHECK(d.mean(0, 0) == 0);
  CHECK(d.mean(0, 1) == 1);
  CHECK(d.mean(1, 1) == T(-0.5));
  CHECK(d.log_variance(0, 1) == 0);
  CHECK(d.log_variance(1, 0) == Catch::Approx(0.5));
}

TEST_CASE("GaussianKLLoss returns what is not finite and 0 for no rows", "[loss][gaussian_kl]") {
  const rapt::GaussianKLLoss<float> loss;
  rapt::GaussianKLLoss<float>::Cache cache;
  const rapt::Tensor<float, 2> zero({1, 1}), huge({1, 1}, {1000}), none({0, 2});
  CHECK(loss.forward({zero, huge}, {}, cache) == std::numeric_limits<float>::infinity());
  CHECK(loss.forward({none, none}, {}, cache) == 0);
  CHECK(loss.backward(cache).mean.size() == 0);
}

TEST_CASE("GaussianKLLoss names both shapes when they do not fit", "[loss][gaussian_kl][errors]") {
  const rapt::GaussianKLLoss<float> loss;
  rapt::GaussianKLLoss<float>::Cache cache;
  const rapt::Tensor<float, 2> mean({2, 3}), log_variance({3, 3});
  CHECK_THROWS_MATCHES(
      loss.forward({mean, log_variance}, {}, cache), rapt::ShapeError,
      Catch::Matchers::Message("GaussianKLLoss::forward: log_variance has shape (3, 3), expected (2, 3)"));
}

TEST_CASE("GaussianKLLoss agrees with PyTorch", "[loss][gaussian_kl][golden]") {
  const rapt::testing::Golden golden(RAPT_SOURCE_DIR "/tests/golden/gaussian_kl.txt");
  const auto mean = golden.tensor<double, 2>("mean"), log_variance = golden.tensor<double, 2>("log_variance");
  const rapt::GaussianKLLoss<double> loss;
  rapt::GaussianKLLoss<double>::Cache cache;
  CHECK(std::abs(loss.forward({mean, log_variance}, {}, cache) - golden.tensor<double, 1>("loss")(0)) <
        1e-10);
  const auto d = loss.backward(cache);
  CHECK(rapt::testing::largest_difference(d.mean, golden.tensor<double, 2>("dmean")) < 1e-10);
  CHECK(rapt::testing::largest_difference(d.log_variance, golden.tensor<double, 2>("dlog_variance")) < 1e-10);
}
