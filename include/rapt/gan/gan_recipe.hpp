#pragma once
/// \file  All that says how a GAN is trained, in one value.

#include <rapt/gan/gan_options.hpp>
#include <rapt/gan/gan_penalty.hpp>
#include <rapt/loss/gan_loss.hpp>

namespace rapt {

/// Options, loss and penalty that belong together: what a paper calls its training details. Hand it to a
/// GanTrainer, and change what you like before.
/// \units batch is the number of samples that the rates were published for; the trainer takes any
template <GanLoss Loss, class Penalty = NoPenalty>
struct GanRecipe {
  GanOptions options{};
  Loss loss{};
  Penalty penalty{};
  Index batch = 64;
};

}  // namespace rapt
