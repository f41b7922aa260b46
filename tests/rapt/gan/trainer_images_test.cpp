// GanTrainer with nets of convolutions.
#include <rapt/gan/trainer.hpp>

#include <rapt/gan/r1_penalty.hpp>
#include <rapt/gan/wgan_gradient_penalty.hpp>
#include <rapt/loss/hinge_gan_loss.hpp>
#include <rapt/loss/wasserstein_gan_loss.hpp>
#include <rapt/nn/batch_norm_2d.hpp>
#include <rapt/nn/conv_2d.hpp>
#include <rapt/nn/conv_transpose_2d.hpp>
#include <rapt/nn/flatten.hpp>
#include <rapt/nn/leaky_relu.hpp>
#include <rapt/nn/linear.hpp>
#include <rapt/nn/relu.hpp>
#include <rapt/nn/sequential.hpp>
#include <rapt/nn/tanh.hpp>
#include <rapt/nn/unflatten.hpp>

#include "support/allocation_counter.hpp"
#include "support/catch.hpp"

#include <cmath>
#include <vector>

namespace {

using rapt::Index;
using ImageG = rapt::Sequential<rapt::Linear<float>, rapt::Unflatten<float>, rapt::BatchNorm2d<float>,
                                rapt::ReLU<float, 4>, rapt::ConvTranspose2d<float>, rapt::Tanh<float, 4>>;
using ImageBody = rapt::Sequential<rapt::Conv2d<float>, rapt::LeakyReLU<float, 4>, rapt::Conv2d<float>,
                                   rapt::LeakyReLU<float, 4>>;
using ImageHead = rapt::Sequential<rapt::Flatten<float>, rapt::Linear<float>>;
using ImageD = rapt::FeatureDiscriminator<ImageBody, ImageHead>;

/// Noise of 8 numbers -> images 1 x 8 x 8 against two convolutions.
struct ImageGan {
  rapt::RandomStream stream;
  ImageG g;
  ImageD d;
  rapt::Tensor<float, 2> noise;
  rapt::Tensor<float, 4> real;

  explicit ImageGan(std::uint64_t seed, Index batch = 16)
      : stream(seed),
        g(rapt::Linear<float>(8, 12 * 4 * 4, stream), rapt::Unflatten<float>(12, 4, 4),
          rapt::BatchNorm2d<float>(12), {},
          rapt::ConvTranspose2d<float>(12, 1, 4, stream, {.stride = 2, .padding = 1}), {}),
        d(ImageBody(rapt::Conv2d<float>(1, 8, 3, stream, {.stride = 2, .padding = 1}),
                    rapt::LeakyReLU<float, 4>(0.2),
                    rapt::Conv2d<float>(8, 16, 3, stream, {.stride = 2, .padding = 1}),
                    rapt::LeakyReLU<float, 4>(0.2)),
          ImageHead({}, rapt::Linear<float>(16 * 2 * 2, 1, stream))),
        noise({batch, 8}),
        real({batch, 1, 8, 8}) {
    draw();
  }

  /// Real images: the left half bright or the right half, and a little noise.
  void draw() {
    fill_normal(noise.view(), 0, 1, stream);
    for (Index n = 0; n < real.extent(0); ++n) {
      const Index side = uniform_index(stream, 2);
      for (Index h = 0; h < 8; ++h) {
        for (Index w = 0; w < 8; ++w)
          real(n, 0, h, w) = ((w < 4) == (side == 0) ? 0.8f : -0.8f) + 0.05f * rapt::normal<float>(stream);
      }
    }
  }
};

template <class Trainer>
std::vector<float> image_steps(ImageGan gan, Trainer trainer, Index threads) {
  rapt::set_threads(threads);
  std::vector<float> numbers;
  for (int step = 0; step < 4; ++step) {
    gan.draw();
    const auto result = trainer.step(gan.g, gan.d, gan.noise, gan.real);
    numbers.insert(numbers.end(), {result.discriminator_loss, result.generator_loss, result.penalty,
                                   static_cast<float>(result.generator_gradient_norm)});
  }
  const auto add = [&](const auto& p) { numbers.insert(numbers.end(), p.begin(), p.end()); };
  rapt::zip_parameters(add, gan.g);
  rapt::zip_parameters(add, gan.d);
  rapt::set_threads(1);
  return numbers;
}

const rapt::GanOptions image_options{.generator = {.rate = 2e-3, .beta1 = 0.5},
                                     .discriminator = {.rate = 2e-3, .beta1 = 0.5},
                                     .generator_clip = 10,
                                     .average = {.decay = 0.9},
                                     .instance_noise = {.deviation = 0.1, .steps = 100},
                                     .features = {.weight = 0.1}};

}  // namespace

TEST_CASE("GanTrainer learns two kinds of image with convolutions", "[gan][trainer][images][learning]") {
  for (std::uint64_t seed = 1; seed <= 2; ++seed) {
    ImageGan gan(seed);
    rapt::GanTrainer trainer(gan.g, gan.d, image_options, gan.stream, rapt::HingeGanLoss<float>{},
                             rapt::R1Penalty{.weight = 0.1});
    for (int step = 0; step < 300; ++step) {
      gan.draw();
      CHECK(trainer.step(gan.g, gan.d, gan.noise, gan.real).finite());
    }
    const auto images = predict(trainer.sampler(gan.g), gan.noise);
    int left = 0, right = 0;
    double contrast = 0;
    for (Index n = 0; n < 16; ++n) {
      double difference = 0;
      for (Index h = 0; h < 8; ++h) {
        for (Index w = 0; w < 4; ++w)
          difference += static_cast<double>(images(n, 0, h, w) - images(n, 0, h, w + 4)) / 32;
      }
      ++(difference > 0 ? left : right);
      contrast += std::abs(difference) / 16;
    }
    INFO("seed " << seed << ": " << left << " left, " << right << " right, contrast " << contrast);
    CHECK(left >= 2);
    CHECK(right >= 2);
    CHECK(contrast > 1);
    CHECK(contrast < 2);
  }
}

TEST_CASE("A warm step of an image GAN with a penalty allocates nothing",
          "[gan][trainer][images][allocation]") {
  if (!rapt_test::can_count_allocations()) RAPT_SKIP("allocations cannot be counted here");
  ImageGan gan(1, 64);
  rapt::GanTrainer trainer(gan.g, gan.d, image_options, gan.stream, rapt::WassersteinGanLoss<float>{},
                           rapt::WganGradientPenalty{});
  for (const Index threads : {1, 2}) {
    rapt::set_threads(threads);
    trainer.step(gan.g, gan.d, gan.noise, gan.real);
    const long before = rapt_test::allocation_count();
    const auto step = trainer.step(gan.g, gan.d, gan.noise, gan.real);
    const long after = rapt_test::allocation_count();
    INFO(threads << " threads");
    CHECK(step.finite());
    CHECK(after == before);
  }
  rapt::set_threads(1);
}

TEST_CASE("GanTrainer gives the same bits on images with 1 2 and 3 threads",
          "[gan][trainer][images][threads]") {
  rapt::set_parallel_threshold(0);
  const ImageGan gan(5);
  const rapt::GanTrainer trainer(gan.g, gan.d, image_options, gan.stream, rapt::HingeGanLoss<float>{},
                                 rapt::WganGradientPenalty{});
  const auto one = image_steps(gan, trainer, 1);
  for (const float x : one) REQUIRE(std::isfinite(x));
  CHECK(image_steps(gan, trainer, 2) == one);
  CHECK(image_steps(gan, trainer, 3) == one);
  rapt::set_parallel_threshold(100'000);
}

TEST_CASE("GanTrainer hands features of images to feature matching as rows", "[gan][trainer][images]") {
  ImageGan gan(1);
  rapt::GanTrainer trainer(gan.g, gan.d, {.features = {.weight = 1, .adversarial_weight = 0}});
  const auto first = trainer.step(gan.g, gan.d, gan.noise, gan.real);
  CHECK(first.feature_loss > 0);
  CHECK(first.generator_loss == first.feature_loss);
  for (int step = 0; step < 50; ++step) trainer.step(gan.g, gan.d, gan.noise, gan.real);
  CHECK(trainer.generator_optimiser().steps == 51);
}
