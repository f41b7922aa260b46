#include <rapt/loss/wasserstein_gan_loss.hpp>

#include "support/catch.hpp"
#include "support/gan_loss_properties.hpp"

RAPT_TEST_GAN_LOSS("WassersteinGanLoss", WassersteinGanLoss, "[loss][wasserstein_gan_loss]")

TEST_CASE("WassersteinGanLoss agrees with PyTorch", "[loss][wasserstein_gan_loss][golden]") {
  rapt_test::check_gan_loss_golden(rapt::WassersteinGanLoss<double>{}, "wasserstein_gan_loss");
}

TEMPLATE_TEST_CASE("WassersteinGanLoss gives the values worked out by hand", "[loss][wasserstein_gan_loss]",
                   float, double) {
  using T = TestType;
  const rapt::WassersteinGanLoss<T> loss;
  typename rapt::WassersteinGanLoss<T>::Cache cache;
  const rapt::Tensor<T, 2> real({2, 1}, {3, -1}), fake({4, 1}, {-2, -1, 1, 0});

  CHECK(loss.discriminator(real, fake, cache) == T(-1.5));
  const auto d = loss.discriminator_backward(cache);
  CHECK(d.real(1, 0) == T(-0.5));
  CHECK(d.fake(2, 0) == T(0.25));

  CHECK(loss.generator({}, fake, cache) == T(0.5));
  CHECK(loss.generator_backward(cache)(3, 0) == T(-0.25));
}
