#pragma once
/// \file  The small classifier that judges images, by its class and by its features.

#include "image_data.hpp"
#include "run.hpp"

#include "common/progress.hpp"

#include <rapt/gan/frechet_distance.hpp>
#include <rapt/nn/conv_2d.hpp>
#include <rapt/nn/dropout.hpp>
#include <rapt/nn/flatten.hpp>
#include <rapt/nn/leaky_relu.hpp>
#include <rapt/nn/linear.hpp>
#include <rapt/nn/sequential.hpp>
#include <rapt/nn/tanh.hpp>

namespace sagan {

/// A convolutional classifier, trained on the training images only and always the same: its 32 features
/// before the last map are what distances are measured in.
class Judge {
 public:
  Judge(const ImageData& data, Index epochs, common::Progress& progress);

  /// Share of the images held out that it takes for what they are.
  double held_out_accuracy() const { return held_out_accuracy_; }
  /// The Frechet distance of the training images themselves: what a perfect memory would reach.
  double train_frechet() const { return train_frechet_; }

  /// \shape images (N, 1, H, W), labels (N)
  Measures measure(const Tensor<float, 4>& images, const Tensor<Index, 1>& labels) const;
  /// \shape images (N, 1, H, W) -> (N, 32)
  Tensor<float, 2> features(const Tensor<float, 4>& images) const;
  const Tensor<float, 2>& held_out_features() const { return held_out_; }
  const Tensor<float, 2>& train_features() const { return train_; }

 private:
  using Body = rapt::Sequential<rapt::Conv2d<float>, rapt::LeakyReLU<float, 4>, rapt::Conv2d<float>,
                                rapt::LeakyReLU<float, 4>, rapt::Flatten<float>, rapt::Dropout<float>,
                                rapt::Linear<float>, rapt::Tanh<float>>;
  using Classifier = rapt::Sequential<Body, rapt::Linear<float>>;

  void train(const rapt::LabelledImages& images, Index epochs, common::Progress& progress);
  double accuracy(const Tensor<float, 2>& features, const Tensor<Index, 1>& labels) const;

  Classifier classifier_;
  Tensor<float, 2> train_, held_out_;
  rapt::GaussianMoments held_out_moments_;
  double held_out_accuracy_ = 0, train_frechet_ = 0;
};

}  // namespace sagan
