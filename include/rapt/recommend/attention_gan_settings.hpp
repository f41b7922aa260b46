#pragma once
/// \file  All settings of the attention-GAN recommender.

#include <rapt/core/number_text.hpp>
#include <rapt/optim/update.hpp>
#include <rapt/recommend/linear_path.hpp>
#include <rapt/recommend/profile_generator.hpp>

#include <cmath>
#include <string>
#include <string_view>
#include <vector>

namespace rapt {

namespace detail {

/// Refuses settings that are out of range, in the name of their owner.
struct ExpectSetting {
  std::string_view owner;

  void at_least(std::string_view name, Index value, Index least) const {
    expect_option(value >= least, owner, name, static_cast<double>(value),
                  "at least " + std::to_string(least));
  }
  void positive(std::string_view name, double value) const {
    expect_option(value > 0 && std::isfinite(value), owner, name, value, "a positive number");
  }
  void within(std::string_view name, double value, double least, double most) const {
    expect_option(value >= least && value <= most, owner, name, value,
                  number_text(least) + " to " + number_text(most));
  }
};

}  // namespace detail

/// Settings of the neural generator and its training.
struct GeneratorSettings {
  ProfileGeneratorSize size;
  double alpha = 0.3;  // weight of an item that the user does not have
  double mask_least = 0.1,
         mask_most = 0.6;  // share of the profile that is hidden, drawn for each user and epoch
  double rate = 2e-3;
  double decay = 1;  // weight decay, as in AdamW: what keeps the neural path from learning profiles by heart
  double average = 0.98;  // decay of the averaged weights, which are what is used
  Index batch = 128;      // users
  Index epochs = 50;
  Index members = 1;  // generators that are averaged
  bool operator==(const GeneratorSettings&) const = default;

  /// \throws std::invalid_argument that names the setting which is out of range
  void check() const {
    const detail::ExpectSetting expect{"GeneratorSettings"};
    expect.at_least("dense", size.dense, 0);
    expect.at_least("attention", size.attention, 0);
    expect.at_least("heads", size.heads, 1);
    expect.at_least("code", size.code, 0);
    expect.within("alpha", alpha, 0, 1e6);
    expect.within("mask_least", mask_least, 0, 1);
    expect.within("mask_most", mask_most, mask_least, 1);
    expect.positive("rate", rate);
    expect.within("decay", decay, 0, 1 / rate);  // beyond, a step would turn the weights' sign
    expect.at_least("batch", batch, 1);
    expect.at_least("epochs", epochs, 0);
    expect.at_least("members", members, 1);
  }
};

/// Settings of the discriminator and its training.
struct DiscriminatorSettings {
  Index candidates = 150;  // the generator's best unseen items of each user
  Index folds = 5;         // the interactions are cut into this many parts
  Index used_folds =
      2;  // how many of them are held out in turn to make lists; each costs a fit of the generator
  Index hidden = 32;
  std::vector<double> sharpness{0.0, 1.0, 4.0};  // where the attention heads start
  double rate = 3e-3;                            // largest step of the cycle
  double decay = 1e-3;                           // weight decay, as in AdamW
  Index batch = 64;                              // lists
  Index epochs = 8;
  Index members = 2;   // discriminators that are averaged
  double weight = -1;  // of the discriminator among the candidates; below 0: chosen fold-wise
  bool operator==(const DiscriminatorSettings&) const = default;

  /// \throws std::invalid_argument that names the setting which is out of range
  void check() const {
    const detail::ExpectSetting expect{"DiscriminatorSettings"};
    expect.at_least("candidates", candidates, 1);
    expect.at_least("folds", folds, 2);
    expect.at_least("used_folds", used_folds, 1);
    expect.at_least("hidden", hidden, 1);
    expect.positive("rate", rate);
    expect.within("decay", decay, 0, 1 / rate);
    expect.at_least("batch", batch, 1);
    expect.at_least("epochs", epochs, 0);
    expect.at_least("members", members, 1);
    if (!(weight < 0)) expect.within("weight", weight, 0, 1);
  }
};

/// Settings of AttentionGan; each of its three parts has a switch.
struct AttentionGanSettings {
  bool linear = true;     // the closed-form item path
  bool attention = true;  // attention on the linear path, in the generator and in the discriminator
  bool adversary = true;  // the discriminator
  LinearPathSettings linear_path;
  GeneratorSettings generator;
  double generator_weight = 0.5;  // of the neural generator against the linear path
  DiscriminatorSettings discriminator;
  bool operator==(const AttentionGanSettings&) const = default;

  /// \throws std::invalid_argument that names the setting which is out of range
  void check() const {
    linear_path.check();
    generator.check();
    discriminator.check();
    detail::ExpectSetting{"AttentionGanSettings"}.within("generator_weight", generator_weight, 0, 1);
  }

  /// The same with what a switch turns off set to the value that means off.
  AttentionGanSettings effective() const {
    AttentionGanSettings s = *this;
    if (!attention) {
      s.linear_path.sharpness = 1;
      s.generator.size.attention = 0;
      s.discriminator.sharpness.clear();
    }
    if (!linear) s.generator_weight = 1;
    return s;
  }
};

}  // namespace rapt
