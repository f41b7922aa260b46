#pragma once
// The generic tests that both players of every GAN loss pass: each player is a loss of its own here. The
// numbers of real samples and of fakes differ.
//
//   RAPT_TEST_GAN_LOSS("HingeGanLoss", HingeGanLoss, "[loss][hinge_gan_loss]")

#include <rapt/loss/gan_loss.hpp>

#include "support/loss_properties.hpp"

namespace rapt_test {

/// The discriminator's loss as a loss of both logits.
template <class L>
struct GanDiscriminatorLoss {
  using Scalar = typename L::Scalar;
  using Prediction = rapt::GanLossGradient<Scalar>;
  using Target = rapt::NoTarget;
  using Cache = typename L::Cache;
  L loss;
  Scalar forward(Prediction logits, Target, Cache& cache) const {
    return loss.discriminator(logits.real, logits.fake, cache);
  }
  Prediction backward(Cache& cache) const { return loss.discriminator_backward(cache); }
};

/// The generator's loss as a loss of the logits of fakes, after a loss of the discriminator in the same
/// cache.
template <class L>
struct GanGeneratorLoss {
  using Scalar = typename L::Scalar;
  using Prediction = rapt::TensorView<const Scalar, 2>;
  using Target = rapt::TensorView<const Scalar, 2>;
  using Cache = typename L::Cache;
  L loss;
  Scalar forward(Prediction fake, Target real, Cache& cache) const {
    loss.discriminator(real, fake, cache);
    loss.discriminator_backward(cache);
    return loss.generator(L::generator_reads_real ? real : Target{}, fake, cache);
  }
  Prediction backward(Cache& cache) const { return loss.generator_backward(cache); }
};

template <class L>
struct GanLossSample {
  using T = typename L::Scalar;
  explicit GanLossSample(Draw& draw)
      : real(draw.normal<T, 2>({draw.positive(), draw.small()}, 3)),
        fake(draw.normal<T, 2>({draw.positive(), real.extent(1)}, 3)) {
    if constexpr (requires { loss.label_smoothing; })
      loss.label_smoothing = rapt::uniform<double>(draw.ids) / 2;
  }
  L loss;
  rapt::Tensor<T, 2> real, fake;
};

template <class L>
struct GanDiscriminatorSample : GanLossSample<L> {
  explicit GanDiscriminatorSample(Draw& draw) : GanLossSample<L>(draw), loss{GanLossSample<L>::loss} {}
  GanDiscriminatorLoss<L> loss;
  rapt::GanLossGradient<typename L::Scalar> prediction() const { return {this->real, this->fake}; }
  rapt::NoTarget target() const { return {}; }
};
template <class L>
struct GanGeneratorSample : GanLossSample<L> {
  explicit GanGeneratorSample(Draw& draw) : GanLossSample<L>(draw), loss{GanLossSample<L>::loss} {}
  GanGeneratorLoss<L> loss;
  auto prediction() const { return this->fake.view(); }
  auto target() const { return this->real.view(); }
};

/// Both losses of a golden file of one GAN loss, and their gradients.
template <class L>
void check_gan_loss_golden(const L& loss, const std::string& name) {
  const rapt::testing::Golden golden(std::string(RAPT_SOURCE_DIR "/tests/golden/") + name + ".txt");
  const auto real = golden.tensor<double, 2>("real"), fake = golden.tensor<double, 2>("fake");
  const auto expect = [&](const char* what, const auto& found) {
    INFO(name << " " << what);
    CHECK(rapt::testing::largest_difference(found, golden.tensor<double, 2>(what)) < 1e-10);
  };
  typename L::Cache cache;
  const double d_loss = loss.discriminator(real, fake, cache);
  CHECK(std::abs(d_loss - golden.tensor<double, 1>("discriminator")(0)) < 1e-10);
  const auto d = loss.discriminator_backward(cache);
  expect("discriminator_dreal", d.real);
  expect("discriminator_dfake", d.fake);
  const double g_loss = loss.generator(real, fake, cache);
  CHECK(std::abs(g_loss - golden.tensor<double, 1>("generator")(0)) < 1e-10);
  expect("generator_dfake", loss.generator_backward(cache));
}

/// What is not finite comes out, nothing is worth 0, and logits that do not fit are named.
template <template <class> class L>
void check_gan_loss_edges(const std::string& name) {
  const L<double> loss;
  typename L<double>::Cache cache;
  const rapt::Tensor<double, 2> one({1, 1}, {0.5}), none({0, 1}), wide({3, 2});
  const rapt::Tensor<double, 2> nan({2, 1}, {1, std::numeric_limits<double>::quiet_NaN()});
  CHECK(std::isnan(loss.discriminator(nan, one, cache)));
  CHECK(std::isnan(loss.discriminator(one, nan, cache)));
  CHECK(std::isnan(loss.generator(one, nan, cache)));
  CHECK(loss.discriminator(none, none, cache) == 0);
  CHECK(loss.discriminator_backward(cache).real.shape() == none.shape());
  CHECK(loss.discriminator_backward(cache).fake.shape() == none.shape());
  CHECK(loss.generator(none, none, cache) == 0);
  CHECK(loss.generator_backward(cache).shape() == none.shape());
  CHECK(std::isfinite(loss.discriminator(one, none, cache)));
  CHECK(loss.discriminator_backward(cache).fake.size() == 0);
  CHECK(std::isfinite(loss.discriminator(none, one, cache)));
  CHECK(std::isfinite(loss.discriminator_backward(cache).fake(0, 0)));
  CHECK_THROWS_MATCHES(
      loss.discriminator(one, wide, cache), rapt::ShapeError,
      Catch::Matchers::Message(name + "::discriminator: fake_logits has shape (3, 2), expected (*, 1)"));
  if constexpr (requires(L<double> smooth) { smooth.label_smoothing; }) {
    CHECK_THROWS_MATCHES(
        (L<double>{.label_smoothing = 1}.discriminator(one, one, cache)), std::invalid_argument,
        Catch::Matchers::Message(name +
                                 "::discriminator: label_smoothing is 1, expected at least 0 and below 1"));
    CHECK_THROWS_AS((L<double>{.label_smoothing = std::nan("")}.discriminator(one, one, cache)),
                    std::invalid_argument);
  }
  // In float, at logits where an exponential would overflow, what double gives.
  const rapt::Tensor<double, 2> far({4, 1}, {-1000, 1000, -90, 90});
  const rapt::Tensor<float, 2> far_single({4, 1}, {-1000, 1000, -90, 90});
  const L<float> single;
  typename L<float>::Cache single_cache;
  CHECK(single.discriminator(far_single, far_single, single_cache) ==
        Catch::Approx(loss.discriminator(far, far, cache)));
  const auto d = loss.discriminator_backward(cache);
  const auto d_single = single.discriminator_backward(single_cache);
  CHECK(rapt::testing::largest_difference(d_single.real, d.real) < 1e-4);
  CHECK(rapt::testing::largest_difference(d_single.fake, d.fake) < 1e-4);
  CHECK(single.generator(far_single, far_single, single_cache) ==
        Catch::Approx(loss.generator(far, far, cache)));
  CHECK(rapt::testing::largest_difference(single.generator_backward(single_cache),
                                          loss.generator_backward(cache)) < 1e-4);
}

}  // namespace rapt_test

#define RAPT_TEST_GAN_LOSS(NAME, LOSS, TAGS)                                               \
  namespace {                                                                              \
  const ::rapt_test::Registered registered_##LOSS(NAME);                                   \
  template <class T>                                                                       \
  using Discriminator_##LOSS = ::rapt_test::GanDiscriminatorSample<::rapt::LOSS<T>>;       \
  template <class T>                                                                       \
  using Generator_##LOSS = ::rapt_test::GanGeneratorSample<::rapt::LOSS<T>>;               \
  }                                                                                        \
  TEST_CASE("Both players of " NAME " agree with finite differences", TAGS "[gradient]") { \
    ::rapt_test::check_loss_gradients<Discriminator_##LOSS>(NAME " discriminator");        \
    ::rapt_test::check_loss_gradients<Generator_##LOSS>(NAME " generator");                \
  }                                                                                        \
  TEST_CASE(NAME " allocates nothing when warm", TAGS "[allocation]") {                    \
    ::rapt_test::check_loss_allocations<Discriminator_##LOSS>(NAME " discriminator");      \
    ::rapt_test::check_loss_allocations<Generator_##LOSS>(NAME " generator");              \
  }                                                                                        \
  TEST_CASE(NAME " gives the same bits with 1 2 and 3 threads", TAGS "[threads]") {        \
    ::rapt_test::check_loss_threads<Discriminator_##LOSS>(NAME " discriminator");          \
    ::rapt_test::check_loss_threads<Generator_##LOSS>(NAME " generator");                  \
  }                                                                                        \
  TEST_CASE(NAME " is defined for nothing and NaN and far logits", TAGS) {                 \
    ::rapt_test::check_gan_loss_edges<::rapt::LOSS>(NAME);                                 \
  }
