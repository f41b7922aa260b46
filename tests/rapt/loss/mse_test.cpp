#include <rapt/loss/mse.hpp>

#include <rapt/testing/golden.hpp>

#include "support/catch.hpp"
#include "support/loss_properties.hpp"

#include <limits>
#include <vector>

namespace {

template <class T>
struct MSESample {
  explicit MSESample(rapt_test::Draw& draw)
      : x(draw.normal<T, 2>({draw.positive(), draw.positive()})), t(draw.normal<T, 2>(x.shape())) {}
  rapt::MSELoss<T> loss;
  rapt::Tensor<T, 2> x, t;
  auto prediction() const { return x.view(); }
  auto target() const { return t.view(); }
};

}  // namespace

RAPT_TEST_LOSS("MSELoss", MSESample, "[loss][mse]")

TEMPLATE_TEST_CASE("MSELoss gives the values worked out by hand", "[loss][mse]", float, double) {
  const rapt::MSELoss<TestType> loss;
  typename rapt::MSELoss<TestType>::Cache cache;
  const rapt::Tensor<TestType, 2> x({2, 2}, {1, 2, 3, 4}), t({2, 2}, {1, 0, 6, 3});
  CHECK(loss.forward(x, t, cache) == TestType(3.5));  // (0 + 4 + 9 + 1) / 4
  const auto d = loss.backward(cache);
  CHECK(std::vector<TestType>(d.begin(), d.end()) == std::vector<TestType>{0, 1, -1.5, 0.5});
}

TEST_CASE("MSELoss returns what is not finite and 0 for nothing", "[loss][mse]") {
  const rapt::MSELoss<double> loss;
  rapt::MSELoss<double>::Cache cache;
  const rapt::Tensor<double, 2> x({1, 1}, {std::numeric_limits<double>::infinity()}), t({1, 1}), none({0, 3});
  CHECK(loss.forward(x, t, cache) == std::numeric_limits<double>::infinity());
  CHECK(loss.forward(none, none, cache) == 0);
  CHECK(loss.backward(cache).size() == 0);
}

TEST_CASE("MSELoss names both shapes when they do not fit", "[loss][mse][errors]") {
  const rapt::MSELoss<float> loss;
  rapt::MSELoss<float>::Cache cache;
  const rapt::Tensor<float, 2> x({2, 3}), t({3, 2});
  CHECK_THROWS_MATCHES(
      loss.forward(x, t, cache), rapt::ShapeError,
      Catch::Matchers::Message("MSELoss::forward: target has shape (3, 2), expected (2, 3)"));
}

TEST_CASE("MSELoss agrees with PyTorch", "[loss][mse][golden]") {
  const rapt::testing::Golden golden(RAPT_SOURCE_DIR "/tests/golden/mse.txt");
  const auto x = golden.tensor<double, 2>("x"), t = golden.tensor<double, 2>("target");
  const rapt::MSELoss<double> loss;
  rapt::MSELoss<double>::Cache cache;
  CHECK(std::abs(loss.forward(x, t, cache) - golden.tensor<double, 1>("loss")(0)) < 1e-10);
  CHECK(rapt::testing::largest_difference(loss.backward(cache), golden.tensor<double, 2>("dx")) < 1e-10);
}
