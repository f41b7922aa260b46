#include <rapt/gan/wgan_gradient_penalty.hpp>

#include <rapt/nn/linear.hpp>

#include "support/catch.hpp"
#include "support/penalty_properties.hpp"

namespace {

template <class T>
struct LinearCritic {
  using L = rapt::Linear<T>;
  rapt::Tensor<T, 2> real, fake;
  rapt_test::PenaltyCase<L, L> c;
  rapt::WganGradientPenalty::Cache<L, rapt::GanWiring<L, L>> cache;
  L gradient;

  LinearCritic(T a, T b) : real({2, 2}, {1, 2, 3, 4}), fake({2, 2}, {0, 0, 9, 9}) {
    rapt::RandomStream stream(1);
    c = {L(2, 1, stream), real, fake, {}};
    c.d.weight = rapt::Tensor<T, 2>({1, 2}, {a, b});
    gradient = rapt::zeros_like(c.d);
  }
  LinearCritic(const LinearCritic&) = delete;
  T add(const rapt::WganGradientPenalty& penalty) { return c.add(penalty, cache, &gradient); }
};

}  // namespace

TEMPLATE_TEST_CASE("WganGradientPenalty gives the values worked out by hand", "[gan][penalty]", float,
                   double) {
  using rapt::PenaltySide;
  SECTION("above the target") {
    // The norm is 5: 10 (5 - 1)^2, and 10 * 2 (5 - 1) / 5 (3, 4).
    LinearCritic<TestType> critic(3, 4);
    CHECK(critic.add({}) == Catch::Approx(160));
    CHECK(critic.gradient.weight(0, 0) == Catch::Approx(48));
    CHECK(critic.gradient.weight(0, 1) == Catch::Approx(64));
    CHECK(critic.gradient.bias(0) == 0);
    CHECK(critic.add({.weight = 1, .target = 2, .side = PenaltySide::above}) == Catch::Approx(9));
  }
  SECTION("below the target") {
    LinearCritic<TestType> critic(TestType(0.3), TestType(0.4));
    CHECK(critic.add({.side = PenaltySide::above}) == 0);
    CHECK(critic.gradient.weight(0, 0) == 0);
    CHECK(critic.add({}) == Catch::Approx(2.5));
    CHECK(critic.gradient.weight(0, 0) == Catch::Approx(-6));
    CHECK(critic.gradient.weight(0, 1) == Catch::Approx(-8));
  }
  SECTION("at a gradient of 0 the norm has no slope") {
    LinearCritic<TestType> critic(0, 0);
    CHECK(critic.add({}) == Catch::Approx(10));
    CHECK(critic.gradient.weight(0, 0) == 0);
    CHECK(critic.gradient.weight(0, 1) == 0);
    CHECK(critic.add({.target = 0}) == 0);
    CHECK(critic.gradient.weight(0, 0) == 0);
  }
}

TEST_CASE("WganGradientPenalty looks between each real sample and its fake", "[gan][penalty]") {
  LinearCritic<double> critic(1, 2);
  critic.add({});
  const auto& at = critic.cache.moved;
  double before = -1;
  for (const rapt::Index n : {0, 1}) {
    const double e = (at(n, 0) - critic.fake(n, 0)) / (critic.real(n, 0) - critic.fake(n, 0));
    CHECK((e >= 0 && e < 1));
    CHECK(at(n, 1) == Catch::Approx(e * critic.real(n, 1) + (1 - e) * critic.fake(n, 1)));
    CHECK(e != before);
    before = e;
  }
  // The same stream draws the same places, another one others.
  const auto kept = at;
  critic.add({});
  CHECK(rapt::testing::largest_difference(at, kept) == 0);
  rapt::WganGradientPenalty{}.add(critic.c.d, critic.c.real, critic.c.fake, critic.c.input,
                                  rapt::RandomStream(22), critic.cache, nullptr);
  CHECK(rapt::testing::largest_difference(at, kept) > 0);
}

TEST_CASE("WganGradientPenalty draws places uniformly", "[gan][penalty]") {
  using L = rapt::Linear<float>;
  rapt::RandomStream stream(1);
  rapt::Tensor<float, 2> real({4000, 1}), fake({4000, 1});
  real.fill(1);
  const rapt_test::PenaltyCase<L, L> c{L(1, 1, stream), real, fake, {}};
  rapt::WganGradientPenalty::Cache<L, rapt::GanWiring<L, L>> cache;
  c.add(rapt::WganGradientPenalty{}, cache, nullptr);
  double sum = 0, squares = 0;
  for (const float e : cache.moved) {
    sum += static_cast<double>(e);
    squares += static_cast<double>(e) * static_cast<double>(e);
  }
  CHECK(sum / 4000 == Catch::Approx(0.5).margin(0.02));
  CHECK(squares / 4000 == Catch::Approx(1.0 / 3).margin(0.02));
}

TEST_CASE("WganGradientPenalty names what does not fit", "[gan][penalty][errors]") {
  LinearCritic<float> critic(1, 2);
  using Catch::Matchers::Message;
  CHECK_THROWS_MATCHES(critic.add({.weight = -2}), std::invalid_argument,
                       Message("WganGradientPenalty: weight is -2, expected finite and at least 0"));
  CHECK_THROWS_MATCHES(critic.add({.target = -1}), std::invalid_argument,
                       Message("WganGradientPenalty: target is -1, expected finite and at least 0"));
  const rapt::Tensor<float, 2> more({3, 2});
  critic.c.fake = more;
  CHECK_THROWS_MATCHES(critic.add({}), rapt::ShapeError,
                       Message("WganGradientPenalty::add: fake has shape (3, 2), expected (2, 2)"));
  CHECK(critic.gradient.weight(0, 0) == 0);
}
