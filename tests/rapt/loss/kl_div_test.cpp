#include <rapt/loss/kl_div.hpp>

#include <rapt/testing/golden.hpp>

#include "support/catch.hpp"
#include "support/loss_properties.hpp"

#include <cmath>

namespace {

template <class T>
struct KLDivSample {
  explicit KLDivSample(rapt_test::Draw& draw)
      : x(draw.uniform<T, 2>({draw.positive(), draw.positive()}, -3, 0)),
        t(draw.uniform<T, 2>(x.shape(), 0, 1)) {
    t(0, 0) = 0;
  }
  rapt::KLDivLoss<T> loss;
  rapt::Tensor<T, 2> x, t;
  auto prediction() const { return x.view(); }
  auto target() const { return t.view(); }
};

}  // namespace

RAPT_TEST_LOSS("KLDivLoss", KLDivSample, "[loss][kl_div]")

TEMPLATE_TEST_CASE("KLDivLoss gives the values worked out by hand", "[loss][kl_div]", float, double) {
  using T = TestType;
  const rapt::KLDivLoss<T> loss;
  typename rapt::KLDivLoss<T>::Cache cache;
  const rapt::Tensor<T, 2> x({2, 2},
                             {std::log(T(0.5)), std::log(T(0.5)), std::log(T(0.75)), std::log(T(0.25))});
  const rapt::Tensor<T, 2> t({2, 2}, {1, 0, 0.75, 0.25});
  CHECK(loss.forward(x, t, cache) == Catch::Approx(std::log(2.0) / 2));  // the second row is met exactly
  const auto d = loss.backward(cache);
  CHECK(d(0, 0) == T(-0.5));
  CHECK(d(0, 1) == 0);
  CHECK(d(1, 0) == T(-0.375));
  CHECK(d(1, 1) == T(-0.125));
}

TEST_CASE("KLDivLoss is NaN for a negative target and 0 for no rows", "[loss][kl_div]") {
  const rapt::KLDivLoss<double> loss;
  rapt::KLDivLoss<double>::Cache cache;
  const rapt::Tensor<double, 2> x({1, 1}, {-1}), t({1, 1}, {-0.5}), none({0, 2});
  CHECK(std::isnan(loss.forward(x, t, cache)));
  CHECK(loss.forward(none, none, cache) == 0);
  CHECK(loss.backward(cache).size() == 0);
}

TEST_CASE("KLDivLoss names both shapes when they do not fit", "[loss][kl_div][errors]") {
  const rapt::KLDivLoss<float> loss;
  rapt::KLDivLoss<float>::Cache cache;
  const rapt::Tensor<float, 2> x({2, 3}), t({2, 4});
  CHECK_THROWS_MATCHES(
      loss.forward(x, t, cache), rapt::ShapeError,
      Catch::Matchers::Message("KLDivLoss::forward: target has shape (2, 4), expected (2, 3)"));
}

TEST_CASE("KLDivLoss agrees with PyTorch", "[loss][kl_div][golden]") {
  const rapt::testing::Golden golden(RAPT_SOURCE_DIR "/tests/golden/kl_div.txt");
  const auto x = golden.tensor<double, 2>("x"), t = golden.tensor<double, 2>("target");
  const rapt::KLDivLoss<double> loss;
  rapt::KLDivLoss<double>::Cache cache;
  CHECK(std::abs(loss.forward(x, t, cache) - golden.tensor<double, 1>("loss")(0)) < 1e-10);
  CHECK(rapt::testing::largest_difference(loss.backward(cache), golden.tensor<double, 2>("dx")) < 1e-10);
}
