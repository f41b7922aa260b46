#include <rapt/loss/relativistic_average_gan_loss.hpp>

#include "support/catch.hpp"
#include "support/gan_loss_properties.hpp"

RAPT_TEST_GAN_LOSS("RelativisticAverageGanLoss", RelativisticAverageGanLoss,
                   "[loss][relativistic_average_gan_loss]")

TEST_CASE("RelativisticAverageGanLoss agrees with PyTorch", "[loss][relativistic_average_gan_loss][golden]") {
  rapt_test::check_gan_loss_golden(rapt::RelativisticAverageGanLoss<double>{.label_smoothing = 0.1},
                                   "relativistic_average_gan_loss");
}

TEMPLATE_TEST_CASE("RelativisticAverageGanLoss gives the values worked out by hand",
                   "[loss][relativistic_average_gan_loss]", float, double) {
  using T = TestType;
  const rapt::RelativisticAverageGanLoss<T> loss;
  typename rapt::RelativisticAverageGanLoss<T>::Cache cache;
  const T log3 = std::log(T(3));  // its sigmoid is 3/4
  // The means are log 3 and 0: the distances are log 3 of the one real sample, and 0 and -2 log 3 of the
  // fakes, whose sigmoids are 1/2 and 1/10.
  const rapt::Tensor<T, 2> real({1, 1}, {log3}), fake({2, 1}, {log3, -log3});

  // -log 3/4, and the mean of -log 1/2 and -log 9/10
  CHECK(loss.discriminator(real, fake, cache) ==
        Catch::Approx(std::log(4.0 / 3) + (std::log(2.0) + std::log(10.0 / 9)) / 2));
  // By the distances: -1/4; 1/4 and 1/20. By the logits: each takes off the mean of the others' sum.
  const auto d = loss.discriminator_backward(cache);
  CHECK(d.real(0, 0) == Catch::Approx(-0.25 - 0.3));
  CHECK(d.fake(0, 0) == Catch::Approx(0.25 + 0.125));
  CHECK(d.fake(1, 0) == Catch::Approx(0.05 + 0.125));

  // the mean of -log 1/2 and -log 1/10, and -log 1/4
  CHECK(loss.generator(real, fake, cache) ==
        Catch::Approx((std::log(2.0) + std::log(10.0)) / 2 + std::log(4.0)));
  // By the distances of fakes: -1/4 and -9/20; of the real sample: 3/4, of which each fake takes half.
  CHECK(loss.generator_backward(cache)(0, 0) == Catch::Approx(-0.25 - 0.375));
  CHECK(loss.generator_backward(cache)(1, 0) == Catch::Approx(-0.45 - 0.375));
}

TEST_CASE("RelativisticAverageGanLoss needs the logits of real samples for the generator too",
          "[loss][relativistic_average_gan_loss][errors]") {
  const rapt::RelativisticAverageGanLoss<float> loss;
  rapt::RelativisticAverageGanLoss<float>::Cache cache;
  const rapt::Tensor<float, 2> fake({2, 1});
  CHECK_THROWS_MATCHES(
      loss.generator({}, fake, cache), rapt::ShapeError,
      Catch::Matchers::Message(
          "RelativisticAverageGanLoss::generator: fake_logits has shape (2, 1), expected (*, 0)"));
}
