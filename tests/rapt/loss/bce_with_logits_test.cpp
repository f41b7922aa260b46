#include <rapt/loss/bce_with_logits.hpp>

#include <rapt/testing/golden.hpp>

#include "support/catch.hpp"
#include "support/loss_properties.hpp"

#include <cmath>
#include <limits>
#include <string>
#include <type_traits>

namespace {

template <class T>
struct BCEWithLogitsSample {
  explicit BCEWithLogitsSample(rapt_test::Draw& draw)
      : logits(draw.normal<T, 2>({draw.positive(), draw.positive()}, 3)),
        soft(draw.uniform<T, 2>(logits.shape(), 0, 1)),
        constant(uniform_index(draw.ids, 3) == 0) {}
  rapt::BCEWithLogitsLoss<T> loss;
  rapt::Tensor<T, 2> logits, soft;
  bool constant;
  auto prediction() const { return logits.view(); }
  rapt::ProbabilityTarget<T> target() const { return constant ? rapt::ProbabilityTarget<T>(T(0.9)) : soft; }
};

// A target over a tensor that is gone would dangle.
static_assert(!std::is_constructible_v<rapt::ProbabilityTarget<float>, rapt::Tensor<float, 2>&&>);

}  // namespace

RAPT_TEST_LOSS("BCEWithLogitsLoss", BCEWithLogitsSample, "[loss][bce_with_logits]")

TEMPLATE_TEST_CASE("BCEWithLogitsLoss gives the values worked out by hand", "[loss][bce_with_logits]", float,
                   double) {
  const rapt::BCEWithLogitsLoss<TestType> loss;
  typename rapt::BCEWithLogitsLoss<TestType>::Cache cache;
  const TestType log3 = std::log(TestType(3));  // its sigmoid is 3/4
  const rapt::Tensor<TestType, 2> x({2, 1}, {log3, -log3}), t({2, 1}, {1, 0.5});

  // -log 3/4 and -(log 1/4 + log 3/4) / 2
  CHECK(loss.forward(x, t, cache) == Catch::Approx((std::log(4.0 / 3) + std::log(16.0 / 3) / 2) / 2));
  const auto d = loss.backward(cache);
  CHECK(d(0, 0) == Catch::Approx(-0.125));
  CHECK(d(1, 0) == Catch::Approx(-0.125));
}

TEST_CASE("BCEWithLogitsLoss with one number does what a tensor full of it does", "[loss][bce_with_logits]") {
  const rapt::BCEWithLogitsLoss<double> loss;
  rapt::BCEWithLogitsLoss<double>::Cache one, full;
  rapt_test::Draw draw(5);
  const auto x = draw.normal<double, 2>({7, 3});
  rapt::Tensor<double, 2> t({7, 3});
  t.fill(0.9);
  CHECK(loss.forward(x, 0.9, one) == loss.forward(x, t, full));
  CHECK(rapt::testing::largest_difference(loss.backward(one), loss.backward(full)) == 0);
}

TEST_CASE("BCEWithLogitsLoss keeps its precision at large logits", "[loss][bce_with_logits]") {
  const rapt::BCEWithLogitsLoss<float> loss;
  rapt::BCEWithLogitsLoss<float>::Cache cache;
  const rapt::Tensor<float, 2> sure({1, 1}, {30}), wrong({1, 1}, {-1000});
  CHECK(loss.forward(sure, 1, cache) == Catch::Approx(std::exp(-30.0)));
  CHECK(loss.forward(wrong, 1, cache) == 1000);
  CHECK(loss.backward(cache)(0, 0) == -1);
}

TEST_CASE("BCEWithLogitsLoss returns what is not finite and 0 for nothing", "[loss][bce_with_logits]") {
  const rapt::BCEWithLogitsLoss<double> loss;
  rapt::BCEWithLogitsLoss<double>::Cache cache;
  const rapt::Tensor<double, 2> nan({2, 1}, {1, std::numeric_limits<double>::quiet_NaN()}), none({0, 1});
  CHECK(std::isnan(loss.forward(nan, 1, cache)));
  CHECK(loss.forward(none, 1, cache) == 0);
  CHECK(loss.backward(cache).size() == 0);
}

TEST_CASE("BCEWithLogitsLoss names both shapes when they do not fit", "[loss][bce_with_logits][errors]") {
  const rapt::BCEWithLogitsLoss<float> loss;
  rapt::BCEWithLogitsLoss<float>::Cache cache;
  const rapt::Tensor<float, 2> x({8, 1}), t({1, 8});
  CHECK_THROWS_MATCHES(
      loss.forward(x, t, cache), rapt::ShapeError,
      Catch::Matchers::Message("BCEWithLogitsLoss::forward: target has shape (1, 8), expected (8, 1)"));
}

TEST_CASE("BCEWithLogitsLoss agrees with PyTorch", "[loss][bce_with_logits][golden]") {
  const rapt::testing::Golden golden(RAPT_SOURCE_DIR "/tests/golden/bce_with_logits.txt");
  const auto x = golden.tensor<double, 2>("x"), t = golden.tensor<double, 2>("target");
  const rapt::BCEWithLogitsLoss<double> loss;
  rapt::BCEWithLogitsLoss<double>::Cache cache;
  CHECK(std::abs(loss.forward(x, t, cache) - golden.tensor<double, 1>("loss")(0)) < 1e-10);
  CHECK(rapt::testing::largest_difference(loss.backward(cache), golden.tensor<double, 2>("dx")) < 1e-10);
}
