#include <rapt/loss/minimax_gan_loss.hpp>

#include "support/catch.hpp"
#include "support/gan_loss_properties.hpp"

RAPT_TEST_GAN_LOSS("MinimaxGanLoss", MinimaxGanLoss, "[loss][minimax_gan_loss]")

TEST_CASE("MinimaxGanLoss agrees with PyTorch", "[loss][minimax_gan_loss][golden]") {
  rapt_test::check_gan_loss_golden(rapt::MinimaxGanLoss<double>{.label_smoothing = 0.1}, "minimax_gan_loss");
}

TEMPLATE_TEST_CASE("MinimaxGanLoss gives the values worked out by hand", "[loss][minimax_gan_loss]", float,
                   double) {
  using T = TestType;
  rapt::MinimaxGanLoss<T> loss;
  typename rapt::MinimaxGanLoss<T>::Cache cache;
  const T log3 = std::log(T(3));  // its sigmoid is 3/4
  const rapt::Tensor<T, 2> real({1, 1}, {log3}), fake({2, 1}, {log3, -log3});

  // -log 3/4, and the mean of -log 1/4 and -log 3/4
  CHECK(loss.discriminator(real, fake, cache) ==
        Catch::Approx(std::log(4.0 / 3) + (std::log(4.0) + std::log(4.0 / 3)) / 2));
  const auto d = loss.discriminator_backward(cache);
  CHECK(d.real(0, 0) == Catch::Approx(-0.25));
  CHECK(d.fake(0, 0) == Catch::Approx(0.375));
  CHECK(d.fake(1, 0) == Catch::Approx(0.125));

  // the mean of log 1/4 and log 3/4
  CHECK(loss.generator({}, fake, cache) == Catch::Approx(-(std::log(4.0) + std::log(4.0 / 3)) / 2));
  CHECK(loss.generator_backward(cache)(0, 0) == Catch::Approx(-0.375));
  CHECK(loss.generator_backward(cache)(1, 0) == Catch::Approx(-0.125));

  // with real samples aimed at 0.8: -0.8 log 3/4 - 0.2 log 1/4, and its slope 3/4 - 0.8
  loss.label_smoothing = 0.2;
  const rapt::Tensor<T, 2> none({0, 1});
  CHECK(loss.discriminator(real, none, cache) ==
        Catch::Approx(0.8 * std::log(4.0 / 3) + 0.2 * std::log(4.0)));
  CHECK(loss.discriminator_backward(cache).real(0, 0) == Catch::Approx(-0.05));
}
