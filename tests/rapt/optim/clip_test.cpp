#include <rapt/optim/clip.hpp>

#include "support/catch.hpp"
#include "support/optimiser_properties.hpp"

#include <cmath>
#include <limits>

namespace {

rapt::Linear<double> gradient_of_norm_five() {
  rapt::Linear<double> gradient;
  gradient.weight = rapt::Tensor<double, 2>({1, 2}, {3, 0});
  gradient.bias = rapt::Tensor<double, 1>({1}, {-4});
  return gradient;
}

}  // namespace

TEST_CASE("clip_grad_norm scales all parameters by one factor and returns the norm", "[optim][clip]") {
  auto gradient = gradient_of_norm_five();
  CHECK(rapt::clip_grad_norm(gradient, 10) == 5);
  CHECK(gradient.bias(0) == -4);
  CHECK(rapt::clip_grad_norm(gradient, 1) == 5);
  CHECK(gradient.weight(0, 0) == Catch::Approx(0.6));
  CHECK(gradient.bias(0) == Catch::Approx(-0.8));
  CHECK(rapt::grad_norm(gradient) == Catch::Approx(1));
}

TEST_CASE("clip_grad_norm leaves a gradient without finite norm as it is or throws",
          "[optim][clip][errors]") {
  auto gradient = gradient_of_norm_five();
  gradient.weight(0, 1) = std::numeric_limits<double>::quiet_NaN();
  CHECK(std::isnan(rapt::clip_grad_norm(gradient, 1)));
  CHECK(gradient.bias(0) == -4);
  gradient.weight(0, 1) = std::numeric_limits<double>::infinity();
  CHECK_THROWS_MATCHES(rapt::clip_grad_norm(gradient, 1, {.error_if_nonfinite = true}), std::runtime_error,
                       Catch::Matchers::Message("clip_grad_norm: the norm of the gradient is inf"));
  CHECK(gradient.bias(0) == -4);
}

TEST_CASE("Clipping by touched rows gives what clipping all rows gives", "[optim][clip][touched]") {
  rapt_test::TouchedCase all, touched;
  // Two rows and the bias of two twos each: the norm is sqrt(6 * 4).
  const double norm = rapt::clip_grad_norm(all.gradient, 1);
  CHECK(norm == Catch::Approx(std::sqrt(24.0)));
  CHECK(rapt::clip_grad_norm(touched.gradient, 1, {.rows = rapt::Rows::touched}) == Catch::Approx(norm));
  CHECK(rapt::testing::largest_difference(all.gradient.table.weight, touched.gradient.table.weight) < 1e-15);
  rapt::clip_grad_value(touched.gradient, 0.125, rapt::Rows::touched);
  CHECK(touched.gradient.table.weight(2, 1) == 0.125);
  CHECK(touched.gradient.bias(0) == 0.125);
  CHECK(touched.gradient.table.weight(1, 0) == 0);
}

TEST_CASE("clip_grad_value clamps every number and keeps NaN", "[optim][clip]") {
  auto gradient = gradient_of_norm_five();
  gradient.weight(0, 1) = std::numeric_limits<double>::quiet_NaN();
  rapt::clip_grad_value(gradient, 3.5);
  CHECK(gradient.weight(0, 0) == 3);
  CHECK(std::isnan(gradient.weight(0, 1)));
  CHECK(gradient.bias(0) == -3.5);
}

TEST_CASE("Clipping names a bound below 0", "[optim][clip][errors]") {
  auto gradient = gradient_of_norm_five();
  using Catch::Matchers::Message;
  CHECK_THROWS_MATCHES(rapt::clip_grad_norm(gradient, -1), std::invalid_argument,
                       Message("clip_grad_norm: max_norm is -1, expected at least 0"));
  CHECK_THROWS_MATCHES(rapt::clip_grad_value(gradient, std::nan("")), std::invalid_argument,
                       Message("clip_grad_value: limit is nan, expected at least 0"));
}

TEST_CASE("clip_grad_norm keeps its bits on any threads and allocates nothing", "[optim][clip][threads]") {
  rapt_test::Draw draw(1);
  const rapt::Linear<float> original(211, 300, draw.values);
  const auto clipped = [&](rapt::Index threads) {
    rapt::set_threads(threads);
    auto gradient = original;
    const long before = rapt_test::allocation_count();
    rapt::clip_grad_norm(gradient, 0.5);
    const long after = rapt_test::allocation_count();
    if (rapt_test::can_count_allocations()) CHECK(after == before);
    return gradient;
  };
  rapt::set_parallel_threshold(0);
  const auto one = clipped(1);
  CHECK(rapt::grad_norm(one) == Catch::Approx(0.5));
  for (const rapt::Index n : {2, 3})
    CHECK(rapt::testing::largest_difference(clipped(n).weight, one.weight) == 0);
  rapt::set_threads(1);
  rapt::set_parallel_threshold(100'000);
}
