#pragma once
/// \file  Alternating training of a generative adversarial network.

#include <rapt/core/training.hpp>
#include <rapt/gan/gan_step.hpp>
#include <rapt/gan/wiring.hpp>
#include <rapt/loss/bce_with_logits.hpp>
#include <rapt/ops/logistic.hpp>
#include <rapt/optim/adam.hpp>

#include <cmath>
#include <concepts>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace rapt {

/// Defaults are those of Radford et al. 2016, arXiv:1511.06434, section 4.
/// \units label_smoothing in [0, 1): real samples are aimed at 1 - label_smoothing, fakes at 0 (one-sided,
///        Salimans et al. 2016, arXiv:1606.03498, section 3.4)
struct GanOptions {
  AdamOptions generator{.rate = 2e-4, .beta1 = 0.5};
  AdamOptions discriminator{.rate = 2e-4, .beta1 = 0.5};
  Index discriminator_steps = 1;
  double label_smoothing = 0;
};

/// Working memory of adversarial training: caches, gradients, optimisers. The models stay outside.
///
/// A step makes `discriminator_steps` updates of D on `-mean log D(x) - mean log(1 - D(G(z)))`, each on
/// batches of its own, then one of G through the updated D on `-mean log D(G(z))`, the non-saturating loss,
/// with the last z (Goodfellow et al. 2014, arXiv:1406.2661, algorithm 1 and section 3). All caches are in
/// training mode with sub-streams of (stream, step). What D's layers propose without gradient is absorbed
/// after each update of D, what G's propose after G's; in G's update D does not change at all.
///
/// \cost    a warm step allocates nothing
/// \throws  what the layers throw; std::invalid_argument for options out of range. A step whose first batch
/// is
///          refused changes nothing and does not count.
/// \borrows inputs and real samples of a step until it returns
template <class G, class D, class Wiring = GanWiring<G, D>>
requires GanPair<G, D, Wiring>
class GanTrainer {
 public:
  using T = typename G::Scalar;
  using GInput = typename G::Input;
  using DInput = typename D::Input;

  GanTrainer(const G& g, const D& d, GanOptions options = {}, RandomStream stream = RandomStream{})
      : options_(options),
        stream_(stream),
        g_optimiser_(g, options.generator),
        d_optimiser_(d, options.discriminator),
        g_gradient_(zeros_like(g)),
        d_gradient_(zeros_like(d)) {
    detail::expect_option(options.discriminator_steps >= 1, "GanTrainer", "discriminator_steps",
                          static_cast<double>(options.discriminator_steps), "at least 1");
    detail::expect_option(options.label_smoothing >= 0 && options.label_smoothing < 1, "GanTrainer",
                          "label_smoothing", options.label_smoothing, "at least 0 and below 1");
  }

  /// One step; `inputs(k)` gives G's input and `reals(k)` the real samples of D's update k = 0, 1, ...
  template <class Inputs, class Reals>
  requires requires(Inputs& inputs, Reals& reals, Index k) {
    { inputs(k) } -> std::convertible_to<GInput>;
    { reals(k) } -> std::convertible_to<DInput>;
  }
  GanStep<T> step(G& g, D& d, Inputs&& inputs, Reals&& reals) {
    GanStep<T> result;
    result.step = steps_ + 1;
    const RandomStream stream = stream_.substream(static_cast<std::uint64_t>(result.step));
    for (Index k = 0; k < options_.discriminator_steps; ++k) {
      const DInput real = reals(k);
      input_ = inputs(k);
      start(g, d, real, stream.substream(static_cast<std::uint64_t>(k)));
      if (!train_discriminator(g, d, real, result)) return result;
    }
    train_generator(g, d, result);
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
  std::int64_t& steps() { return steps_; }
  Adam<G>& generator_optimiser() { return g_optimiser_; }
  Adam<D>& discriminator_optimiser() { return d_optimiser_; }

 private:
  void start(const G& g, const D& d, const DInput& real, const RandomStream& stream) {
    if (cold_) {  // caches in run-time vectors are not there before the first forward
      d.forward(Wiring::input(input_, g.forward(input_, g_cache_)), fake_cache_);
      d.forward(real, real_cache_);
      cold_ = false;
    }
    start_training(g_cache_, stream.substream("generator"));
    start_training(real_cache_, stream.substream("real"));
    start_training(fake_cache_, stream.substream("fake"));
  }

  bool train_discriminator(const G& g, D& d, const DInput& real, GanStep<T>& result) {
    const T share = T(1) / static_cast<T>(options_.discriminator_steps);
    fake_ = g.forward(input_, g_cache_);  // lives in g_cache_ until the next forward of G
    // One discriminator, two passes alive at once, one gradient: each pass has a cache of its own.
    const auto real_logits = d.forward(real, real_cache_);
    const auto fake_logits = d.forward(Wiring::input(input_, fake_), fake_cache_);
    const T real_loss = loss_.forward(real_logits, T(1 - options_.label_smoothing), real_loss_);
    const T fake_loss = loss_.forward(fake_logits, T(0), fake_loss_);
    steps_ = result.step;  // all shapes fit: from here on the step is made
    result.discriminator_loss += share * (real_loss + fake_loss);
    result.real_probability += share * mean_probability(real_logits);
    result.fake_probability += share * mean_probability(fake_logits);
    if (!std::isfinite(real_loss))
      return name(result, "discriminator loss on real samples", g, d, &real, real_logits);
    if (!std::isfinite(fake_loss))
      return name(result, "discriminator loss on fakes", g, d, nullptr, fake_logits);

    set_zero(d_gradient_, options_.discriminator.rows);
    d.backward(loss_.backward(real_loss_), real_cache_, &d_gradient_, InputGradient::skip);
    d.backward(loss_.backward(fake_loss_), fake_cache_, &d_gradient_, InputGradient::skip);
    d_optimiser_.step(d, d_gradient_);
    absorb(d, real_cache_);
    absorb(d, fake_cache_);
    return true;
  }

  void train_generator(G& g, const D& d, GanStep<T>& result) {
    const auto logits = d.forward(Wiring::input(input_, fake_), fake_cache_);
    result.generator_loss = loss_.forward(logits, T(1), fake_loss_);
    if (!std::isfinite(result.generator_loss)) {
      name(result, "generator loss", g, d, nullptr, logits);
      return;
    }
    // The null gradient freezes D: only the gradient of its input is computed.
    const DInput dx = d.backward(loss_.backward(fake_loss_), fake_cache_, nullptr);
    set_zero(g_gradient_, options_.generator.rows);
    g.backward(Wiring::gradient(dx), g_cache_, &g_gradient_, InputGradient::skip);
    g_optimiser_.step(g, g_gradient_);
    absorb(g, g_cache_);
  }

  static T mean_probability(TensorView<const T, 2> logits) {
    T sum = 0;
    for (const T x : logits) sum += detail::logistic(x);
    return logits.size() == 0 ? T(0) : sum / static_cast<T>(logits.size());
  }

  // Names the loss, and what comes first on the way to it that is not finite. Returns false.
  bool name(GanStep<T>& result, std::string_view loss, const G& g, const D& d, const DInput* real,
            TensorView<const T, 2> logits) const {
    result.not_finite = loss;
    const auto see = [&](const std::string& tensor, const auto& view) {
      if (!result.not_finite_tensor.empty()) return;
      for (const T x : view) {
        if (!std::isfinite(x)) {
          result.not_finite_tensor = tensor;
          return;
        }
      }
    };
    if (real != nullptr) {
      detail::zip_views([&](const auto& view) { see("real samples", view); }, *real);
    } else {
      detail::zip_views([&](const auto& view) { see("generator input", view); }, input_);
      named_parameters([&](std::string_view n, const auto& p) { see("generator " + std::string(n), p); }, g);
      see("generator output", fake_);
    }
    named_parameters([&](std::string_view n, const auto& p) { see("discriminator " + std::string(n), p); },
                     d);
    see("discriminator logits", logits);
    return false;
  }

  GanOptions options_;
  RandomStream stream_;
  std::int64_t steps_ = 0;
  bool cold_ = true;
  BCEWithLogitsLoss<T> loss_;
  Adam<G> g_optimiser_;
  Adam<D> d_optimiser_;
  G g_gradient_;
  D d_gradient_;
  typename G::Cache g_cache_;
  typename D::Cache real_cache_, fake_cache_;
  typename BCEWithLogitsLoss<T>::Cache real_loss_, fake_loss_;
  GInput input_{};             // of the last fakes, borrowed for the length of a step
  typename G::Output fake_{};  // in g_cache_
};

}  // namespace rapt
