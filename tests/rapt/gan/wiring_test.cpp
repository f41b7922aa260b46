#include <rapt/gan/wiring.hpp>

#include <rapt/gan/discriminator.hpp>
#include <rapt/gan/generator.hpp>
#include <rapt/gan/trainer.hpp>

#include "support/catch.hpp"

namespace {

using GanG = rapt::Generator<float>;
using GanD = rapt::Discriminator<float>;
using GanConditionalG = rapt::ConditionalGenerator<float>;
using GanConditionalD = rapt::ConditionalDiscriminator<float>;

static_assert(rapt::GanPair<GanG, GanD>);
static_assert(rapt::GanPair<GanConditionalG, GanConditionalD>);
static_assert(rapt::GanPair<GanConditionalG, GanD>, "D may judge without the condition");
static_assert(!rapt::GanPair<GanG, GanConditionalD>, "G has no condition to hand on");
static_assert(!rapt::GanPair<GanG, rapt::Discriminator<double>>, "one scalar");

// Reads numbers, but has no gradient for them: G could not learn from it.
struct NoInputGradient : GanD {
  void backward(Output dy, Cache& cache, NoInputGradient* gradient,
                rapt::InputGradient = rapt::InputGradient::compute) const {
    GanD::backward(dy, cache, gradient, rapt::InputGradient::skip);
  }
};
static_assert(rapt::Layer<NoInputGradient> && !rapt::GanPair<GanG, NoInputGradient>);

// The trainer takes no other pair, and nothing that would dangle or is of another scalar.
template <class G, class D>
concept Trainable = requires {
  typename rapt::GanTrainer<G, D>;
};
static_assert(Trainable<GanG, GanD> && !Trainable<GanG, GanConditionalD>);
template <class Noise, class Real>
concept Steppable = requires(rapt::GanTrainer<GanG, GanD>& trainer, GanG& g, GanD& d, Noise&& noise,
                             Real&& real) {
  trainer.step(g, d, std::forward<Noise>(noise), std::forward<Real>(real));
};
static_assert(Steppable<rapt::Tensor<float, 2>&, rapt::Tensor<float, 2>&>);
static_assert(!Steppable<rapt::Tensor<float, 2>, rapt::Tensor<float, 2>&>);
static_assert(!Steppable<rapt::Tensor<double, 2>&, rapt::Tensor<float, 2>&>);
static_assert(!Steppable<rapt::Tensor<float, 2>&, rapt::Tensor<float, 3>&>);

}  // namespace

TEST_CASE("GanWiring hands the condition of the generator on to the discriminator", "[gan][wiring]") {
  const rapt::Tensor<float, 2> noise({1, 1}), condition({1, 2}, {3, 4}), fake({1, 3}, {5, 6, 7});
  using Wiring = rapt::GanWiring<GanConditionalG, GanConditionalD>;
  const auto input = Wiring::input({noise, condition}, fake);
  CHECK(input.x.data() == fake.data());
  CHECK(input.condition.data() == condition.data());
  CHECK(Wiring::gradient({fake, condition}).data() == fake.data());
  CHECK(rapt::GanWiring<GanConditionalG, GanD>::input({noise, condition}, fake).data() == fake.data());
}
