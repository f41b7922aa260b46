#include "given_settings.hpp"

#include "data_folder.hpp"
#include "model_kind.hpp"

namespace recommender {

void GivenSettings::give(const std::string& model, const std::string& setting, std::string_view value) {
  const ModelKind& kind = find_model_kind(model);
  assign(settings.try_emplace(model, kind.defaults).first->second, model, setting, value);
  fixed[model].insert(setting);
}

void GivenSettings::give(const std::vector<std::string>& assignments) {
  for (const auto& text : assignments) {
    const auto [model, setting, value] = Assignment::parse(text);
    give(model, setting, value);
  }
}

void GivenSettings::read(const std::string& path) {
  const auto json = Settings::parse(read_input(path), nullptr, false);
  if (!json.is_object() || !json.contains("settings") || !json["settings"].is_object()) {
    throw rapt::FormatError(path, 0, "is not a file of settings, as compare --save-settings writes it");
  }
  for (const auto& [model, given] : json["settings"].items()) {
    for (const auto& [name, value] : given.items()) {
      give(model, name, value.is_string() ? value.get<std::string>() : value.dump());
    }
  }
}

}  // namespace recommender
