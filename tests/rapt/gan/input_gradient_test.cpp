#include <rapt/gan/input_gradient.hpp>

#include <rapt/gan/discriminator.hpp>
#include <rapt/gan/dragan_penalty.hpp>
#include <rapt/gan/generator.hpp>
#include <rapt/gan/r1_penalty.hpp>
#include <rapt/gan/r2_penalty.hpp>
#include <rapt/gan/wgan_gradient_penalty.hpp>
#include <rapt/nn/sequential.hpp>
#include <rapt/nn/silu.hpp>

#include "support/catch.hpp"
#include "support/draw.hpp"
#include "support/penalty_properties.hpp"

namespace {

using PenalisedG = rapt::Generator<double>;
using PenalisedConditionalG = rapt::ConditionalGenerator<double>;

// Real samples, fakes, noise and conditions of two batches; the machine's checks run in float elsewhere.
struct PenalisedBatch {
  rapt::Tensor<double, 2> real, fake, noise, real_condition, condition;
  PenalisedBatch(rapt_test::Draw& draw, rapt::Index rows, rapt::Index width, rapt::Index classes)
      : real(draw.normal<double, 2>({rows, width}, 2)),
        fake(draw.normal<double, 2>({rows, width}, 2)),
        noise(draw.normal<double, 2>({rows, 2})),
        real_condition(draw.normal<double, 2>({rows, classes})),
        condition(draw.normal<double, 2>({rows, classes})) {}
  template <class D>
  rapt_test::PenaltyCase<PenalisedG, D> of(const D& d) const {
    return {d, real, fake, noise};
  }
  template <class D>
  rapt_test::PenaltyCase<PenalisedConditionalG, D> conditional(const D& d) const {
    return {d, {real, real_condition}, fake, {noise, condition}};
  }
};

template <class Case>
void check_every_penalty(const Case& c, const std::string& name) {
  rapt_test::check_penalty(rapt::R1Penalty{.weight = 3}, c, name + " R1");
  rapt_test::check_penalty(rapt::R2Penalty{.weight = 3}, c, name + " R2");
  rapt_test::check_penalty(rapt::WganGradientPenalty{}, c, name + " WGAN-GP");
  rapt_test::check_penalty(rapt::WganGradientPenalty{.target = 1e-3, .side = rapt::PenaltySide::above}, c,
                           name + " one-sided WGAN-GP");
  rapt_test::check_penalty(rapt::DraganPenalty{}, c, name + " DRAGAN");
}

}  // namespace

TEST_CASE("Penalties of a leaky discriminator have their exact gradient", "[gan][penalty][gradient]") {
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    rapt_test::Draw draw(seed);
    const PenalisedBatch batch(draw, draw.positive(), draw.positive(), 1);
    const rapt::Discriminator<double> d({batch.real.extent(1), draw.positive(), draw.positive()},
                                        draw.values);
    check_every_penalty(batch.of(d), "leaky " + std::to_string(seed));
  }
}

TEST_CASE("Penalties of a smooth discriminator have their exact gradient", "[gan][penalty][gradient]") {
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    rapt_test::Draw draw(seed);
    const PenalisedBatch batch(draw, draw.positive(), draw.positive(), 1);
    const rapt::Mlp<double> d(std::vector<rapt::Index>{batch.real.extent(1), draw.positive(), 3, 2},
                              rapt::Activate::tanh, rapt::Activate::sigmoid, draw.values);
    check_every_penalty(batch.of(d), "smooth " + std::to_string(seed));
    using L = rapt::Linear<double>;
    using S = rapt::SiLU<double>;
    const rapt::Sequential chain{L(batch.real.extent(1), 5, draw.values), S{}, L(5, 1, draw.values)};
    check_every_penalty(batch.of(chain), "silu " + std::to_string(seed));
  }
}

TEST_CASE("Penalties leave the condition of a conditional discriminator alone", "[gan][penalty][gradient]") {
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    rapt_test::Draw draw(seed);
    const PenalisedBatch batch(draw, draw.positive(), draw.positive(), draw.positive());
    const rapt::Index width = batch.real.extent(1) + batch.condition.extent(1);
    const rapt::Conditional d(rapt::Mlp<double>(std::vector<rapt::Index>{width, 4, 1}, rapt::Activate::tanh,
                                                rapt::Activate::identity, draw.values));
    check_every_penalty(batch.conditional(d), "conditional " + std::to_string(seed));
  }
  // D(x, c) = 3 x + 100 c: the slope by c does not count
  rapt_test::Draw draw(1);
  const PenalisedBatch batch(draw, 5, 1, 1);
  rapt::Conditional d(rapt::Linear<double>(2, 1, draw.values));
  d.net.weight = rapt::Tensor<double, 2>({1, 2}, {3, 100});
  const auto c = batch.conditional(d);
  auto gradient = rapt::zeros_like(d);
  rapt::detail::InputGradientCache<decltype(d), decltype(c)::Wiring> cache;
  CHECK(c.add(rapt::R1Penalty{.weight = 2}, cache, &gradient) == Catch::Approx(9));
  CHECK(gradient.net.weight(0, 0) == Catch::Approx(6));
  CHECK(gradient.net.weight(0, 1) == 0);
}

TEST_CASE("Penalties of no samples are 0", "[gan][penalty]") {
  rapt_test::Draw draw(1);
  const PenalisedBatch batch(draw, 0, 3, 1);
  const rapt::Discriminator<double> d({3, 2}, draw.values);
  const auto numbers = rapt_test::penalty_pass(rapt::WganGradientPenalty{}, batch.of(d));
  for (const auto& list : numbers) {
    for (const double v : list) CHECK(v == 0);
  }
  CHECK(rapt_test::penalty_pass(rapt::DraganPenalty{}, batch.of(d))[0][0] == 0);
}

TEST_CASE("A penalty that is not finite is returned", "[gan][penalty]") {
  rapt_test::Draw draw(1);
  PenalisedBatch batch(draw, 2, 3, 1);
  rapt::Discriminator<double> d({3, 2}, draw.values);
  d.net.linear[1].weight(0, 0) = std::numeric_limits<double>::quiet_NaN();
  CHECK(std::isnan(rapt_test::penalty_pass(rapt::R1Penalty{}, batch.of(d))[0][0]));
  CHECK(std::isnan(rapt_test::penalty_pass(rapt::WganGradientPenalty{}, batch.of(d))[0][0]));
}
