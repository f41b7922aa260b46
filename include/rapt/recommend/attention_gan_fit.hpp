#pragma once
/// \file  Fitting the parts of the attention-GAN.

#include <rapt/core/number_text.hpp>
#include <rapt/recommend/attention_gan_settings.hpp>
#include <rapt/recommend/discriminator_trainer.hpp>
#include <rapt/recommend/generator_trainer.hpp>

#include <algorithm>
#include <any>
#include <cmath>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <numeric>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace rapt {

/// One line of progress of a fit.
struct FitProgress {
  std::string stage;  // "generator", "discriminator", ...
  Index step = 0, steps = 0;
  double loss = 0;
};

/// What several fits on the same interactions share: parts that were fitted with the same settings are fitted
/// once. Ablations and neighbouring settings then cost what is different about them. Keeps the parts that
/// were used last. Sets of interactions that differ in size are told apart, others are not: a context for
/// each.
class FitContext {
 public:
  std::function<void(const FitProgress&)> progress;

  /// \param kept_parts  how many parts stay in memory; one is up to two items x items matrices
  explicit FitContext(std::size_t kept_parts = 24) : kept_parts_(kept_parts) {}

  /// The part of that key, made by make() -> std::shared_ptr where it is not there yet.
  template <class Part, class Make>
  std::shared_ptr<const Part> once(const std::string& key, Make&& make) {
    auto known = parts_.find(key);
    if (known == parts_.end()) {
      if (parts_.size() >= kept_parts_ && !parts_.empty()) {
        parts_.erase(std::min_element(parts_.begin(), parts_.end(), [](const auto& a, const auto& b) {
          return a.second.used < b.second.used;
        }));
      }
      known = parts_.emplace(key, Kept{std::shared_ptr<const Part>(make()), 0}).first;
    }
    known->second.used = ++uses_;
    return std::any_cast<std::shared_ptr<const Part>>(known->second.part);
  }
  /// Forgets all parts.
  void clear() { parts_.clear(); }
  void report(const FitProgress& line) const {
    if (progress) progress(line);
  }

 private:
  struct Kept {
    std::any part;
    std::uint64_t used;
  };
  std::size_t kept_parts_;
  std::uint64_t uses_ = 0;
  std::map<std::string, Kept> parts_;
};

namespace detail {

inline std::string fit_key(std::initializer_list<double> numbers) {
  std::string key;
  for (const double number : numbers) key += number_text(number) + " ";
  return key;
}

inline std::string generator_key(const GeneratorSettings& s) {
  return fit_key({double(s.size.dense), double(s.size.attention), double(s.size.heads), double(s.size.code),
                  s.alpha, s.mask_least, s.mask_most, s.rate, s.decay, s.average, double(s.batch),
                  double(s.epochs)});
}

inline double finite_loss(double loss, const std::string& stage, Index epoch) {
  if (!std::isfinite(loss)) {
    throw std::domain_error(stage + ": the loss of epoch " + std::to_string(epoch) + " is " +
                            number_text(loss) + "; a smaller rate may help");
  }
  return loss;
}

}  // namespace detail

/// Fits linear path and generators.
/// \param  label  says which interactions these are, for the context
/// \throws std::invalid_argument for settings out of range; std::domain_error where a loss is not finite
template <class Generator = ProfileGenerator<float>>
BasicProposer<Generator> fit_proposer(const Interactions& train, const AttentionGanSettings& settings,
                                      const RandomStream& stream, const std::string& label,
                                      FitContext& context) {
  const std::string data =
      label + " " + detail::fit_key({double(train.users()), double(train.items()), double(train.size())});
  BasicProposer<Generator> proposer;
  proposer.generator_weight = settings.generator_weight;
  if (settings.linear) {
    const auto& s = settings.linear_path;
    const std::string key =
        data + "linear " + detail::fit_key({s.lambda, s.row_power, s.column_power, s.ridge, s.sharpness});
    proposer.linear = context.once<LinearPath>(key, [&] {
      context.report({label + ": linear path", 0, 1, 0});
      return std::make_shared<const LinearPath>(LinearPath::fit(train, s));
    });
  }
  if (settings.linear && settings.generator_weight == 0) return proposer;
  for (Index member = 0; member < settings.generator.members; ++member) {
    const RandomStream own = stream.substream("generator").substream(static_cast<std::uint64_t>(member));
    const std::string key = data + "generator " + std::to_string(own.state().seed) + " " +
                            std::to_string(member) + " " + detail::generator_key(settings.generator);
    proposer.generators.push_back(context.once<Generator>(key, [&] {
      BasicGeneratorTrainer<Generator> trainer(train, settings.generator, own);
      for (Index epoch = 0; epoch < settings.generator.epochs; ++epoch) {
        const double loss =
            detail::finite_loss(static_cast<double>(trainer.epoch()), label + ": generator", epoch + 1);
        context.report({label + ": generator", epoch + 1, settings.generator.epochs, loss});
      }
      return std::make_shared<const Generator>(trainer.generator());
    }));
  }
  return proposer;
}

/// Trains one discriminator on the lists of some folds; no fold is without lists.
/// \throws std::invalid_argument for settings out of range; std::domain_error where a loss is not finite
template <class Discriminator = CandidateDiscriminator<float>>
Discriminator fit_discriminator(std::span<const FoldLists* const> folds,
                                const DiscriminatorSettings& settings, const RandomStream& stream,
                                FitContext& context) {
  RandomStream initial = stream.substream("initial");
  const Index width = folds.front()->lists.width;
  Discriminator model(width, CandidateLists::relations, settings.sharpness, settings.hidden, initial);
  struct Piece {
    std::size_t fold;
    Index from, to;  // in the shuffled order of the fold's lists
  };
  std::vector<Piece> pieces;
  std::vector<std::vector<Index>> orders;
  std::vector<float> sample;
  for (std::size_t k = 0; k < folds.size(); ++k) {
    const CandidateLists& fold = folds[k]->lists;
    const Index lists = fold.size();
    for (Index from = 0; from < lists; from += settings.batch) {
      pieces.push_back({k, from, std::min(lists, from + settings.batch)});
    }
    orders.emplace_back(static_cast<std::size_t>(lists));
    std::iota(orders.back().begin(), orders.back().end(), Index{0});
    sample.insert(sample.end(), fold.features.begin(), fold.features.end());
  }
  model.standardise_by({sample.data(), {static_cast<Index>(sample.size()) / width, width}});
  BasicDiscriminatorTrainer<Discriminator> trainer(model, settings,
                                                   settings.epochs * static_cast<Index>(pieces.size()));
  for (Index epoch = 0; epoch < settings.epochs; ++epoch) {
    RandomStream draw = stream.substream("order").substream(static_cast<std::uint64_t>(epoch));
    for (auto& order : orders) shuffle(std::span(order), draw);
    shuffle(std::span(pieces), draw);
    double loss = 0;
    for (const Piece& piece : pieces) {
      const auto lists =
          std::span<const Index>(orders[piece.fold])
              .subspan(static_cast<std::size_t>(piece.from), static_cast<std::size_t>(piece.to - piece.from));
      loss += static_cast<double>(trainer.step(folds[piece.fold]->lists, lists)) /
              static_cast<double>(pieces.size());
    }
    context.report(
        {"discriminator", epoch + 1, settings.epochs, detail::finite_loss(loss, "discriminator", epoch + 1)});
  }
  return model;
}

/// Logits of some discriminators for a batch: each standardised within its list, averaged, standardised
/// again.
/// \shape verdict (N), N the candidates of the batch
template <class Discriminator>
void judge(const std::vector<Discriminator>& discriminators, const CandidateBatch& batch,
           std::vector<float>& verdict) {
  const auto n = static_cast<std::size_t>(batch.prior.extent(0));
  verdict.assign(n, 0);
  const auto each_list = [&](std::vector<float>& values) {
    for (Index l = 0; l + 1 < batch.list_offsets.extent(0); ++l) {
      const auto from = static_cast<std::size_t>(batch.list_offsets(l));
      standardise(
          std::span(values).subspan(from, static_cast<std::size_t>(batch.list_offsets(l + 1)) - from));
    }
  };
  typename Discriminator::Cache cache;
  std::vector<float> one;
  for (const auto& discriminator : discriminators) {
    const auto logits = discriminator.forward(batch.input(), cache);
    one.assign(logits.begin(), logits.end());
    each_list(one);
    for (std::size_t k = 0; k < n; ++k) verdict[k] += one[k];
  }
  each_list(verdict);
}

}  // namespace rapt
