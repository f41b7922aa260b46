#include <rapt/loss/least_squares_gan_loss.hpp>

#include "support/catch.hpp"
#include "support/gan_loss_properties.hpp"

RAPT_TEST_GAN_LOSS("LeastSquaresGanLoss", LeastSquaresGanLoss, "[loss][least_squares_gan_loss]")

TEST_CASE("LeastSquaresGanLoss agrees with PyTorch", "[loss][least_squares_gan_loss][golden]") {
  rapt_test::check_gan_loss_golden(rapt::LeastSquaresGanLoss<double>{.label_smoothing = 0.1},
                                   "least_squares_gan_loss");
}

TEMPLATE_TEST_CASE("LeastSquaresGanLoss gives the values worked out by hand",
                   "[loss][least_squares_gan_loss]", float, double) {
  using T = TestType;
  rapt::LeastSquaresGanLoss<T> loss;
  typename rapt::LeastSquaresGanLoss<T>::Cache cache;
  const rapt::Tensor<T, 2> real({2, 1}, {3, 1}), fake({1, 1}, {2});

  // (2^2 + 0) / 4 + 2^2 / 2
  CHECK(loss.discriminator(real, fake, cache) == 3);
  const auto d = loss.discriminator_backward(cache);
  CHECK(d.real(0, 0) == 1);
  CHECK(d.real(1, 0) == 0);
  CHECK(d.fake(0, 0) == 2);

  CHECK(loss.generator({}, fake, cache) == T(0.5));
  CHECK(loss.generator_backward(cache)(0, 0) == 1);

  // real samples aimed at 1/2: (2.5^2 + 0.5^2) / 4
  loss.label_smoothing = 0.5;
  const rapt::Tensor<T, 2> none({0, 1});
  CHECK(loss.discriminator(real, none, cache) == T(1.625));
  CHECK(loss.discriminator_backward(cache).real(0, 0) == T(1.25));
}
