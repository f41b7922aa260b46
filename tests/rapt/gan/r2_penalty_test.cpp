#include <rapt/gan/r2_penalty.hpp>

#include <rapt/gan/r1_penalty.hpp>
#include <rapt/nn/linear.hpp>
#include <rapt/nn/sequential.hpp>
#include <rapt/nn/tanh.hpp>

#include "support/catch.hpp"
#include "support/penalty_properties.hpp"

TEST_CASE("R2Penalty is R1Penalty at the fakes", "[gan][penalty]") {
  using L = rapt::Linear<double>;
  rapt_test::Draw draw(1);
  const rapt::Sequential d{L(3, 4, draw.values), rapt::Tanh<double>{}, L(4, 1, draw.values)};
  const auto real = draw.normal<double, 2>({5, 3}), fake = draw.normal<double, 2>({6, 3});
  const rapt_test::PenaltyCase<L, std::remove_const_t<decltype(d)>> c{d, real, fake, {}},
      turned{d, fake, real, {}};
  const auto r2 = rapt_test::penalty_pass(rapt::R2Penalty{.weight = 4}, c);
  CHECK(rapt_test::same_bits(r2, rapt_test::penalty_pass(rapt::R1Penalty{.weight = 4}, turned)));
  CHECK_FALSE(rapt_test::same_bits(r2, rapt_test::penalty_pass(rapt::R1Penalty{.weight = 4}, c)));
}

TEST_CASE("R2Penalty names a weight that makes no sense", "[gan][penalty][errors]") {
  using L = rapt::Linear<float>;
  rapt::RandomStream stream(1);
  const rapt::Tensor<float, 2> x({1, 2});
  const rapt_test::PenaltyCase<L, L> c{L(2, 1, stream), x, x, {}};
  rapt::R2Penalty::Cache<L, rapt::GanWiring<L, L>> cache;
  CHECK_THROWS_MATCHES(c.add(rapt::R2Penalty{.weight = -1}, cache, nullptr), std::invalid_argument,
                       Catch::Matchers::Message("R2Penalty: weight is -1, expected finite and at least 0"));
}
