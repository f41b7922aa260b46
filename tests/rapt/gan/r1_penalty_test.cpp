#include <rapt/gan/r1_penalty.hpp>

#include <rapt/nn/linear.hpp>

#include "support/catch.hpp"
#include "support/penalty_properties.hpp"

TEMPLATE_TEST_CASE("R1Penalty gives the values worked out by hand", "[gan][penalty]", float, double) {
  using T = TestType;
  using L = rapt::Linear<T>;
  rapt::RandomStream stream(1);
  rapt_test::PenaltyCase<L, L> c{L(2, 1, stream), {}, {}, {}};
  c.d.weight = rapt::Tensor<T, 2>({1, 2}, {3, 4});
  const rapt::Tensor<T, 2> x({3, 2}, {1, 2, 3, 4, 5, 6});
  c.real = x;
  // The gradient is (3, 4) everywhere: 10 / 2 * 25, and 10 (3, 4).
  auto gradient = rapt::zeros_like(c.d);
  rapt::R1Penalty::Cache<L, rapt::GanWiring<L, L>> cache;
  CHECK(c.add(rapt::R1Penalty{}, cache, &gradient) == Catch::Approx(125));
  CHECK(gradient.weight(0, 0) == Catch::Approx(30));
  CHECK(gradient.weight(0, 1) == Catch::Approx(40));
  CHECK(gradient.bias(0) == 0);
  // frozen: the value alone; the fakes do not matter
  CHECK(c.add(rapt::R1Penalty{.weight = 2}, cache, nullptr) == Catch::Approx(25));
}

TEST_CASE("R1Penalty names a weight that makes no sense", "[gan][penalty][errors]") {
  using L = rapt::Linear<float>;
  rapt::RandomStream stream(1);
  const rapt::Tensor<float, 2> x({1, 2});
  const rapt_test::PenaltyCase<L, L> c{L(2, 1, stream), x, {}, {}};
  rapt::R1Penalty::Cache<L, rapt::GanWiring<L, L>> cache;
  CHECK_THROWS_MATCHES(c.add(rapt::R1Penalty{.weight = -1}, cache, nullptr), std::invalid_argument,
                       Catch::Matchers::Message("R1Penalty: weight is -1, expected finite and at least 0"));
  CHECK_THROWS_AS(c.add(rapt::R1Penalty{.weight = std::nan("")}, cache, nullptr), std::invalid_argument);
}
