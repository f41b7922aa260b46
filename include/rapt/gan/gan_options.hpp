#pragma once
/// \file  How a GanTrainer trains.

#include <rapt/gan/instance_noise.hpp>
#include <rapt/optim/adam.hpp>

#include <cmath>
#include <cstdint>
#include <limits>

namespace rapt {

/// An exponential moving average of the generator, which is then the one to sample from (Karras et al. 2018,
/// arXiv:1710.10196, section 4).
/// \units decay in [0, 1) is the share of the average kept at each step (0: no average is kept). During the
///        first `warmup` steps the average is the generator itself; after them its weights are corrected for
///        its short history, so that it never remembers what came before.
struct GanAverage {
  double decay = 0;
  std::int64_t warmup = 0;
};

/// Feature matching in the generator's loss, `adversarial_weight L_G + weight L_features` (Salimans et al.
/// 2016, arXiv:1606.03498, section 3.1, where the first is 0). D must expose features, as
/// FeatureDiscriminator.
struct FeatureMatching {
  double weight = 0;
  double adversarial_weight = 1;
};

/// Settings of adversarial training. The two players have optimisers of their own, and with them rates of
/// their own (TTUR, Heusel et al. 2017, arXiv:1706.08500). Defaults are those of Radford et al. 2016,
/// arXiv:1511.06434, section 4.
struct GanOptions {
  AdamOptions generator{.rate = 2e-4, .beta1 = 0.5};
  AdamOptions discriminator{.rate = 2e-4, .beta1 = 0.5};
  /// Updates of D for each one of G.
  Index discriminator_steps = 1;
  /// The penalty enters every k-th update of D alone, k times as strong (lazy regularisation, Karras et al.
  /// 2020, arXiv:1912.04958, section 3.1). The rates need no correction, unlike there: the penalty enters an
  /// update that there is anyway.
  Index penalty_every = 1;
  /// The largest norm of a player's gradient; what is longer is scaled down to it.
  double generator_clip = std::numeric_limits<double>::infinity();
  double discriminator_clip = std::numeric_limits<double>::infinity();
  /// The largest weight of D in size, kept after each of its updates (Arjovsky, Chintala and Bottou 2017,
  /// arXiv:1701.07875).
  double weight_clip = std::numeric_limits<double>::infinity();
  GanAverage average{};
  InstanceNoise instance_noise{};
  FeatureMatching features{};

  /// \throws std::invalid_argument that names what is out of range; the optimisers check theirs
  void check() const {
    const auto expect = [](bool holds, const char* name, double value, const char* expected) {
      detail::expect_option(holds, "GanTrainer", name, value, expected);
    };
    expect(discriminator_steps >= 1, "discriminator_steps", static_cast<double>(discriminator_steps),
           "at least 1");
    expect(penalty_every >= 1, "penalty_every", static_cast<double>(penalty_every), "at least 1");
    expect(generator_clip > 0, "generator_clip", generator_clip, "above 0");
    expect(discriminator_clip > 0, "discriminator_clip", discriminator_clip, "above 0");
    expect(weight_clip > 0, "weight_clip", weight_clip, "above 0");
    expect(average.decay >= 0 && average.decay < 1, "average.decay", average.decay, "at least 0 and below 1");
    expect(average.warmup >= 0, "average.warmup", static_cast<double>(average.warmup), "at least 0");
    expect(features.weight >= 0 && std::isfinite(features.weight), "features.weight", features.weight,
           "at least 0");
    expect(features.adversarial_weight >= 0 && std::isfinite(features.adversarial_weight),
           "features.adversarial_weight", features.adversarial_weight, "at least 0");
    instance_noise.check();
  }
};

}  // namespace rapt
