#pragma once
/// \file  Training the neural generator on masked profiles.

#include <rapt/loss/weighted_square.hpp>
#include <rapt/optim/adamw.hpp>
#include <rapt/optim/average.hpp>
#include <rapt/recommend/attention_gan_settings.hpp>
#include <rapt/recommend/interactions.hpp>
#include <rapt/recommend/profile_generator.hpp>

#include <algorithm>
#include <span>
#include <vector>

namespace rapt {

/// Working memory of generator training: a warm step allocates nothing.
///
/// The generator sees a random part of each profile and must write the whole: the masked items are what keeps
/// it from the identity map. Loss: weighted squares over all items.
/// \tparam Generator  a layer like ProfileGenerator, built from the number of items and a
///         ProfileGeneratorSize
template <class Generator>
class BasicGeneratorTrainer {
 public:
  /// \borrows train
  /// \throws  std::invalid_argument for settings out of range
  BasicGeneratorTrainer(const Interactions& train, const GeneratorSettings& settings,
                        const RandomStream& stream)
      : train_(train),
        settings_((settings.check(), settings)),
        stream_(stream),
        initial_(stream.substream("initial")),
        model_(train.items(), settings.size, initial_),
        gradient_(zeros_like(model_)),
        optimiser_(model_),
        average_(model_, {.decay = settings.average}) {
    optimiser_.options.rate = settings.rate;
    optimiser_.options.weight_decay = settings.decay;
    loss_.alpha = static_cast<float>(settings.alpha);
    for (Index user = 0; user < train.users(); ++user) {
      if (!train.items_of(user).empty()) users_.push_back(user);
    }
  }

  BasicGeneratorTrainer(const Interactions&&, const GeneratorSettings&, const RandomStream&) = delete;

  /// One pass over all users with a profile, in random order. Returns the mean loss.
  float epoch() {
    RandomStream order = stream_.substream("order").substream(static_cast<std::uint64_t>(epochs_));
    shuffle(std::span(users_), order);
    double sum = 0;
    const auto count = static_cast<Index>(users_.size());
    for (Index from = 0; from < count; from += settings_.batch) {
      const Index size = std::min(settings_.batch, count - from);
      sum += static_cast<double>(step(std::span<const Index>(users_).subspan(
                                     static_cast<std::size_t>(from), static_cast<std::size_t>(size))) *
                                 static_cast<float>(size));
    }
    ++epochs_;
    return count == 0 ? 0 : static_cast<float>(sum / static_cast<double>(count));
  }

  /// One update on the profiles of some users. Returns the loss.
  float step(std::span<const Index> users) {
    load(users);
    set_zero(gradient_);
    const auto scores = model_.forward({masked_, masked_offsets_}, cache_);
    const float loss = loss_.forward(scores, {whole_, whole_offsets_, {}}, loss_cache_);
    model_.backward(loss_.backward(loss_cache_), cache_, &gradient_, InputGradient::skip);
    optimiser_.step(model_, gradient_);
    average_.update(model_);
    return loss;
  }

  /// The averaged weights. \borrows this
  const Generator& generator() const { return average_.average; }

 private:
  void load(std::span<const Index> users) {
    const auto batch = static_cast<Index>(users.size());
    whole_offsets_.resize({batch + 1});
    masked_offsets_.resize({batch + 1});
    whole_offsets_(0) = masked_offsets_(0) = 0;
    for (Index b = 0; b < batch; ++b) {
      const auto profile = train_.items_of(users[static_cast<std::size_t>(b)]);
      whole_offsets_(b + 1) = whole_offsets_(b) + static_cast<Index>(profile.size());
    }
    whole_.resize({whole_offsets_(batch)});
    masked_.resize(whole_.shape());
    const RandomStream epoch = stream_.substream("mask").substream(static_cast<std::uint64_t>(epochs_));
    Index kept = 0;
    for (Index b = 0; b < batch; ++b) {
      const Index user = users[static_cast<std::size_t>(b)];
      const auto profile = train_.items_of(user);
      std::copy(profile.begin(), profile.end(), whole_.begin() + whole_offsets_(b));
      RandomStream draw = epoch.substream(static_cast<std::uint64_t>(user));
      const double hidden = uniform(draw, settings_.mask_least, settings_.mask_most);
      for (const Index item : profile) {
        if (uniform<double>(draw) >= hidden) masked_(kept++) = item;
      }
      if (kept == masked_offsets_(b) && !profile.empty())
        masked_(kept++) =
            profile[static_cast<std::size_t>(uniform_index(draw, static_cast<Index>(profile.size())))];
      masked_offsets_(b + 1) = kept;
    }
    masked_.resize({kept});
  }

  const Interactions& train_;
  GeneratorSettings settings_;
  RandomStream stream_, initial_;
  Generator model_, gradient_;
  AdamW<Generator> optimiser_;
  ExponentialMovingAverage<Generator> average_;
  typename Generator::Cache cache_;
  WeightedSquareLoss<float> loss_;
  WeightedSquareLoss<float>::Cache loss_cache_;
  std::vector<Index> users_;
  Index epochs_ = 0;
  Tensor<Index, 1> whole_, whole_offsets_, masked_, masked_offsets_;
};

/// The trainer of AttentionGan's generators.
using GeneratorTrainer = BasicGeneratorTrainer<ProfileGenerator<float>>;

}  // namespace rapt
