#include <rapt/gan/gan_verdict.hpp>

#include "support/catch.hpp"

TEST_CASE("GanVerdict says what was seen and what to try in plain words", "[gan][gan_verdict]") {
  rapt::GanVerdict verdict;
  CHECK(verdict.healthy());
  CHECK(verdict.message().empty());
  verdict = {.failure = rapt::GanFailure::divergence,
             .epoch = 3,
             .step = 600,
             .seen = "the generator's loss has grown from 40 to 90 in one epoch"};
  CHECK(verdict.message() ==
        "divergence in epoch 3 (step 600): the generator's loss has grown from 40 to 90 in one epoch. Try "
        "lower rates for both players, clipped gradients, R1Penalty or WganGradientPenalty, or spectral "
        "normalisation on the discriminator.");
  verdict = {.failure = rapt::GanFailure::not_finite,
             .epoch = 1,
             .step = 17,
             .tensor = "generator output",
             .seen = "generator loss is not finite, and neither is generator output"};
  CHECK(verdict.message() ==
        "epoch 1 (step 17): generator loss is not finite, and neither is generator output. Look at that "
        "tensor first; then try lower rates or clipped gradients, and samples of mean 0 and deviation 1.");
}

TEST_CASE("Every failure of a GAN has a name and advice", "[gan][gan_verdict]") {
  using rapt::GanFailure;
  CHECK(to_string(GanFailure::mode_collapse) == "mode collapse");
  CHECK(to_string(GanFailure::vanishing_gradient) == "vanishing generator gradient");
  CHECK(to_string(GanFailure::divergence) == "divergence");
  CHECK(to_string(GanFailure::not_finite) == "not finite");
  CHECK(to_string(GanFailure::none) == "none");
  CHECK(rapt::gan_advice(GanFailure::none).empty());
  for (const auto failure : {GanFailure::mode_collapse, GanFailure::vanishing_gradient,
                             GanFailure::divergence, GanFailure::not_finite})
    CHECK(rapt::gan_advice(failure).ends_with("."));
}
