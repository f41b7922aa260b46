#pragma once
/// \file  Numbers and columns for people.

#include <cstdio>
#include <string>
#include <string_view>

namespace common {

/// `%.*f`.
inline std::string fixed(double value, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

/// As tables of rankings write it: `.6623`, `1.0000`.
inline std::string share(double value) {
  const std::string text = fixed(value, 4);
  return text.starts_with("0.") ? text.substr(1) : text;
}

/// `0.42 s`, `17 s`, `3 min 05 s`.
inline std::string duration(double seconds) {
  if (seconds < 9.95) return fixed(seconds, seconds < 0.995 ? 2 : 1) + " s";
  const auto whole = static_cast<long>(seconds + 0.5);
  if (whole < 60) return std::to_string(whole) + " s";
  const std::string rest = std::to_string(whole % 60);
  return std::to_string(whole / 60) + " min " + (rest.size() < 2 ? "0" : "") + rest + " s";
}

/// Characters of UTF-8 text.
inline std::size_t width(std::string_view text) {
  std::size_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return count;
}
inline std::string left(std::string_view text, std::size_t columns) {
  const std::size_t have = width(text);
  return std::string(text) + std::string(have < columns ? columns - have : 0, ' ');
}
inline std::string right(std::string_view text, std::size_t columns) {
  const std::size_t have = width(text);
  return std::string(have < columns ? columns - have : 0, ' ') + std::string(text);
}

}  // namespace common
