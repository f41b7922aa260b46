#include <rapt/loss/hinge_gan_loss.hpp>

#include "support/catch.hpp"
#include "support/gan_loss_properties.hpp"

RAPT_TEST_GAN_LOSS("HingeGanLoss", HingeGanLoss, "[loss][hinge_gan_loss]")

TEST_CASE("HingeGanLoss agrees with PyTorch", "[loss][hinge_gan_loss][golden]") {
  rapt_test::check_gan_loss_golden(rapt::HingeGanLoss<double>{}, "hinge_gan_loss");
}

TEMPLATE_TEST_CASE("HingeGanLoss gives the values worked out by hand", "[loss][hinge_gan_loss]", float,
                   double) {
  using T = TestType;
  const rapt::HingeGanLoss<T> loss;
  typename rapt::HingeGanLoss<T>::Cache cache;
  const rapt::Tensor<T, 2> real({2, 1}, {3, -1}), fake({4, 1}, {-2, -1, 1, 0.5});

  // (0 + 2) / 2 + (0 + 0 + 2 + 1.5) / 4; on its kink at -1 the slope is 0
  CHECK(loss.discriminator(real, fake, cache) == T(1.875));
  const auto d = loss.discriminator_backward(cache);
  CHECK(d.real(0, 0) == 0);
  CHECK(d.real(1, 0) == T(-0.5));
  CHECK(d.fake(0, 0) == 0);
  CHECK(d.fake(1, 0) == 0);
  CHECK(d.fake(2, 0) == T(0.25));
  CHECK(d.fake(3, 0) == T(0.25));

  CHECK(loss.generator({}, fake, cache) == T(0.375));
  CHECK(loss.generator_backward(cache)(0, 0) == T(-0.25));
}
