#include <rapt/gan/dragan_penalty.hpp>

#include <rapt/gan/wgan_gradient_penalty.hpp>
#include <rapt/nn/linear.hpp>
#include <rapt/nn/sequential.hpp>
#include <rapt/nn/tanh.hpp>

#include "support/catch.hpp"
#include "support/penalty_properties.hpp"

#include <cmath>

TEST_CASE("DraganPenalty without noise is the penalty at the real samples", "[gan][penalty]") {
  using L = rapt::Linear<double>;
  rapt_test::Draw draw(1);
  const rapt::Sequential d{L(3, 4, draw.values), rapt::Tanh<double>{}, L(4, 1, draw.values)};
  const auto real = draw.normal<double, 2>({5, 3});
  // between a real sample and itself there is only itself
  const rapt_test::PenaltyCase<L, std::remove_const_t<decltype(d)>> c{d, real, real, {}};
  const auto still = rapt_test::penalty_pass(rapt::DraganPenalty{.target = 0.5, .noise = 0}, c);
  const auto expected = rapt_test::penalty_pass(rapt::WganGradientPenalty{.target = 0.5}, c);
  REQUIRE(still.size() == expected.size());
  for (std::size_t k = 0; k < still.size(); ++k) {
    for (std::size_t i = 0; i < still[k].size(); ++i) CHECK(std::abs(still[k][i] - expected[k][i]) < 1e-12);
  }
}

TEST_CASE("DraganPenalty looks around real samples as far as the batch is wide", "[gan][penalty]") {
  using L = rapt::Linear<double>;
  rapt_test::Draw draw(1);
  const auto real = draw.normal<double, 2>({500, 8}, 3);
  const rapt_test::PenaltyCase<L, L> c{L(8, 1, draw.values), real, {}, {}};
  rapt::DraganPenalty::Cache<L, rapt::GanWiring<L, L>> cache;
  c.add(rapt::DraganPenalty{}, cache, nullptr);
  double sum = 0, squares = 0;
  for (rapt::Index i = 0; i < real.size(); ++i) {
    const double moved = cache.moved.data()[i] - real.data()[i];
    sum += moved;
    squares += moved * moved;
  }
  CHECK(std::abs(sum / 4000) < 0.1);
  CHECK(std::sqrt(squares / 4000) == Catch::Approx(0.5 * 3).epsilon(0.05));
}

TEST_CASE("DraganPenalty names a setting that makes no sense", "[gan][penalty][errors]") {
  using L = rapt::Linear<float>;
  rapt::RandomStream stream(1);
  const rapt::Tensor<float, 2> x({1, 2});
  const rapt_test::PenaltyCase<L, L> c{L(2, 1, stream), x, x, {}};
  rapt::DraganPenalty::Cache<L, rapt::GanWiring<L, L>> cache;
  using Catch::Matchers::Message;
  CHECK_THROWS_MATCHES(c.add(rapt::DraganPenalty{.noise = -1}, cache, nullptr), std::invalid_argument,
                       Message("DraganPenalty: noise is -1, expected finite and at least 0"));
  CHECK_THROWS_MATCHES(c.add(rapt::DraganPenalty{.weight = -1}, cache, nullptr), std::invalid_argument,
                       Message("DraganPenalty: weight is -1, expected finite and at least 0"));
  CHECK_THROWS_MATCHES(c.add(rapt::DraganPenalty{.target = -1}, cache, nullptr), std::invalid_argument,
                       Message("DraganPenalty: target is -1, expected finite and at least 0"));
}
