#include <rapt/loss/bpr.hpp>

#include <rapt/testing/golden.hpp>

#include "support/catch.hpp"
#include "support/loss_properties.hpp"

#include <cmath>
#include <limits>

namespace {

template <class T>
struct BPRSample {
  explicit BPRSample(rapt_test::Draw& draw)
      : positive(draw.normal<T, 2>({draw.positive(), draw.positive()}, 2)),
        negative(draw.normal<T, 2>(positive.shape(), 2)) {}
  rapt::BPRLoss<T> loss;
  rapt::Tensor<T, 2> positive, negative;
  rapt::RankedPairs<T> prediction() const { return {positive, negative}; }
  rapt::NoTarget target() const { return {}; }
};

}  // namespace

RAPT_TEST_LOSS("BPRLoss", BPRSample, "[loss][bpr]")

TEMPLATE_TEST_CASE("BPRLoss gives the values worked out by hand", "[loss][bpr]", float, double) {
  const rapt::BPRLoss<TestType> loss;
  typename rapt::BPRLoss<TestType>::Cache cache;
  const TestType log3 = std::log(TestType(3));
  const rapt::Tensor<TestType, 2> positive({2, 1}, {log3, 7}), negative({2, 1}, {0, 7});
  // -log 3/4 and -log 1/2
  CHECK(loss.forward({positive, negative}, {}, cache) ==
        Catch::Approx((std::log(4.0 / 3) + std::log(2.0)) / 2));
  const auto d = loss.backward(cache);
  CHECK(d.positive(0, 0) == Catch::Approx(-0.125));
  CHECK(d.negative(0, 0) == Catch::Approx(0.125));
  CHECK(d.positive(1, 0) == Catch::Approx(-0.25));
  CHECK(d.negative(1, 0) == Catch::Approx(0.25));
}

TEST_CASE("BPRLoss does not overflow and is 0 for no pairs", "[loss][bpr]") {
  const rapt::BPRLoss<float> loss;
  rapt::BPRLoss<float>::Cache cache;
  const rapt::Tensor<float, 2> low({1, 1}, {-500}), high({1, 1}, {500}), none({0, 1});
  CHECK(loss.forward({low, high}, {}, cache) == 1000);
  CHECK(loss.backward(cache).positive(0, 0) == -1);
  CHECK(loss.forward({high, low}, {}, cache) == 0);
  CHECK(loss.forward({none, none}, {}, cache) == 0);
  const rapt::Tensor<float, 2> nan({1, 1}, {std::numeric_limits<float>::quiet_NaN()});
  CHECK(std::isnan(loss.forward({nan, low}, {}, cache)));
}

TEST_CASE("BPRLoss names both shapes when they do not fit", "[loss][bpr][errors]") {
  const rapt::BPRLoss<float> loss;
  rapt::BPRLoss<float>::Cache cache;
  const rapt::Tensor<float, 2> positive({2, 3}), negative({2, 1});
  CHECK_THROWS_MATCHES(
      loss.forward({positive, negative}, {}, cache), rapt::ShapeError,
      Catch::Matchers::Message("BPRLoss::forward: negative has shape (2, 1), expected (2, 3)"));
}

TEST_CASE("BPRLoss agrees with PyTorch", "[loss][bpr][golden]") {
  const rapt::testing::Golden golden(RAPT_SOURCE_DIR "/tests/golden/bpr.txt");
  const auto positive = golden.tensor<double, 2>("positive"), negative = golden.tensor<double, 2>("negative");
  const rapt::BPRLoss<double> loss;
  rapt::BPRLoss<double>::Cache cache;
  CHECK(std::abs(loss.forward({positive, negative}, {}, cache) - golden.tensor<double, 1>("loss")(0)) <
        1e-10);
  const auto d = loss.backward(cache);
  CHECK(rapt::testing::largest_difference(d.positive, golden.tensor<double, 2>("dpositive")) < 1e-10);
  CHECK(rapt::testing::largest_difference(d.negative, golden.tensor<double, 2>("dnegative")) < 1e-10);
}
