#pragma once
/// \file  Alternating training of a generative adversarial network.

#include <rapt/core/training.hpp>
#include <rapt/gan/clip_weights.hpp>
#include <rapt/gan/feature_discriminator.hpp>
#include <rapt/gan/first_not_finite.hpp>
#include <rapt/gan/gan_options.hpp>
#include <rapt/gan/gan_penalty.hpp>
#include <rapt/gan/gan_recipe.hpp>
#include <rapt/gan/gan_step.hpp>
#include <rapt/gan/wiring.hpp>
#include <rapt/loss/feature_matching_loss.hpp>
#include <rapt/loss/gan_loss.hpp>
#include <rapt/loss/non_saturating_gan_loss.hpp>
#include <rapt/ops/logistic.hpp>
#include <rapt/optim/adam.hpp>
#include <rapt/optim/average.hpp>
#include <rapt/optim/clip.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace rapt {

/// What a GanTrainer carries from one step to the next: with both models, all that a checkpoint holds.
template <class G, class D>
struct GanTrainerState {
  std::int64_t steps = 0;  // made so far; the random draws of a step follow from its number
  Adam<G> generator;
  Adam<D> discriminator;
  std::optional<ExponentialMovingAverage<G>> average;  // of the generator, where the options ask for one
};

/// Working memory of adversarial training: caches, gradients, optimisers, average. The models stay outside.
///
/// A step makes `discriminator_steps` updates of D on the loss and every `penalty_every`-th time on the
/// penalty, each on batches of its own, then one of G through the updated D with the last z (Goodfellow et
/// al. 2014, arXiv:1406.2661, algorithm 1). All caches are in training mode with sub-streams of (stream,
/// step). What D's layers propose without gradient is absorbed after each update of D, what G's propose after
/// G's; in G's update D does not change at all. A loss or gradient that is not finite is named and moves
/// nothing; so is a gradient whose square, which Adam keeps, is not.
///
/// \tparam Loss     a GanLoss: of both players, with its label smoothing
/// \tparam Penalty  a GanPenalty on D's gradient
/// \cost    a warm step allocates nothing
/// \throws  what the layers throw; std::invalid_argument for options, a weight of the penalty or a label
///          smoothing out of range. A step whose first batch is refused, by a layer, the loss or the penalty,
///          changes nothing and does not count.
/// \borrows inputs and real samples of a step until it returns
template <class G, class D, class Loss = NonSaturatingGanLoss<typename G::Scalar>, class Penalty = NoPenalty,
          class Wiring = GanWiring<G, D>>
requires GanPair<G, D, Wiring> && GanLoss<Loss> && std::same_as<typename Loss::Scalar, typename G::Scalar> &&
    GanPenalty<Penalty, D, Wiring, typename G::Input>
class GanTrainer {
 public:
  using T = typename G::Scalar;
  using GInput = typename G::Input;
  using DInput = typename D::Input;
  using State = GanTrainerState<G, D>;

  GanTrainer(const G& g, const D& d, GanOptions options = {}, RandomStream stream = RandomStream{},
             Loss loss = Loss{}, Penalty penalty = Penalty{})
      : options_((options.check(), options)),
        stream_(stream),
        loss_(std::move(loss)),
        penalty_(std::move(penalty)),
        state_{0, Adam<G>(g, options.generator), Adam<D>(d, options.discriminator), {}},
        g_gradient_(zeros_like(g)),
        d_gradient_(zeros_like(d)) {
    if (options.average.decay > 0) state_.average.emplace(g, AverageOptions{.decay = options.average.decay});
    check_parts();
    if constexpr (requires { penalty_.weight; }) {  // once every k updates, k times as strong
      penalty_.weight *= static_cast<decltype(penalty_.weight)>(options.penalty_every);
    }
    detail::expect_option(detail::has_features<D> || options.features.weight == 0, "GanTrainer",
                          "features.weight", options.features.weight,
                          "0, as the discriminator exposes no features");
    detail::expect_option(can_replace_sample || options.instance_noise.deviation == 0, "GanTrainer",
                          "instance_noise.deviation", options.instance_noise.deviation,
                          "0, as the wiring has no with_sample");
  }

  // A template, so that {} means options and no recipe.
  template <std::same_as<GanRecipe<Loss, Penalty>> Recipe>
  GanTrainer(const G& g, const D& d, const Recipe& recipe, RandomStream stream = RandomStream{})
      : GanTrainer(g, d, recipe.options, stream, recipe.loss, recipe.penalty) {}

  /// One step; `inputs(k)` gives G's input and `reals(k)` the real samples of D's update k = 0, 1, ...
  template <class Inputs, class Reals>
  requires requires(Inputs& inputs, Reals& reals, Index k) {
    { inputs(k) } -> std::convertible_to<GInput>;
    { reals(k) } -> std::convertible_to<DInput>;
  }
  GanStep<T> step(G& g, D& d, Inputs&& inputs, Reals&& reals) {
    GanStep<T> result;
    result.step = state_.steps + 1;
    penalties_ = 0;
    const RandomStream stream = stream_.substream(static_cast<std::uint64_t>(result.step));
    for (Index k = 0; k < options_.discriminator_steps; ++k) {
      real_ = reals(k);
      input_ = inputs(k);
      const RandomStream own = stream.substream(static_cast<std::uint64_t>(k));
      start(g, d, own);
      const bool moved = train_discriminator(g, d, k, own, result);
      state_.steps = result.step;  // all that may be refused was accepted: from here on the step is made
      if (!moved) return result;
    }
    if (penalties_ > 0) result.penalty /= static_cast<T>(penalties_);
    if (train_generator(g, d, stream.substream("generator step"), result)) keep_average(g);
    return result;
  }

  /// One step on one batch. \throws std::invalid_argument where the options ask for several updates of D
  GanStep<T> step(G& g, D& d, const GInput& input, const DInput& real) {
    if (options_.discriminator_steps != 1) {
      throw std::invalid_argument("GanTrainer::step: one batch for " +
                                  std::to_string(options_.discriminator_steps) + " discriminator steps");
    }
    return step(
        g, d, [&](Index) { return input; }, [&](Index) { return real; });
  }

  /// Steps made; a resumed training sets what the stopped one had.
  std::int64_t& steps() { return state_.steps; }
  Adam<G>& generator_optimiser() { return state_.generator; }
  Adam<D>& discriminator_optimiser() { return state_.discriminator; }
  /// All that a checkpoint needs besides models, options and stream; a copy put back resumes bit for bit.
  State& state() { return state_; }
  const State& state() const { return state_; }
  const GanOptions& options() const { return options_; }

  /// The generator to sample from: the average where the options ask for one, else `g` itself.
  const G& sampler(const G& g) const { return state_.average ? state_.average->average : g; }
  const G& sampler(const G&& g) const = delete;

 private:
  static constexpr bool can_replace_sample = requires(const DInput& x, typename G::Output sample) {
    { Wiring::with_sample(x, sample) } -> std::same_as<DInput>;
  };
  using Noisy = Tensor<T, G::Output::rank>;

  // Settings of the loss and the penalty, which check them only where they use them.
  void check_parts() const {
    if constexpr (requires { loss_.label_smoothing; }) {
      const auto smoothing = static_cast<double>(loss_.label_smoothing);
      detail::expect_option(smoothing >= 0 && smoothing < 1, "GanTrainer", "loss.label_smoothing", smoothing,
                            "at least 0 and below 1");
    }
    if constexpr (requires { penalty_.weight; }) {
      const auto weight = static_cast<double>(penalty_.weight);
      detail::expect_option(std::isfinite(weight) && weight >= 0, "GanTrainer", "penalty.weight", weight,
                            "finite and at least 0");
    }
  }

  void start(const G& g, const D& d, const RandomStream& stream) {
    if (cold_) {  // caches in run-time vectors are not there before the first forward
      d.forward(Wiring::input(input_, g.forward(input_, g_cache_)), fake_cache_);
      d.forward(real_, real_cache_);
      cold_ = false;
    }
    start_training(g_cache_, stream.substream("generator"));
    start_training(real_cache_, stream.substream("real"));
    start_training(fake_cache_, stream.substream("fake"));
  }

  // What D reads: the sample itself, or a copy with instance noise.
  DInput seen(const DInput& x, std::int64_t step, const RandomStream& stream, Noisy& memory) {
    if constexpr (can_replace_sample) {
      const double deviation = options_.instance_noise.at(step);
      if (deviation > 0)
        return Wiring::with_sample(x, add_noise(Wiring::gradient(x), deviation, stream, memory));
    }
    return x;
  }

  bool train_discriminator(const G& g, D& d, Index k, const RandomStream& stream, GanStep<T>& result) {
    const T share = T(1) / static_cast<T>(options_.discriminator_steps);
    fake_ = g.forward(input_, g_cache_);  // lives in g_cache_ until the next forward of G
    const DInput real = seen(real_, result.step, stream.substream("real noise"), noisy_real_);
    const DInput fake =
        seen(Wiring::input(input_, fake_), result.step, stream.substream("fake noise"), noisy_fake_);
    // One discriminator, two passes alive at once, one gradient: each pass has a cache of its own.
    const auto real_logits = d.forward(real, real_cache_);
    const auto fake_logits = d.forward(fake, fake_cache_);
    const T loss = loss_.discriminator(real_logits, fake_logits, loss_cache_);
    result.discriminator_loss += share * loss;
    result.real_logit += share * mean(real_logits);
    result.fake_logit += share * mean(fake_logits);
    result.real_probability += share * mean_probability(real_logits);
    result.fake_probability += share * mean_probability(fake_logits);
    if (!std::isfinite(loss)) {
      return detail::all_finite(real_logits)
                 ? name_fakes(result, "discriminator loss on fakes", g, d, fake_logits)
                 : name_reals(result, "discriminator loss on real samples", d, real_, real_logits);
    }

    set_zero(d_gradient_, state_.discriminator.options.rows);
    const GanLossGradient<T> d_logits = loss_.discriminator_backward(loss_cache_);
    d.backward(d_logits.real, real_cache_, &d_gradient_, InputGradient::skip);
    d.backward(d_logits.fake, fake_cache_, &d_gradient_, InputGradient::skip);
    if (!add_penalty(d, real, Wiring::gradient(fake), k, stream.substream("penalty"), result)) return false;
    const double norm =
        clip_grad_norm(d_gradient_, options_.discriminator_clip, {.rows = state_.discriminator.options.rows});
    result.discriminator_gradient_norm += static_cast<double>(share) * norm;
    if (!std::isfinite(norm))
      return name_gradient(result, "discriminator gradient", "gradient of discriminator ", d_gradient_);
    if (!detail::squares_fit(d_gradient_, std::min(norm, options_.discriminator_clip))) {
      return name_square(result, "square of discriminator gradient", "square of gradient of discriminator ",
                         d_gradient_);
    }
    state_.discriminator.step(d, d_gradient_);
    if (std::isfinite(options_.weight_clip)) clip_weights(d, options_.weight_clip);
    absorb(d, real_cache_);
    absorb(d, fake_cache_);
    return true;
  }

  bool add_penalty(const D& d, const DInput& real, typename G::Output fake, Index k,
                   const RandomStream& stream, GanStep<T>& result) {
    if constexpr (!std::same_as<Penalty, NoPenalty>) {
      // Counted over all updates of D there have been, so that a resumed training goes on in step.
      const std::int64_t update = (result.step - 1) * options_.discriminator_steps + k;
      if (update % options_.penalty_every != 0) return true;
      const T value = penalty_.add(d, real, fake, input_, stream, penalty_cache_, &d_gradient_);
      ++penalties_;
      result.penalty += value / static_cast<T>(options_.penalty_every);
      if (!std::isfinite(value)) {
        return name_gradient(result, "discriminator penalty", "gradient of discriminator ", d_gradient_);
      }
    }
    return true;
  }

  bool train_generator(G& g, const D& d, const RandomStream& stream, GanStep<T>& result) {
    const DInput fake =
        seen(Wiring::input(input_, fake_), result.step, stream.substream("fake noise"), noisy_fake_);
    typename D::Output real_logits{};
    if (Loss::generator_reads_real || options_.features.weight > 0) {
      const DInput real = seen(real_, result.step, stream.substream("real noise"), noisy_real_);
      real_logits = d.forward(real, real_cache_);
    }
    const auto fake_logits = d.forward(fake, fake_cache_);
    result.generator_loss = loss_.generator(real_logits, fake_logits, loss_cache_);
    const auto d_logits = loss_.generator_backward(loss_cache_);
    result.generator_signal = sum_of_sizes(d_logits);
    const DInput dx = generator_input_gradient(d, d_logits, result);
    if (!std::isfinite(result.generator_loss)) {
      return Loss::generator_reads_real && !detail::all_finite(real_logits)
                 ? name_reals(result, "generator loss", d, real_, real_logits)
                 : name_fakes(result, "generator loss", g, d, fake_logits);
    }
    set_zero(g_gradient_, state_.generator.options.rows);
    g.backward(Wiring::gradient(dx), g_cache_, &g_gradient_, InputGradient::skip);
    const double norm =
        clip_grad_norm(g_gradient_, options_.generator_clip, {.rows = state_.generator.options.rows});
    result.generator_gradient_norm = norm;
    if (!std::isfinite(norm))
      return name_gradient(result, "generator gradient", "gradient of generator ", g_gradient_);
    if (!detail::squares_fit(g_gradient_, std::min(norm, options_.generator_clip))) {
      return name_square(result, "square of generator gradient", "square of gradient of generator ",
                         g_gradient_);
    }
    state_.generator.step(g, g_gradient_);
    absorb(g, g_cache_);
    return true;
  }

  // The gradient of G's loss by D's input; adds feature matching to the loss where it is asked for. The null
  // gradient freezes D: only the gradient of its input is computed.
  DInput generator_input_gradient(const D& d, TensorView<const T, 2> d_logits, GanStep<T>& result) {
    if constexpr (detail::has_features<D>) {
      const auto& o = options_.features;
      if (o.weight > 0) {
        result.feature_loss =
            feature_loss_.forward(d.features(fake_cache_), d.features(real_cache_), feature_cache_);
        result.generator_loss = static_cast<T>(o.adversarial_weight) * result.generator_loss +
                                static_cast<T>(o.weight) * result.feature_loss;
        return d.backward(scaled(d_logits, o.adversarial_weight, scaled_logits_),
                          scaled(feature_loss_.backward(feature_cache_), o.weight, scaled_features_),
                          fake_cache_, nullptr);
      }
    }
    return d.backward(d_logits, fake_cache_, nullptr);
  }

  void keep_average(const G& g) {
    if (!state_.average) return;
    // An average without updates takes the next generator as it is.
    if (warming_up()) state_.average->updates = 0;
    state_.average->update(g);
  }
  bool warming_up() const { return state_.steps <= options_.average.warmup; }

  static TensorView<const T, 2> scaled(TensorView<const T, 2> x, double factor, Tensor<T, 2>& memory) {
    if (factor == 1) return x;
    memory.resize(x.shape()).array() = static_cast<T>(factor) * x.array();
    return memory;
  }
  static T mean(TensorView<const T, 2> x) {
    T sum = 0;
    for (const T v : x) sum += v;
    return x.size() == 0 ? T(0) : sum / static_cast<T>(x.size());
  }
  static T mean_probability(TensorView<const T, 2> logits) {
    T sum = 0;
    for (const T x : logits) sum += detail::logistic(x);
    return logits.size() == 0 ? T(0) : sum / static_cast<T>(logits.size());
  }
  static double sum_of_sizes(TensorView<const T, 2> x) {
    double sum = 0;
    for (const T v : x) sum += std::abs(static_cast<double>(v));
    return sum;
  }

  // Each names a loss or gradient and what comes first on the way to it that is not finite. Returns false.
  static bool name_reals(GanStep<T>& result, std::string_view what, const D& d, const DInput& real,
                         TensorView<const T, 2> logits) {
    FirstNotFinite first;
    first.see_input("real samples", real);
    first.see_parameters("discriminator ", d);
    first.see("discriminator logits", logits);
    return name(result, what, first);
  }
  bool name_fakes(GanStep<T>& result, std::string_view what, const G& g, const D& d,
                  TensorView<const T, 2> logits) const {
    FirstNotFinite first;
    first.see_input("generator input", input_);
    first.see_parameters("generator ", g);
    first.see("generator output", fake_);
    first.see_parameters("discriminator ", d);
    first.see("discriminator logits", logits);
    return name(result, what, first);
  }
  template <class Model>
  static bool name_gradient(GanStep<T>& result, std::string_view what, const char* prefix,
                            const Model& gradient) {
    FirstNotFinite first;
    first.see_parameters(prefix, gradient);
    return name(result, what, first);
  }
  template <class Model>
  static bool name_square(GanStep<T>& result, std::string_view what, const char* prefix,
                          const Model& gradient) {
    FirstNotFinite first;
    named_parameters(
        [&](std::string_view name, const auto& g) {
          if (!detail::squares_fit(g))
            first.see(prefix + std::string(name), std::array{std::numeric_limits<T>::infinity()});
        },
        gradient);
    return name(result, what, first);
  }
  static bool name(GanStep<T>& result, std::string_view what, const FirstNotFinite& first) {
    result.not_finite = what;
    result.not_finite_tensor = first.name();
    return false;
  }

  GanOptions options_;
  RandomStream stream_;
  Loss loss_;
  Penalty penalty_;
  State state_;
  G g_gradient_;
  D d_gradient_;
  bool cold_ = true;
  Index penalties_ = 0;  // of this step
  typename G::Cache g_cache_;
  typename D::Cache real_cache_, fake_cache_;
  typename Loss::Cache loss_cache_;
  [[no_unique_address]] typename Penalty::template Cache<D, Wiring> penalty_cache_;
  FeatureMatchingLoss<T> feature_loss_;
  typename FeatureMatchingLoss<T>::Cache feature_cache_;
  Tensor<T, 2> scaled_logits_, scaled_features_;
  Noisy noisy_real_, noisy_fake_;
  DInput real_{};              // of the last update of D, borrowed for the length of a step
  GInput input_{};             // of the last fakes, borrowed likewise
  typename G::Output fake_{};  // in g_cache_
};
template <class G, class D, class Loss, class Penalty>
GanTrainer(const G&, const D&, const GanRecipe<Loss, Penalty>&, RandomStream = RandomStream{})
    -> GanTrainer<G, D, Loss, Penalty>;

}  // namespace rapt
