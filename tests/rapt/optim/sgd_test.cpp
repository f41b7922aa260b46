#include <rapt/optim/sgd.hpp>

#include <rapt/optim/clip.hpp>

#include "support/catch.hpp"
#include "support/optimiser_properties.hpp"

#include <cmath>

TEST_CASE("SGD moves as worked out by hand", "[optim][sgd]") {
  rapt::Linear<double> model, gradient;
  model.weight = rapt::Tensor<double, 2>({1, 1}, {1});
  gradient.weight = rapt::Tensor<double, 2>({1, 1}, {2});
  rapt::SGD momentum(model, {.rate = 0.25, .momentum = 0.5});
  momentum.step(model, gradient);  // v = 2, w = 1 - 0.5
  CHECK(model.weight(0, 0) == 0.5);
  momentum.step(model, gradient);  // v = 3, w = 0.5 - 0.75
  CHECK(model.weight(0, 0) == -0.25);

  model.weight(0, 0) = 1;
  rapt::SGD nesterov(model, {.rate = 0.25, .momentum = 0.5, .nesterov = true});
  nesterov.step(model, gradient);  // v = 2, w = 1 - 0.25 (2 + 1)
  CHECK(model.weight(0, 0) == 0.25);

  model.weight(0, 0) = 4;
  rapt::SGD decay(model, {.rate = 0.25, .weight_decay = 0.5});
  decay.step(model, gradient);  // g = 2 + 2
  CHECK(model.weight(0, 0) == 3);
}

TEST_CASE("SGD keeps its bits on any threads and allocates nothing and rejects another model",
          "[optim][sgd]") {
  rapt_test::check_optimiser<rapt::SGD>(
      rapt::SGDOptions{.momentum = 0.9, .nesterov = true, .weight_decay = 0.1});
}

TEST_CASE("SGD by touched rows leaves the other rows alone", "[optim][sgd][touched]") {
  rapt_test::check_touched_rows<rapt::SGD>(
      rapt::SGDOptions{.rate = 0.1, .momentum = 0.9, .weight_decay = 0.1});
}

TEST_CASE("SGD names the option that is out of range", "[optim][sgd][errors]") {
  const rapt::Linear<double> model;
  using Catch::Matchers::Message;
  CHECK_THROWS_MATCHES(rapt::SGD(model, {.rate = -1}), std::invalid_argument,
                       Message("SGD: rate is -1, expected at least 0"));
  CHECK_THROWS_MATCHES(rapt::SGD(model, {.rate = std::nan("")}), std::invalid_argument,
                       Message("SGD: rate is nan, expected at least 0"));
  CHECK_THROWS_MATCHES(rapt::SGD(model, {.nesterov = true}), std::invalid_argument,
                       Message("SGD: momentum is 0, expected above 0 with nesterov"));
}

TEST_CASE("SGD agrees with PyTorch over ten steps", "[optim][sgd][golden]") {
  const rapt::testing::Golden golden(RAPT_SOURCE_DIR "/tests/golden/sgd.txt");
  using Optimiser = rapt::SGD<rapt::Linear<double>>;
  using rapt::SGDOptions, rapt_test::check_ten_steps;
  check_ten_steps<Optimiser>(golden, "plain", SGDOptions{.rate = 0.1});
  check_ten_steps<Optimiser>(golden, "momentum", SGDOptions{.rate = 0.1, .momentum = 0.9});
  check_ten_steps<Optimiser>(golden, "nesterov", SGDOptions{.rate = 0.1, .momentum = 0.9, .nesterov = true});
  check_ten_steps<Optimiser>(golden, "decay", SGDOptions{.rate = 0.1, .momentum = 0.5, .weight_decay = 0.3});
}

TEST_CASE("SGD with clipped gradients agrees with PyTorch over ten steps", "[optim][sgd][clip][golden]") {
  const rapt::testing::Golden golden(RAPT_SOURCE_DIR "/tests/golden/sgd.txt");
  const auto norms = golden.tensor<double, 1>("clipped.norms");
  int clipped = 0;
  rapt_test::check_ten_steps<rapt::SGD<rapt::Linear<double>>>(
      golden, "clipped", rapt::SGDOptions{.rate = 0.1}, [&](int step, rapt::Linear<double>& gradient) {
        const double norm = rapt::clip_grad_norm(gradient, 0.5);
        CHECK(std::abs(norm - norms(step)) < 1e-10);
        if (norm > 0.5) ++clipped;
      });
  CHECK(clipped > 0);
}
