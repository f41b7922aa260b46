#include <rapt/optim/adamw.hpp>

#include "support/catch.hpp"
#include "support/optimiser_properties.hpp"

TEST_CASE("AdamW shrinks the weights beside the gradient", "[optim][adamw]") {
  rapt::Linear<double> model, gradient;
  model.weight = rapt::Tensor<double, 2>({1, 2}, {8, 8});
  gradient.weight = rapt::Tensor<double, 2>({1, 2}, {0, 3});
  rapt::AdamW adamw(model, {.rate = 0.5, .epsilon = 1e-12, .weight_decay = 0.5});
  adamw.step(model, gradient);
  CHECK(model.weight(0, 0) == 6);                   // 8 (1 - 0.5 * 0.5)
  CHECK(model.weight(0, 1) == Catch::Approx(5.5));  // and a step of the rate
}

TEST_CASE("AdamW without decay is Adam", "[optim][adamw]") {
  rapt_test::Draw draw(1);
  rapt::Linear<float> model(3, 2, draw.values), twin = model;
  const auto gradient = model;
  rapt::AdamW adamw(model, {.weight_decay = 0});
  rapt::Adam adam(twin);
  for (int step = 0; step < 3; ++step) {
    adamw.step(model, gradient);
    adam.step(twin, gradient);
  }
  CHECK(rapt::testing::largest_difference(model.weight, twin.weight) == 0);
}

TEST_CASE("AdamW keeps its bits on any threads and allocates nothing and rejects another model",
          "[optim][adamw]") {
  rapt_test::check_optimiser<rapt::AdamW>(rapt::AdamWOptions{});
}

TEST_CASE("AdamW by touched rows leaves the other rows alone", "[optim][adamw][touched]") {
  rapt_test::check_touched_rows<rapt::AdamW>(rapt::AdamWOptions{.rate = 0.1, .weight_decay = 0.1});
}

TEST_CASE("AdamW names the option that is out of range", "[optim][adamw][errors]") {
  const rapt::Linear<double> model;
  CHECK_THROWS_MATCHES(rapt::AdamW(model, {.epsilon = -1}), std::invalid_argument,
                       Catch::Matchers::Message("AdamW: epsilon is -1, expected at least 0"));
}

TEST_CASE("AdamW agrees with PyTorch over ten steps", "[optim][adamw][golden]") {
  const rapt::testing::Golden golden(RAPT_SOURCE_DIR "/tests/golden/adamw.txt");
  using Optimiser = rapt::AdamW<rapt::Linear<double>>;
  rapt_test::check_ten_steps<Optimiser>(golden, "plain", rapt::AdamWOptions{.rate = 0.05});
  rapt_test::check_ten_steps<Optimiser>(
      golden, "decay",
      rapt::AdamWOptions{.rate = 0.05, .beta1 = 0.5, .beta2 = 0.9, .epsilon = 1e-3, .weight_decay = 0.3});
}
