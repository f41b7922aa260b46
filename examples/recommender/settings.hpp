#pragma once
/// \file  Settings of a model by name.

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace recommender {

/// A JSON object: names to numbers, words and switches, in a fixed order.
using Settings = nlohmann::ordered_json;

/// MODEL.SETTING=VALUE taken apart. \throws UsageError
struct Assignment {
  std::string model, setting, value;
  static Assignment parse(std::string_view text);
};

/// Sets `setting` to the value that a text says, of the type that it has already.
/// \param model  what messages call the model \throws UsageError where there is no such setting or the value
/// is none
void assign(Settings& settings, const std::string& model, const std::string& setting, std::string_view value);

/// The settings as `lambda 30, k 100`.
std::string describe(const Settings& settings);

}  // namespace recommender
