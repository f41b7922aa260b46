#pragma once
/// \file  Sizes and settings of a training.

#include "image_data.hpp"

#include <string_view>

namespace sagan {

/// Everything that a training depends on beside data and seed.
struct Recipe {
  Index side = 8;                                        // of the images
  Index noise = 32;                                      // numbers that an image is made from
  Index generator_width = 16, discriminator_width = 16;  // channels at full and at half size: width, 2 width
  Index base = 4;                                        // side of the image that the generator starts from
  Index attention_side = 4;                              // side of the images that attend over themselves
  Index key_width = 0, value_width = 0;                  // of attention; 0: C / 8 and C / 2
  Index batch = 64;
  Index steps = 2000;
  double generator_rate = 1e-3, discriminator_rate = 4e-3;  // two time scales (TTUR)
  double average = 0.995;                                   // decay of the generator's running average
  Index measure_every = 200;
  Index fakes = 2000;  // to measure with
  Index classifier_epochs = 20;
};

/// The recipe for the data of that name.
inline Recipe recipe_for(std::string_view data) {
  if (data == "digits") return {};
  Recipe recipe;
  recipe.side = 28;
  recipe.noise = 64;
  recipe.base = 7;
  recipe.attention_side = 14;
  recipe.generator_width = 16;
  recipe.discriminator_width = 16;
  recipe.steps = 1200;
  recipe.generator_rate = 5e-4;
  recipe.discriminator_rate = 2e-3;
  recipe.classifier_epochs = 2;
  return recipe;
}

}  // namespace sagan
