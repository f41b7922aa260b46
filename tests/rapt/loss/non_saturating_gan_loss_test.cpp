#include <rapt/loss/non_saturating_gan_loss.hpp>

#include "support/catch.hpp"
#include "support/gan_loss_properties.hpp"

RAPT_TEST_GAN_LOSS("NonSaturatingGanLoss", NonSaturatingGanLoss, "[loss][non_saturating_gan_loss]")

TEST_CASE("NonSaturatingGanLoss agrees with PyTorch", "[loss][non_saturating_gan_loss][golden]") {
  rapt_test::check_gan_loss_golden(rapt::NonSaturatingGanLoss<double>{.label_smoothing = 0.1},
                                   "non_saturating_gan_loss");
}

TEMPLATE_TEST_CASE("NonSaturatingGanLoss gives the values worked out by hand",
                   "[loss][non_saturating_gan_loss]", float, double) {
  using T = TestType;
  const rapt::NonSaturatingGanLoss<T> loss;
  typename rapt::NonSaturatingGanLoss<T>::Cache cache;
  const T log3 = std::log(T(3));  // its sigmoid is 3/4
  const rapt::Tensor<T, 2> real({1, 1}, {-log3}), fake({2, 1}, {log3, -log3});

  // -log 1/4, and the mean of -log 1/4 and -log 3/4
  CHECK(loss.discriminator(real, fake, cache) ==
        Catch::Approx(std::log(4.0) + (std::log(4.0) + std::log(4.0 / 3)) / 2));
  const auto d = loss.discriminator_backward(cache);
  CHECK(d.real(0, 0) == Catch::Approx(-0.75));
  CHECK(d.fake(0, 0) == Catch::Approx(0.375));
  CHECK(d.fake(1, 0) == Catch::Approx(0.125));

  // the mean of -log 3/4 and -log 1/4
  CHECK(loss.generator({}, fake, cache) == Catch::Approx((std::log(4.0) + std::log(4.0 / 3)) / 2));
  CHECK(loss.generator_backward(cache)(0, 0) == Catch::Approx(-0.125));
  CHECK(loss.generator_backward(cache)(1, 0) == Catch::Approx(-0.375));
}

TEST_CASE("NonSaturatingGanLoss has a gradient where that of MinimaxGanLoss is gone",
          "[loss][non_saturating_gan_loss]") {
  const rapt::Tensor<float, 2> fake({1, 1}, {-200});
  const rapt::NonSaturatingGanLoss<float> loss;
  rapt::NonSaturatingGanLoss<float>::Cache cache;
  CHECK(loss.generator({}, fake, cache) == 200);
  CHECK(loss.generator_backward(cache)(0, 0) == -1);
}
