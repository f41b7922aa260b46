#include <rapt/gan/gan_recipe.hpp>

#include <rapt/gan/discriminator.hpp>
#include <rapt/gan/generator.hpp>
#include <rapt/gan/trainer.hpp>
#include <rapt/loss/hinge_gan_loss.hpp>

#include "support/catch.hpp"

#include <type_traits>

TEST_CASE("GanRecipe says to GanTrainer which loss it trains with", "[gan][gan_recipe]") {
  rapt::RandomStream stream(1);
  rapt::Generator<float> g({2, 3, 2}, stream);
  rapt::Discriminator<float> d({2, 3}, stream);
  const rapt::GanRecipe<rapt::HingeGanLoss<float>> recipe{.options = {.discriminator_steps = 3}};
  const rapt::GanTrainer trainer(g, d, recipe);
  static_assert(std::is_same_v<decltype(trainer),
                               const rapt::GanTrainer<rapt::Generator<float>, rapt::Discriminator<float>,
                                                      rapt::HingeGanLoss<float>>>);
  CHECK(trainer.options().discriminator_steps == 3);
  CHECK(recipe.batch == 64);
}
