#pragma once
/// \file  One training of a GAN on one target, and what came of it.

#include "target.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace toy {

/// What is trained, and how.
struct RunOptions {
  std::string loss = "non-saturating";
  std::string preset = "default";  // or "naive"
  rapt::Index steps = 0;           // 0: as many as the preset's
  std::uint64_t seed = 1;
  bool keep_snapshots = false;  // for the pictures
};

/// What the generator writes after so many steps.
struct Snapshot {
  rapt::Index step;
  rapt::Tensor<float, 2> samples;  // in the target's units
};

struct Run {
  std::string target, loss;
  std::uint64_t seed = 0;
  rapt::Index modes = 0;    // of the target's, each with a tenth of its fair share of the samples or more
  double high_quality = 0;  // share of samples within three deviations of a centre
  double seconds = 0;       // of training, on one core
  std::string failure;      // a loss that is not finite, or empty
  std::vector<Snapshot> snapshots;
};

const std::vector<std::string>& loss_names();
const std::vector<std::string>& preset_names();
/// 10,000; of the naive preset 100,000, which are the tutorials' 10,000 epochs at ten batches each.
rapt::Index preset_steps(std::string_view preset);

/// Called now and then: steps made, modes covered and share of high quality so far.
using Watch = std::function<void(rapt::Index step, rapt::Index modes, double high_quality)>;

/// Trains and measures on 2500 samples. The same numbers, seconds aside, on every run of the same options.
Run train_gan(const Target& target, const RunOptions& options, const Watch& watch = {});

}  // namespace toy
