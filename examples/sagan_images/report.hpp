#pragma once
/// \file  What is shown and written of trainings.

#include "image_data.hpp"
#include "judge.hpp"
#include "recipe.hpp"
#include "run.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace sagan {

/// One object a training: seed, attention, frechet, kernel, accuracy, seconds, parameters, and more.
nlohmann::ordered_json to_json(const std::vector<Run>& runs);

/// The trainings as a table, and what they come to where both kinds are there.
std::string summary(const std::vector<Run>& runs, const Judge& judge);

/// samples.png, attention.png, losses.svg, distance.svg and index.html, which needs none of the others.
/// \throws std::system_error
void write_pictures(const std::string& folder, const ImageData& data, const Judge& judge,
                    const std::vector<Run>& runs);

}  // namespace sagan
