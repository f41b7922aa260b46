#include <rapt/optim/adam.hpp>

#include "support/catch.hpp"
#include "support/optimiser_properties.hpp"

#include <cmath>

TEST_CASE("Adam moves by its rate at first whatever the size of the gradient", "[optim][adam]") {
  rapt::Linear<double> model, gradient;
  model.weight = rapt::Tensor<double, 2>({1, 3}, {1, 1, 1});
  gradient.weight = rapt::Tensor<double, 2>({1, 3}, {1e-3, -50, 0});
  rapt::Adam adam(model, {.rate = 0.25, .epsilon = 0});
  // m_hat = g, v_hat = g^2; 0 / 0 must not appear where epsilon keeps it away
  adam.options.epsilon = 1e-12;
  adam.step(model, gradient);
  CHECK(model.weight(0, 0) == Catch::Approx(0.75));
  CHECK(model.weight(0, 1) == Catch::Approx(1.25));
  CHECK(model.weight(0, 2) == 1);
  CHECK(adam.steps == 1);
  // m_hat = g and v_hat = g^2 still, for a gradient that does not change
  adam.step(model, gradient);
  CHECK(model.weight(0, 0) == Catch::Approx(0.5));
}

TEST_CASE("Adam in float corrects its second moment exactly in the first step", "[optim][adam]") {
  // 1 - float(0.999) is off by 5e-5; the two factors must come from the same double.
  rapt::Linear<float> model, gradient;
  model.weight = rapt::Tensor<float, 2>({1, 1}, {0});
  gradient.weight = rapt::Tensor<float, 2>({1, 1}, {3});
  rapt::Adam adam(model, {.rate = 1});
  adam.step(model, gradient);
  CHECK(std::abs(model.weight(0, 0) + 1) < 1e-6);
}

TEST_CASE("A copied Adam goes on exactly where the original stood", "[optim][adam]") {
  rapt_test::Draw draw(1);
  rapt::Linear<float> model(3, 2, draw.values), twin = model;
  const auto gradient = model;
  rapt::Adam adam(model);
  adam.step(model, gradient);
  twin = model;
  auto copy = adam;
  adam.step(model, gradient);
  copy.step(twin, gradient);
  CHECK(rapt::testing::largest_difference(model.weight, twin.weight) == 0);
  CHECK(copy.steps == 2);
}

TEST_CASE("Adam keeps its bits on any threads and allocates nothing and rejects another model",
          "[optim][adam]") {
  rapt_test::check_optimiser<rapt::Adam>(rapt::AdamOptions{.weight_decay = 0.1});
  rapt_test::check_optimiser<rapt::Adam>(rapt::AdamOptions{});
}

TEST_CASE("Adam by touched rows leaves the other rows alone", "[optim][adam][touched]") {
  rapt_test::check_touched_rows<rapt::Adam>(rapt::AdamOptions{.rate = 0.1, .weight_decay = 0.1});
}

TEST_CASE("Adam names the option that is out of range", "[optim][adam][errors]") {
  const rapt::Linear<double> model;
  using Catch::Matchers::Message;
  CHECK_THROWS_MATCHES(rapt::Adam(model, {.beta1 = 1}), std::invalid_argument,
                       Message("Adam: beta1 is 1, expected at least 0 and below 1"));
  CHECK_THROWS_MATCHES(rapt::Adam(model, {.weight_decay = -2}), std::invalid_argument,
                       Message("Adam: weight_decay is -2, expected at least 0"));
}

TEST_CASE("Adam agrees with PyTorch over ten steps", "[optim][adam][golden]") {
  const rapt::testing::Golden golden(RAPT_SOURCE_DIR "/tests/golden/adam.txt");
  using Optimiser = rapt::Adam<rapt::Linear<double>>;
  rapt_test::check_ten_steps<Optimiser>(golden, "plain", rapt::AdamOptions{.rate = 0.05});
  rapt_test::check_ten_steps<Optimiser>(
      golden, "decay",
      rapt::AdamOptions{.rate = 0.05, .beta1 = 0.5, .beta2 = 0.9, .epsilon = 1e-3, .weight_decay = 0.3});
}
