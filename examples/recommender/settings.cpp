#include "settings.hpp"

#include "errors.hpp"

#include <charconv>
#include <cmath>
#include <cstdint>

namespace recommender {
namespace {

template <class T>
T parse_number(const std::string& name, std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() ||
      !std::isfinite(static_cast<double>(value))) {
    throw UsageError(name + " is '" + std::string(text) + "', expected " +
                     (std::is_integral_v<T> ? "a whole number" : "a number"));
  }
  return value;
}

}  // namespace

Assignment Assignment::parse(std::string_view text) {
  const auto equals = text.find('='), dot = text.substr(0, equals).find('.');
  if (equals == std::string_view::npos || dot == std::string_view::npos || dot == 0 || dot + 1 == equals ||
      equals + 1 == text.size()) {
    throw UsageError("--set '" + std::string(text) +
                     "': expected MODEL.SETTING=VALUE, such as EASE.lambda=30");
  }
  return {std::string(text.substr(0, dot)), std::string(text.substr(dot + 1, equals - dot - 1)),
          std::string(text.substr(equals + 1))};
}

void assign(Settings& settings, const std::string& model, const std::string& setting,
            std::string_view value) {
  const auto found = settings.find(setting);
  if (found == settings.end()) {
    std::string known;
    for (const auto& [name, unused] : settings.items()) known += (known.empty() ? "" : ", ") + name;
    throw UsageError(model + " has no setting '" + setting + "', " +
                     (known.empty() ? "it has none at all" : "it has " + known));
  }
  const std::string name = model + "." + setting;
  if (found->is_boolean()) {
    if (value != "true" && value != "false") {
      throw UsageError(name + " is '" + std::string(value) + "', expected true or false");
    }
    *found = value == "true";
  } else if (found->is_number_integer()) {
    *found = parse_number<std::int64_t>(name, value);
  } else if (found->is_number()) {
    *found = parse_number<double>(name, value);
  } else {
    *found = std::string(value);
  }
}

std::string describe(const Settings& settings) {
  std::string text;
  for (const auto& [name, value] : settings.items()) {
    text += (text.empty() ? "" : ", ") + name + " " +
            (value.is_string() ? value.get<std::string>() : value.dump());
  }
  return text;
}

}  // namespace recommender
