#include "training.hpp"

#include "networks.hpp"

#include <rapt/gan/one_hot.hpp>
#include <rapt/gan/trainer.hpp>
#include <rapt/loss/hinge_gan_loss.hpp>

#include <chrono>
#include <ctime>
#include <stdexcept>

namespace sagan {
namespace {

constexpr Index sample_columns = 10;  // images a class to look at

TensorView<const float, 2> with_classes(TensorView<const Index, 1> labels, Index classes,
                                        Tensor<float, 2>& memory) {
  rapt::one_hot(labels, memory.resize({labels.size(), classes}));
  return memory;
}

// Images and classes drawn from the training set, in a random order that begins anew when it is through.
class Batches {
 public:
  Batches(const rapt::LabelledImages& all, RandomStream stream) : all_(all), stream_(stream) {
    for (Index n = 0; n < all.size(); ++n) order_.push_back(n);
    next_ = order_.size();
  }

  rapt::ConditionalInput<float, 4> next(Index count) {
    images_.resize({count, 1, all_.images.extent(2), all_.images.extent(3)});
    labels_.resize({count});
    for (Index n = 0; n < count; ++n) {
      if (next_ == order_.size()) {
        rapt::shuffle<Index>(order_, stream_);
        next_ = 0;
      }
      const Index from = order_[next_++];
      std::ranges::copy(all_.images[from], images_[n].begin());
      labels_(n) = all_.labels(from);
    }
    return {images_, with_classes(labels_, all_.classes, conditions_)};
  }

 private:
  const rapt::LabelledImages& all_;
  RandomStream stream_;
  std::vector<Index> order_;
  std::size_t next_ = 0;
  Tensor<float, 4> images_;
  Tensor<Index, 1> labels_;
  Tensor<float, 2> conditions_;
};

struct NoiseBatch {
  Tensor<float, 2> z, conditions;
  Tensor<Index, 1> labels;

  // class_of(n) is the class that image n shall have.
  template <class ClassOf>
  rapt::ConditionalInput<float> draw(Index count, Index width, Index classes, RandomStream& stream,
                                     ClassOf class_of) {
    fill_normal(z.resize({count, width}), 0, 1, stream);
    labels.resize({count});
    for (Index n = 0; n < count; ++n) labels(n) = class_of(n);
    return {z, with_classes(labels, classes, conditions)};
  }
};

// What the generator makes in prediction, in slices so that caches stay small.
template <class G>
Tensor<float, 4> generate(const G& generator, const NoiseBatch& noise, Index side, Samples* with_weights) {
  const Index count = noise.labels.size();
  Tensor<float, 4> images({count, 1, side, side});
  typename G::Cache cache;
  constexpr Index slice = 100;
  for (Index from = 0; from < count; from += slice) {
    const Index to = std::min(count, from + slice);
    if constexpr (attends<decltype(generator.net.middle)>) {
      if (with_weights != nullptr) cache.net.middle.need_weights = rapt::NeedWeights::averaged;
    }
    const auto y =
        generator.forward({noise.z.view().slice(from, to), noise.conditions.view().slice(from, to)}, cache);
    std::ranges::copy(y, images.view().slice(from, to).begin());
    if constexpr (attends<decltype(generator.net.middle)>) {
      if (with_weights != nullptr) {
        const auto weights = cache.net.middle.weights();
        if (from == 0)
          with_weights->weights = Tensor<float, 3>({count, weights.extent(1), weights.extent(2)});
        std::ranges::copy(weights, with_weights->weights.view().slice(from, to).begin());
      }
    }
  }
  return images;
}

template <class Kind>
class Training {
  using G = Generator<Kind>;
  using D = Discriminator<Kind>;
  using Trainer = rapt::GanTrainer<G, D, rapt::HingeGanLoss<float>>;

 public:
  Training(const ImageData& data, const Recipe& recipe, bool attention, std::uint64_t seed,
           const Judge& judge)
      : data_(data),
        recipe_(recipe),
        judge_(judge),
        stream_(seed),
        generator_(make_generator<Kind>(recipe, data.train.classes, stream_.substream("generator"))),
        discriminator_(
            make_discriminator<Kind>(recipe, data.train.classes, stream_.substream("discriminator"))),
        trainer_(generator_, discriminator_, options(recipe), stream_.substream("trainer")) {
    run_.seed = seed;
    run_.attention = attention;
    run_.steps = recipe.steps;
    run_.parameters = rapt::parameter_count(generator_) + rapt::parameter_count(discriminator_);
    RandomStream judged = stream_.substream("measured"), shown = stream_.substream("shown");
    const Index classes = data.train.classes;
    measured_.draw(recipe.fakes, recipe.noise, classes, judged, [&](Index n) { return n % classes; });
    shown_.draw(classes * sample_columns, recipe.noise, classes, shown,
                [](Index n) { return n / sample_columns; });
  }

  Run run(common::Progress& progress) {
    Batches reals(data_.train, stream_.substream("reals"));
    RandomStream noise = stream_.substream("noise");
    LossPoint sum;
    const Index report = std::max<Index>(1, recipe_.steps / 60);
    for (Index step = 1; step <= recipe_.steps; ++step) {
      const auto begin = Clock::now();
      const std::clock_t busy = std::clock();
      const auto input = drawn_.draw(recipe_.batch, recipe_.noise, data_.train.classes, noise,
                                     [&](Index) { return rapt::uniform_index(noise, data_.train.classes); });
      const auto made = trainer_.step(generator_, discriminator_, input, reals.next(recipe_.batch));
      run_.seconds += std::chrono::duration<double>(Clock::now() - begin).count();
      run_.cpu_seconds += static_cast<double>(std::clock() - busy) / CLOCKS_PER_SEC;
      if (!made.finite()) throw std::runtime_error(made.message());
      sum.discriminator += static_cast<double>(made.discriminator_loss);
      sum.generator += static_cast<double>(made.generator_loss);
      if (step % report == 0) {
        run_.losses.push_back({step, sum.discriminator / static_cast<double>(report),
                               sum.generator / static_cast<double>(report)});
        sum = {};
      }
      if (step % recipe_.measure_every == 0 || step == recipe_.steps) measure(step, progress);
    }
    finish();
    return std::move(run_);
  }

 private:
  using Clock = std::chrono::steady_clock;

  static rapt::GanOptions options(const Recipe& recipe) {
    rapt::GanOptions result;
    result.generator = {.rate = recipe.generator_rate, .beta1 = 0, .beta2 = 0.9};
    result.discriminator = {.rate = recipe.discriminator_rate, .beta1 = 0, .beta2 = 0.9};
    result.average.decay = recipe.average;
    return result;
  }

  void measure(Index step, common::Progress& progress) {
    fakes_ = generate(trainer_.sampler(generator_), measured_, recipe_.side, nullptr);
    run_.measures = judge_.measure(fakes_, measured_.labels);
    run_.curve.push_back({step, run_.seconds, run_.cpu_seconds, run_.measures});
    progress.show({.task = std::string(run_.attention ? "attention" : "no attention") + ", seed " +
                           std::to_string(run_.seed),
                   .done = step,
                   .steps = recipe_.steps,
                   .note = "Frechet " + common::fixed(run_.measures.frechet, 3) + ", accuracy " +
                           common::fixed(100 * run_.measures.accuracy, 1) + " %"});
  }

  void finish() {
    const auto& sampler = trainer_.sampler(generator_);
    run_.generator_gamma = static_cast<double>(sampler.net.middle.gamma(0));
    run_.discriminator_gamma = static_cast<double>(discriminator_.body.middle.gamma(0));
    run_.samples.columns = sample_columns;
    run_.samples.map_side = recipe_.attention_side;
    run_.samples.images = generate(sampler, shown_, recipe_.side, &run_.samples);
    const auto seen = judge_.features(fakes_);
    run_.precision_recall = rapt::precision_recall(judge_.held_out_features(), seen);
    // Every pair of images counts: of many, the first hundred say enough.
    const auto rows = [](const Tensor<float, 4>& images, Index most) {
      const Index count = std::min(images.extent(0), most), width = images.size() / images.extent(0);
      return images.view().slice(0, count).reshape(rapt::Shape<2>{count, width});
    };
    const Index most = data_.train.size() > 10000 ? 100 : 10000;
    run_.memorization = rapt::memorization(rows(fakes_, most), rows(data_.train.images, data_.train.size()),
                                           rows(data_.held_out.images, most));
  }

  const ImageData& data_;
  const Recipe& recipe_;
  const Judge& judge_;
  RandomStream stream_;
  G generator_;
  D discriminator_;
  Trainer trainer_;
  NoiseBatch drawn_, measured_, shown_;
  Tensor<float, 4> fakes_;
  Run run_;
};

}  // namespace

Run train(const ImageData& data, const Recipe& recipe, bool attention, std::uint64_t seed, const Judge& judge,
          common::Progress& progress) {
  if (attention) return Training<WithAttention>(data, recipe, true, seed, judge).run(progress);
  return Training<WithoutAttention>(data, recipe, false, seed, judge).run(progress);
}

}  // namespace sagan
