#include "judge.hpp"

#include <rapt/gan/kernel_distance.hpp>
#include <rapt/loss/cross_entropy.hpp>
#include <rapt/optim/adam.hpp>

#include <algorithm>
#include <numeric>
#include <span>
#include <vector>

namespace sagan {
namespace {

constexpr Index judge_features = 32, judge_batch = 50;

// f(from, to) over slices of at most 500 images: memory of the caches stays bounded.
template <class F>
void in_slices(Index images, F f) {
  for (Index from = 0; from < images; from += 500) f(from, std::min(images, from + 500));
}

}  // namespace

Judge::Judge(const ImageData& data, Index epochs, common::Progress& progress) {
  rapt::RandomStream stream(7);
  const Index half = data.side() / 2;
  classifier_ =
      Classifier(Body(rapt::Conv2d<float>(1, 16, 3, stream, {.padding = 1}), rapt::LeakyReLU<float, 4>(0.1f),
                      rapt::Conv2d<float>(16, 32, 4, stream, {.stride = 2, .padding = 1}),
                      rapt::LeakyReLU<float, 4>(0.1f), rapt::Flatten<float>(), rapt::Dropout<float>(0.3),
                      rapt::Linear<float>(32 * half * half, judge_features, stream), rapt::Tanh<float>()),
                 rapt::Linear<float>(judge_features, data.train.classes, stream));
  train(data.train, epochs, progress);
  train_ = features(data.train.images);
  held_out_ = features(data.held_out.images);
  held_out_moments_ = rapt::gaussian_moments(TensorView<const float, 2>(held_out_));
  held_out_accuracy_ = accuracy(held_out_, data.held_out.labels);
  train_frechet_ =
      rapt::frechet_distance(held_out_moments_, rapt::gaussian_moments(TensorView<const float, 2>(train_)));
}

void Judge::train(const rapt::LabelledImages& images, Index epochs, common::Progress& progress) {
  rapt::RandomStream stream(8);
  Classifier::Cache cache;
  rapt::start_training(cache, stream.substream("dropout"));
  Classifier gradient = rapt::zeros_like(classifier_);
  rapt::Adam<Classifier> adam(classifier_, {.rate = 1e-3});
  const rapt::CrossEntropyLoss<float> loss;
  rapt::CrossEntropyLoss<float>::Cache loss_cache;
  std::vector<Index> order(static_cast<std::size_t>(images.size()));
  std::iota(order.begin(), order.end(), Index{0});
  for (Index epoch = 0; epoch < epochs; ++epoch) {
    rapt::shuffle<Index>(order, stream);
    double sum = 0;
    Index batches = 0;
    for (Index from = 0; from < images.size(); from += judge_batch) {
      const Index count = std::min(judge_batch, images.size() - from);
      const auto batch = images.chosen(std::span<const Index>(order).subspan(
          static_cast<std::size_t>(from), static_cast<std::size_t>(count)));
      const auto logits = classifier_.forward(batch.images, cache);
      sum += static_cast<double>(loss.forward(logits, batch.labels, loss_cache));
      ++batches;
      rapt::set_zero(gradient);
      classifier_.backward(loss.backward(loss_cache), cache, &gradient, rapt::InputGradient::skip);
      adam.step(classifier_, gradient);
    }
    progress.show({.task = "classifier",
                   .done = epoch + 1,
                   .steps = epochs,
                   .loss = sum / static_cast<double>(batches)});
  }
}

Tensor<float, 2> Judge::features(const Tensor<float, 4>& images) const {
  Tensor<float, 2> result({images.extent(0), judge_features});
  Body::Cache cache;
  in_slices(images.extent(0), [&](Index from, Index to) {
    const auto y = std::get<0>(classifier_.layers).forward(images.view().slice(from, to), cache);
    std::ranges::copy(y, result.view().slice(from, to).begin());
  });
  return result;
}

double Judge::accuracy(const Tensor<float, 2>& features, const Tensor<Index, 1>& labels) const {
  const auto logits = rapt::predict(std::get<1>(classifier_.layers), features);
  Index right = 0;
  for (Index n = 0; n < labels.size(); ++n) {
    const auto row = logits[n];
    right += std::max_element(row.begin(), row.end()) - row.begin() == labels(n);
  }
  return labels.size() == 0 ? 0 : static_cast<double>(right) / static_cast<double>(labels.size());
}

Measures Judge::measure(const Tensor<float, 4>& images, const Tensor<Index, 1>& labels) const {
  const auto seen = features(images);
  const TensorView<const float, 2> fakes = seen, reals = held_out_;
  return {.frechet = rapt::frechet_distance(held_out_moments_, rapt::gaussian_moments(fakes)),
          .kernel = rapt::kernel_distance(reals, fakes),
          .accuracy = accuracy(seen, labels)};
}

}  // namespace sagan
