#pragma once
/// \file  Finding out what parts the fields of a text.

#include <rapt/recommend/record_scanner.hpp>

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace rapt {

namespace detail {

inline constexpr std::array<Separator, 5> all_separators{
    Separator::tab, Separator::double_colon, Separator::semicolon, Separator::comma, Separator::spaces};

/// The first lines that are neither blank nor a comment, one a line ending in LF.
inline std::string sample_lines(std::string_view text, int count) {
  std::string sample;
  for (std::size_t at = 0; at < text.size() && count > 0;) {
    const std::size_t end = std::min(text.find_first_of("\r\n", at), text.size());
    const std::string_view line = text.substr(at, end - at);
    if (line.find_first_not_of(" \t") != std::string_view::npos && line.front() != '#') {
      sample.append(line).push_back('\n');
      --count;
    }
    at = end + 1;
  }
  return sample;
}

}  // namespace detail

/// How many fields a line has under a separator; quoted fields count as one.
inline Index count_fields(std::string_view line, Separator separator) {
  TextRecord record;
  try {
    RecordScanner("", line, separator, static_cast<Index>(line.size())).next(record);
  } catch (const FormatError&) {
    return 0;  // a quoted field that goes on in the next line says nothing
  }
  return static_cast<Index>(record.fields.size());
}

/// The first of tab, `::`, semicolon, comma and spaces that parts at least half of the first hundred lines
/// in two or more fields.
inline std::optional<Separator> detect_separator(std::string_view text) {
  const std::string sample = detail::sample_lines(text, 100);
  for (const Separator separator : detail::all_separators) {
    Index lines = 0, parted = 0;
    for (std::size_t at = 0; at < sample.size();) {
      const std::size_t end = sample.find('\n', at);
      ++lines;
      parted += count_fields(std::string_view(sample).substr(at, end - at), separator) >= 2;
      at = end + 1;
    }
    if (2 * parted >= lines && lines > 0) return separator;
  }
  return std::nullopt;
}

/// What to say of a text that a separator does not part: the separator that seems to be used, and the fix.
inline std::string describe_unparted(std::string_view text, std::optional<Separator> wanted) {
  const std::string sample = detail::sample_lines(text, 1);
  const std::string_view line = std::string_view(sample).substr(0, sample.find('\n'));
  std::string said = "has 1 column";
  if (wanted) {
    said += " when parted at " + std::string(to_string(*wanted));
    if (const auto other = detect_separator(text)) {
      return said + ", and " + std::to_string(count_fields(line, *other)) + " when parted at " +
             std::string(to_string(*other)) + "; name that separator";
    }
  }
  for (const char c : {'|', ':', '/', '\x01'}) {
    if (line.find(c) == std::string_view::npos) continue;
    const std::string name = c == '\x01' ? std::string("\\001") : std::string(1, c);
    return said + "; it seems to be parted by '" + name + "', replace that by tabs: tr '" + name + "' '\\t'";
  }
  return said + ", expected user item [rating [time]] parted by tab, comma, semicolon, :: or spaces";
}

}  // namespace rapt
