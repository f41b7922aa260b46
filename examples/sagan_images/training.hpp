#pragma once
/// \file  One adversarial training and what is measured on it.

#include "image_data.hpp"
#include "judge.hpp"
#include "recipe.hpp"
#include "run.hpp"

#include "common/progress.hpp"

namespace sagan {

/// Trains one pair of players from `seed` on, with or without attention, and measures it on the way.
/// \throws std::runtime_error that names the tensor where a loss is no longer finite
Run train(const ImageData& data, const Recipe& recipe, bool attention, std::uint64_t seed, const Judge& judge,
          common::Progress& progress);

}  // namespace sagan
