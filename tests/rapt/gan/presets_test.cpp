#include <rapt/gan/presets.hpp>

#include <rapt/gan/trainer.hpp>

#include "support/catch.hpp"

#include <cmath>

namespace {

using rapt::Index;

/// Trains the naive nets on a normal distribution of three numbers and says whether all went well.
template <class Recipe>
bool recipe_trains(const Recipe& recipe) {
  rapt::RandomStream stream(3);
  auto [g, d] = rapt::naive_gan<float>(4, 16, 3, stream);
  const auto g_before = g;
  rapt::GanTrainer trainer(g, d, recipe, stream);
  rapt::Tensor<float, 2> noise({recipe.batch, 4}), real({recipe.batch, 3});
  for (int step = 0; step < 3; ++step) {
    const auto result = trainer.step(
        g, d,
        [&](Index) {
          fill_normal(noise.view(), 0, 1, stream);
          return noise.view();
        },
        [&](Index) {
          fill_normal(real.view(), 2, 1, stream);
          return real.view();
        });
    if (!result.finite()) return false;
  }
  return g.net.linear[0].weight(0, 0) != g_before.net.linear[0].weight(0, 0) &&
         trainer.discriminator_optimiser().steps == 3 * recipe.options.discriminator_steps;
}

}  // namespace

TEST_CASE("The recipes are those of their papers", "[gan][presets]") {
  const auto dcgan = rapt::dcgan_recipe<float>();
  CHECK(dcgan.options.generator.rate == 2e-4);
  CHECK(dcgan.options.generator.beta1 == 0.5);
  CHECK(dcgan.options.discriminator.rate == 2e-4);
  CHECK(dcgan.batch == 128);
  const auto sagan = rapt::sagan_recipe<float>();
  CHECK(sagan.options.generator.rate == 1e-4);
  CHECK(sagan.options.discriminator.rate == 4e-4);
  CHECK(sagan.options.discriminator.beta1 == 0);
  CHECK(sagan.options.discriminator.beta2 == 0.9);
  CHECK(sagan.options.discriminator_steps == 1);
  const auto wgan_gp = rapt::wgan_gp_recipe<float>();
  CHECK(wgan_gp.options.generator.rate == 1e-4);
  CHECK(wgan_gp.options.generator.beta1 == 0);
  CHECK(wgan_gp.options.generator.beta2 == 0.9);
  CHECK(wgan_gp.options.discriminator_steps == 5);
  CHECK(wgan_gp.penalty.weight == 10);
  CHECK(rapt::wgan_recipe<float>().options.weight_clip == 0.01);
  CHECK(rapt::naive_recipe<float>().batch == 128);
}

TEST_CASE("Every recipe trains", "[gan][presets]") {
  CHECK(recipe_trains(rapt::dcgan_recipe<float>()));
  CHECK(recipe_trains(rapt::sagan_recipe<float>()));
  CHECK(recipe_trains(rapt::wgan_gp_recipe<float>()));
  CHECK(recipe_trains(rapt::wgan_recipe<float>()));
  CHECK(recipe_trains(rapt::naive_recipe<float>()));
}

TEST_CASE("naive_gan is Linear tanh Linear against Linear LeakyReLU Linear", "[gan][presets]") {
  rapt::RandomStream stream(1);
  const auto [g, d] = rapt::naive_gan<double>(2, 5, 3, stream);
  const rapt::Tensor<double, 2> z({1, 2}, {0.3, -1}), x({1, 3}, {1, -2, 0.5});
  const auto &first = g.net.linear[0], &last = g.net.linear[1];
  const auto fake = predict(g, z);
  for (Index i = 0; i < 3; ++i) {
    double sum = last.bias(i);
    for (Index h = 0; h < 5; ++h)
      sum += last.weight(i, h) * std::tanh(first.weight(h, 0) * 0.3 - first.weight(h, 1) + first.bias(h));
    CHECK(fake(0, i) == Catch::Approx(sum));
  }
  double logit = d.net.linear[1].bias(0);
  for (Index h = 0; h < 5; ++h) {
    const auto& w = d.net.linear[0];
    const double inner = w.weight(h, 0) - 2 * w.weight(h, 1) + 0.5 * w.weight(h, 2) + w.bias(h);
    logit += d.net.linear[1].weight(0, h) * (inner > 0 ? inner : 0.2 * inner);
  }
  CHECK(predict(d, x)(0, 0) == Catch::Approx(logit));
  CHECK(parameter_count(g) == 2 * 5 + 5 + 5 * 3 + 3);
  CHECK(parameter_count(d) == 3 * 5 + 5 + 5 + 1);
}
