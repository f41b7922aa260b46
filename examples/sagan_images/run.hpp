#pragma once
/// \file  What a training leaves behind.

#include "image_data.hpp"

#include <rapt/gan/nearest_neighbor.hpp>
#include <rapt/gan/precision_recall.hpp>

#include <cstdint>
#include <vector>

namespace sagan {

/// How fakes compare with the images held out.
struct Measures {
  double frechet = 0, kernel = 0;
  double accuracy = 0;  // share of fakes that the classifier takes for the class they were asked for
};

/// Measures on the way.
struct Point {
  Index step = 0;
  double seconds = 0, cpu_seconds = 0;  // of training, without measuring
  Measures measures;
};

/// Means of the losses since the last one.
struct LossPoint {
  Index step = 0;
  double discriminator = 0, generator = 0;
};

/// Fakes to be looked at, made from the same noise in every training of a seed.
struct Samples {
  Index columns = 0;         // images a class, lying side by side
  Tensor<float, 4> images;   // (classes * columns, 1, H, W), class by class
  Tensor<float, 3> weights;  // (images, L, L): attention of the generator; empty without attention
  Index map_side = 0;        // L = map_side^2
};

struct Run {
  std::uint64_t seed = 0;
  bool attention = true;
  Index parameters = 0;  // of both players
  Index steps = 0;
  double seconds = 0, cpu_seconds = 0;  // by the clock, and of all threads together
  Measures measures;                    // at the end
  rapt::Memorization memorization;
  rapt::PrecisionRecall precision_recall;
  double generator_gamma = 0, discriminator_gamma = 0;
  std::vector<Point> curve;
  std::vector<LossPoint> losses;
  Samples samples;
};

}  // namespace sagan
