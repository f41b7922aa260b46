#include <rapt/loss/cross_entropy.hpp>

#include <rapt/testing/golden.hpp>

#include "support/catch.hpp"
#include "support/loss_properties.hpp"

#include <cmath>
#include <limits>
#include <string>

namespace {

template <class T>
struct CrossEntropySample {
  explicit CrossEntropySample(rapt_test::Draw& draw)
      : logits(draw.normal<T, 2>({draw.positive(), 1 + draw.positive()}, 2)),
        classes(draw.indices<1>({logits.extent(0)}, logits.extent(1))) {
    loss.label_smoothing = uniform_index(draw.ids, 2) == 0 ? T(0) : T(0.2);
    if (classes.size() > 1) classes(1) = loss.ignore_index;
  }
  rapt::CrossEntropyLoss<T> loss;
  rapt::Tensor<T, 2> logits;
  rapt::Tensor<rapt::Index, 1> classes;
  auto prediction() const { return logits.view(); }
  auto target() const { return classes.view(); }
};

}  // namespace

RAPT_TEST_LOSS("CrossEntropyLoss", CrossEntropySample, "[loss][cross_entropy]")

TEMPLATE_TEST_CASE("CrossEntropyLoss gives the values worked out by hand", "[loss][cross_entropy]", float,
                   double) {
  using T = TestType;
  typename rapt::CrossEntropyLoss<T>::Cache cache;
  // Softmax of the first row is 1/4, 3/4; of the second 1/2, 1/2; the third is ignored.
  const rapt::Tensor<T, 2> x({3, 2}, {0, std::log(T(3)), 5, 5, 9, -9});
  const rapt::Tensor<rapt::Index, 1> classes({3}, {1, 0, -100});

  const rapt::CrossEntropyLoss<T> plain;
  CHECK(plain.forward(x, classes, cache) == Catch::Approx((std::log(4.0 / 3) + std::log(2.0)) / 2));
  auto d = plain.backward(cache);
  CHECK(d(0, 0) == Catch::Approx(0.125));
  CHECK(d(0, 1) == Catch::Approx(-0.125));
  CHECK(d(1, 0) == Catch::Approx(-0.25));
  CHECK(d(1, 1) == Catch::Approx(0.25));
  CHECK(d(2, 0) == 0);
  CHECK(d(2, 1) == 0);

  // Smoothed by 0.5 the target of row 0 is (1/4, 3/4), which is the prediction: its gradient vanishes.
  const rapt::CrossEntropyLoss<T> smooth{.label_smoothing = T(0.5)};
  const double row0 = -0.25 * std::log(0.25) - 0.75 * std::log(0.75);
  CHECK(smooth.forward(x, classes, cache) == Catch::Approx((row0 + std::log(2.0)) / 2));
  d = smooth.backward(cache);
  CHECK(std::abs(d(0, 0)) < 1e-7);
  CHECK(d(1, 0) == Catch::Approx(-0.125));
}

TEST_CASE("CrossEntropyLoss of ignored rows alone is 0 with gradient 0", "[loss][cross_entropy]") {
  const rapt::CrossEntropyLoss<double> loss{.ignore_index = 1};
  rapt::CrossEntropyLoss<double>::Cache cache;
  const rapt::Tensor<double, 2> x({2, 3}, {1, 2, 3, 4, 5, 6}), none({0, 3});
  const rapt::Tensor<rapt::Index, 1> ones({2}, {1, 1}), no_class({0});
  CHECK(loss.forward(x, ones, cache) == 0);
  for (const double d : loss.backward(cache)) CHECK(d == 0);
  CHECK(loss.forward(none, no_class, cache) == 0);
  CHECK(loss.backward(cache).size() == 0);
}

TEST_CASE("CrossEntropyLoss does not overflow and returns what is not finite", "[loss][cross_entropy]") {
  const rapt::CrossEntropyLoss<float> loss;
  rapt::CrossEntropyLoss<float>::Cache cache;
  const rapt::Tensor<float, 2> large({1, 2}, {1e4f, -1e4f}), nan({1, 2}, {std::nanf(""), 0});
  const rapt::Tensor<rapt::Index, 1> first({1}, {0}), second({1}, {1});
  CHECK(loss.forward(large, first, cache) == 0);
  CHECK(loss.forward(large, second, cache) == 2e4f);
  CHECK(std::isnan(loss.forward(nan, second, cache)));
}

TEST_CASE("CrossEntropyLoss names what does not fit", "[loss][cross_entropy][errors]") {
  rapt::CrossEntropyLoss<double>::Cache cache;
  const rapt::CrossEntropyLoss<double> loss, wrong{.label_smoothing = 1.5};
  const rapt::Tensor<double, 2> x({2, 3});
  const rapt::Tensor<rapt::Index, 1> few({1}), big({2}, {0, 3}), negative({2}, {-1, 0}), good({2}, {0, 2});
  using Catch::Matchers::Message;
  CHECK_THROWS_MATCHES(loss.forward(x, few, cache), rapt::ShapeError,
                       Message("CrossEntropyLoss::forward: target has shape (1), expected (2)"));
  CHECK_THROWS_MATCHES(loss.forward(x, big, cache), std::out_of_range,
                       Message("CrossEntropyLoss::forward: target 3 is not in [0, 3)"));
  CHECK_THROWS_MATCHES(loss.forward(x, negative, cache), std::out_of_range,
                       Message("CrossEntropyLoss::forward: target -1 is not in [0, 3)"));
  CHECK_THROWS_MATCHES(wrong.forward(x, good, cache), std::invalid_argument,
                       Message("CrossEntropyLoss::forward: label_smoothing is 1.5, expected 0 to 1"));
}

TEST_CASE("CrossEntropyLoss agrees with PyTorch", "[loss][cross_entropy][golden]") {
  const rapt::testing::Golden golden(RAPT_SOURCE_DIR "/tests/golden/cross_entropy.txt");
  const auto x = golden.tensor<double, 2>("x");
  const auto classes = golden.tensor<rapt::Index, 1>("target");
  const rapt::CrossEntropyLoss<double> loss{.label_smoothing = 0.1, .ignore_index = 2};
  rapt::CrossEntropyLoss<double>::Cache cache;
  CHECK(std::abs(loss.forward(x, classes, cache) - golden.tensor<double, 1>("loss")(0)) < 1e-10);
  CHECK(rapt::testing::largest_difference(loss.backward(cache), golden.tensor<double, 2>("dx")) < 1e-10);
}
