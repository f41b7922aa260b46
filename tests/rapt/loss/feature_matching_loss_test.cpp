#include <rapt/loss/feature_matching_loss.hpp>

#include "support/catch.hpp"
#include "support/loss_properties.hpp"

#include <cmath>
#include <limits>

namespace {

template <class T>
struct FeatureMatchingSample {
  explicit FeatureMatchingSample(rapt_test::Draw& draw)
      : fake(draw.normal<T, 2>({draw.positive(), draw.positive()}, 2)),
        real(draw.normal<T, 2>({draw.positive(), fake.extent(1)}, 2)) {}
  rapt::FeatureMatchingLoss<T> loss;
  rapt::Tensor<T, 2> fake, real;
  auto prediction() const { return fake.view(); }
  auto target() const { return real.view(); }
};

}  // namespace

RAPT_TEST_LOSS("FeatureMatchingLoss", FeatureMatchingSample, "[loss][feature_matching_loss]")

TEMPLATE_TEST_CASE("FeatureMatchingLoss gives the values worked out by hand", "[loss][feature_matching_loss]",
                   float, double) {
  const rapt::FeatureMatchingLoss<TestType> loss;
  typename rapt::FeatureMatchingLoss<TestType>::Cache cache;
  // means (2, 1) and (1, 4)
  const rapt::Tensor<TestType, 2> fake({2, 2}, {1, 0, 3, 2}), real({1, 2}, {1, 4}), none({0, 2});
  CHECK(loss.forward(fake, real, cache) == 10);
  for (const rapt::Index n : {0, 1}) {
    CHECK(loss.backward(cache)(n, 0) == 1);
    CHECK(loss.backward(cache)(n, 1) == -3);
  }
  CHECK(loss.forward(fake, none, cache) == 0);
  CHECK(loss.backward(cache)(1, 1) == 0);
  CHECK(loss.forward(none, real, cache) == 0);
  CHECK(loss.backward(cache).size() == 0);
  const rapt::Tensor<TestType, 2> nan({1, 2}, {0, std::numeric_limits<TestType>::quiet_NaN()});
  CHECK(std::isnan(loss.forward(nan, real, cache)));
}

TEST_CASE("FeatureMatchingLoss names both shapes when they do not fit",
          "[loss][feature_matching_loss][errors]") {
  const rapt::FeatureMatchingLoss<float> loss;
  rapt::FeatureMatchingLoss<float>::Cache cache;
  const rapt::Tensor<float, 2> fake({2, 3}), real({2, 1});
  CHECK_THROWS_MATCHES(
      loss.forward(fake, real, cache), rapt::ShapeError,
      Catch::Matchers::Message("FeatureMatchingLoss::forward: real has shape (2, 1), expected (*, 3)"));
}

TEST_CASE("FeatureMatchingLoss agrees with PyTorch", "[loss][feature_matching_loss][golden]") {
  const rapt::testing::Golden golden(RAPT_SOURCE_DIR "/tests/golden/feature_matching_loss.txt");
  const auto fake = golden.tensor<double, 2>("fake"), real = golden.tensor<double, 2>("real");
  const rapt::FeatureMatchingLoss<double> loss;
  rapt::FeatureMatchingLoss<double>::Cache cache;
  CHECK(std::abs(loss.forward(fake, real, cache) - golden.tensor<double, 1>("loss")(0)) < 1e-10);
  CHECK(rapt::testing::largest_difference(loss.backward(cache), golden.tensor<double, 2>("dfake")) < 1e-10);
}
