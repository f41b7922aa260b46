// Penalties on critics of every kind of layer, against PyTorch's double backward and finite differences;
// every penalty is in input_gradient_test.cpp.

#include <rapt/attention/self_attention_2d.hpp>
#include <rapt/core/cast.hpp>
#include <rapt/gan/conditional.hpp>
#include <rapt/gan/projection_discriminator.hpp>
#include <rapt/gan/r1_penalty.hpp>
#include <rapt/gan/spectral_norm.hpp>
#include <rapt/gan/wgan_gradient_penalty.hpp>
#include <rapt/nn/avg_pool_2d.hpp>
#include <rapt/nn/batch_norm_1d.hpp>
#include <rapt/nn/conv_2d.hpp>
#include <rapt/nn/flatten.hpp>
#include <rapt/nn/group_norm.hpp>
#include <rapt/nn/instance_norm_2d.hpp>
#include <rapt/nn/layer_norm.hpp>
#include <rapt/nn/leaky_relu.hpp>
#include <rapt/nn/linear.hpp>
#include <rapt/nn/sequential.hpp>
#include <rapt/nn/silu.hpp>
#include <rapt/nn/tanh.hpp>

#include "support/catch.hpp"
#include "support/penalty_properties.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <type_traits>

namespace {

// What writes samples of rank 2 and 4: the penalties never run it.
using EveryPenaltyG2 = rapt::Tanh<double>;
using EveryPenaltyG4 = rapt::Tanh<double, 4>;
template <std::size_t Rank>
struct EveryPenaltyConditionalG {
  using Scalar = double;
  using Input = rapt::ConditionalInput<double, Rank>;
  using Output = rapt::TensorView<const double, Rank>;
  static constexpr std::tuple<> parameters{};
  struct Cache {};
  Output forward(Input x, Cache&) const { return x.x; }
  Input backward(Output, Cache&, EveryPenaltyConditionalG*, rapt::InputGradient) const { return {}; }
};

// R1 and both WGAN-GP agree with the file.
template <class Case>
void check_every_penalty_of(Case c, const rapt::testing::Golden& golden, const std::string& name) {
  INFO(name);
  golden.load(c.d, "layer.");
  using rapt::PenaltySide;
  const double target = golden.tensor<double, 1>("target")(0);
  rapt_test::check_penalty_golden(rapt::R1Penalty{}, c, golden, "r1");
  // between a sample and itself there is only itself
  rapt_test::check_penalty_golden(rapt::WganGradientPenalty{}, c, golden, "both");
  const rapt::WganGradientPenalty above{.target = target, .side = PenaltySide::above};
  rapt_test::check_penalty_golden(above, c, golden, "above");
}

// In float the gradient is what it is in double, but for rounding.
template <class Penalty, class Case>
void check_penalty_in_float(const Penalty& penalty, const Case& c, const std::string& name) {
  constexpr std::size_t rank = decltype(c.fake)::rank;
  using D = decltype(rapt::cast<float>(c.d));
  rapt::Tensor<float, rank> real(c.real.shape());
  std::transform(c.real.begin(), c.real.end(), real.begin(), [](double v) { return static_cast<float>(v); });
  const rapt_test::PenaltyCase<rapt::Tanh<float, rank>, D> single{rapt::cast<float>(c.d), real, real, real};
  const auto exact = rapt_test::penalty_pass(penalty, c), rounded = rapt_test::penalty_pass(penalty, single);
  REQUIRE(exact.size() == rounded.size());
  for (std::size_t k = 0; k < exact.size(); ++k) {
    double scale = 0, worst = 0;
    for (std::size_t i = 0; i < exact[k].size(); ++i) {
      scale = std::max(scale, std::abs(exact[k][i]));
      const double error = std::abs(exact[k][i] - rounded[k][i]);
      worst = std::isnan(error) ? std::numeric_limits<double>::infinity() : std::max(worst, error);
    }
    INFO(name << " part " << k << " worst " << worst << " of " << scale);
    CHECK(worst <= 2e-4 * scale + 1e-6);
  }
}

template <bool also_in_float = false, class D>
void check_critic(const std::string& name, const D& d) {
  const rapt::testing::Golden golden(RAPT_SOURCE_DIR "/tests/golden/penalty_" + name + ".txt");
  constexpr std::size_t rank = D::Input::rank;
  using G = std::conditional_t<rank == 2, EveryPenaltyG2, EveryPenaltyG4>;
  const auto x = golden.tensor<double, rank>("x");
  rapt_test::PenaltyCase<G, D> c{d, x, x, x};
  check_every_penalty_of(c, golden, name);

  golden.load(c.d, "layer.");
  rapt::RandomStream stream(8);
  rapt::Tensor<double, rank> fake(x.shape());
  fill_normal(fake.view(), 0, 1, stream);
  c.fake = fake;
  if constexpr (also_in_float) check_penalty_in_float(rapt::R1Penalty{}, c, name);
  rapt_test::check_penalty_machine(rapt::WganGradientPenalty{}, c, name);
  rapt_test::check_penalty_gradient(rapt::WganGradientPenalty{}, c, name);
}

using EveryPenaltyLinear = rapt::Linear<double>;
using EveryPenaltyConv = rapt::Conv2d<double>;
using EveryPenaltyFlat = rapt::Flatten<double>;
using EveryPenaltyLeaky4 = rapt::LeakyReLU<double, 4>;

}  // namespace

TEST_CASE("Penalties of critics of rows agree with PyTorch and finite differences",
          "[gan][penalty][golden][gradient]") {
  using L = EveryPenaltyLinear;
  rapt::RandomStream s(1);
  const rapt::LeakyReLU<double> leaky(0.2);
  check_critic<true>("leaky", rapt::Sequential{L(3, 5, s), leaky, L(5, 1, s)});
  check_critic("smooth", rapt::Sequential{L(3, 5, s), rapt::Tanh<double>{}, L(5, 4, s), rapt::SiLU<double>{},
                                          L(4, 2, s)});
  check_critic("layer_norm",
               rapt::Sequential{L(3, 6, s), rapt::LayerNorm<double>(6), rapt::SiLU<double>{}, L(6, 1, s)});
  check_critic("batch_norm",
               rapt::Sequential{L(3, 6, s), rapt::BatchNorm1d<double>(6), rapt::SiLU<double>{}, L(6, 1, s)});
}

TEST_CASE("Penalties of a conditional critic agree with PyTorch", "[gan][penalty][golden]") {
  const rapt::testing::Golden golden(RAPT_SOURCE_DIR "/tests/golden/penalty_conditional.txt");
  rapt::RandomStream s(1);
  const auto x = golden.tensor<double, 2>("x"), condition = golden.tensor<double, 2>("condition");
  const rapt::Conditional d(
      rapt::Sequential{EveryPenaltyLinear(5, 4, s), rapt::Tanh<double>{}, EveryPenaltyLinear(4, 1, s)});
  check_every_penalty_of(
      rapt_test::PenaltyCase<EveryPenaltyConditionalG<2>, std::remove_const_t<decltype(d)>>{
          d, {x, condition}, x, {x, condition}},
      golden, "conditional");
}

TEST_CASE("Penalties of critics of images agree with PyTorch and finite differences",
          "[gan][penalty][golden][gradient]") {
  using C = EveryPenaltyConv;
  using L = EveryPenaltyLinear;
  using F = EveryPenaltyFlat;
  using S = rapt::SiLU<double, 4>;
  rapt::RandomStream s(1);
  const EveryPenaltyLeaky4 leaky(0.2);
  check_critic<true>("conv", rapt::Sequential{C(2, 3, 3, s, {.stride = 2, .padding = 1}), leaky,
                                              C(3, 4, 3, s, {.padding = 1}), S{}, rapt::AvgPool2d<double>(2),
                                              F{}, L(4, 1, s)});
  check_critic("group_norm",
               rapt::Sequential{C(2, 4, 3, s, {.padding = 1}), rapt::GroupNorm<double>(2, 4), S{},
                                C(4, 3, 2, s), rapt::InstanceNorm2d<double>(3, rapt::Affine::yes),
                                rapt::Tanh<double, 4>{}, F{}, L(27, 1, s)});
}

TEST_CASE("Penalties of a critic with attention agree with PyTorch and finite differences",
          "[gan][penalty][golden][gradient]") {
  rapt::RandomStream s(1);
  const EveryPenaltyLeaky4 leaky(0.2);
  check_critic("attention",
               rapt::Sequential{EveryPenaltyConv(2, 8, 1, s),
                                rapt::SelfAttention2d<double>(8, s, {.key_width = 2, .value_width = 4}),
                                leaky, EveryPenaltyFlat{}, EveryPenaltyLinear(48, 1, s)});
}

TEST_CASE("Penalties of a projection discriminator leave its condition alone", "[gan][penalty][gradient]") {
  rapt::RandomStream s(2);
  const rapt::ProjectionDiscriminator d(rapt::Sequential{EveryPenaltyConv(2, 3, 3, s, {.padding = 1}),
                                                         rapt::SiLU<double, 4>{}, EveryPenaltyFlat{}},
                                        12, 5, s);
  rapt_test::Draw draw(1);
  const auto real = draw.normal<double, 4>({3, 2, 2, 2}), fake = draw.normal<double, 4>({3, 2, 2, 2});
  const auto real_condition = draw.normal<double, 2>({3, 5}), condition = draw.normal<double, 2>({3, 5});
  const rapt_test::PenaltyCase<EveryPenaltyConditionalG<4>, std::remove_const_t<decltype(d)>> c{
      d, {real, real_condition}, fake, {fake, condition}};
  rapt_test::check_penalty(rapt::R1Penalty{}, c, "projection R1");
  rapt_test::check_penalty(rapt::WganGradientPenalty{}, c, "projection WGAN-GP");
}

TEST_CASE("Penalties of a critic with spectral norms agree with PyTorch", "[gan][penalty][golden]") {
  using rapt::SpectralNorm;
  rapt::RandomStream s(1);
  const EveryPenaltyLeaky4 leaky(0.2);
  // In training the vectors of the power iteration move with the weights, and are constants to the gradient:
  // no finite differences here, but those of SpectralNorm's own test.
  const rapt::Sequential d{SpectralNorm(EveryPenaltyConv(2, 3, 3, s, {.stride = 2, .padding = 1}), s),
                           rapt::Tanh<double, 4>{},
                           SpectralNorm(rapt::ConvTranspose2d<double>(3, 2, 2, s), s),
                           leaky,
                           EveryPenaltyFlat{},
                           SpectralNorm(EveryPenaltyLinear(18, 1, s), s)};
  const rapt::testing::Golden golden(RAPT_SOURCE_DIR "/tests/golden/penalty_spectral_norm.txt");
  const auto x = golden.tensor<double, 4>("x");
  const rapt_test::PenaltyCase<EveryPenaltyG4, std::remove_const_t<decltype(d)>> c{d, x, x, x};
  check_every_penalty_of(c, golden, "spectral_norm");
  rapt_test::check_penalty_machine(rapt::WganGradientPenalty{}, c, "spectral_norm");
}
