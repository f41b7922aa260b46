#pragma once
/// \file  A fitted model with all that it needs to answer: one file that suffices alone.

#include "data_folder.hpp"
#include "settings.hpp"

#include <rapt/recommend/id_map.hpp>
#include <rapt/recommend/interactions.hpp>
#include <rapt/recommend/scorer.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace recommender {

/// A model, the names of its items, and each user's history unless it was left out.
struct Bundle {
  std::string model;  // kind
  Settings settings;
  Words words;
  rapt::IdMap items;
  rapt::IdMap users;                          // empty without histories
  std::optional<rapt::Interactions> history;  // users x items
  rapt::Tensor<float, 1> popularity;          // users of each item
  std::unique_ptr<rapt::Scorer> scorer;
};

/// Writes a safetensors file, atomically. \throws std::system_error
void save_bundle(const std::string& path, const Bundle& bundle);

/// \throws std::system_error where it cannot be read; ModelError where it is no such file or does not fit
/// together
Bundle load_bundle(const std::string& path);

}  // namespace recommender
