#pragma once
// Numbers and tables as text.

#include <algorithm>
#include <array>
#include <cstdio>
#include <string>
#include <vector>

namespace rapt_bench {

/// As printf.
template <class... Arguments>
std::string text(const char* pattern, Arguments... arguments) {
  std::array<char, 256> characters{};
  const int n = std::snprintf(characters.data(), characters.size(), pattern, arguments...);
  return std::string(characters.data(),
                     std::min(static_cast<std::size_t>(std::max(n, 0)), characters.size() - 1));
}
inline std::string milliseconds(double seconds) {
  const double ms = 1e3 * seconds;
  return text(ms < 0.1 ? "%.4f" : ms < 10 ? "%.3f" : "%.1f", ms);
}
inline std::string mebibytes(double bytes) { return text("%.1f", std::max(0.0, bytes) / (1024 * 1024)); }

using Row = std::vector<std::string>;

/// Rows of equal length under each other: `names` columns to the left, those of numbers to the right.
inline std::string aligned(const std::vector<Row>& rows, std::size_t names) {
  std::vector<std::size_t> widths(rows.front().size());
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string all;
  for (const Row& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string pad(widths[i] - row[i].size(), ' ');
      line += i < names ? row[i] + pad : pad + row[i];
      line += "  ";
    }
    line.erase(line.find_last_not_of(' ') + 1);
    all += line + "\n";
  }
  return all;
}

}  // namespace rapt_bench
