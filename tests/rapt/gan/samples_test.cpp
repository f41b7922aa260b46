#include <rapt/gan/samples.hpp>

#include <rapt/core/tensor.hpp>

#include "support/catch.hpp"

#include <limits>

TEST_CASE("Measures say how many samples they lack and which row is not finite", "[gan][measure][errors]") {
  using Catch::Matchers::Message;
  const rapt::Tensor<float, 2> one({1, 2}), two({2, 2}), none({0, 2}), wide({2, 3}), flat({4, 0});
  CHECK_NOTHROW(rapt::detail::expect_samples("f", "x", two.view(), 2));
  CHECK_NOTHROW(rapt::detail::expect_samples("f", "x", none.view(), 0));
  CHECK_NOTHROW(rapt::detail::expect_samples("f", "x", flat.view(), 4));
  CHECK_THROWS_MATCHES(rapt::detail::expect_samples("f", "x", one.view(), 2), std::invalid_argument,
                       Message("f: x has 1 sample, expected at least 2"));
  CHECK_THROWS_MATCHES(rapt::detail::expect_samples("f", "x", none.view(), 1), std::invalid_argument,
                       Message("f: x has 0 samples, expected at least 1"));
  CHECK_THROWS_MATCHES(rapt::detail::expect_samples("f", "x", two.view(), "y", wide.view(), 1),
                       rapt::ShapeError, Message("f: y has shape (2, 3), expected (*, 2)"));
  CHECK_THROWS_MATCHES(rapt::detail::expect_samples("f", "x", two.view(), "y", one.view(), 2),
                       std::invalid_argument, Message("f: y has 1 sample, expected at least 2"));
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    const rapt::Tensor<float, 2> broken({3, 2}, {1, 2, 3, 4, 5, bad});
    CHECK_THROWS_MATCHES(rapt::detail::expect_samples("f", "x", broken.view(), 1), std::domain_error,
                         Message("f: row 2 of x is not finite"));
  }
}
