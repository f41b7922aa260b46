#pragma once
/// \file  What became of the lines of a file.

#include <rapt/core/shape.hpp>
#include <rapt/recommend/record_scanner.hpp>

#include <string>
#include <vector>

namespace rapt {

/// Counts of one file: lines = kept + merged + rejected; header, blank and comment lines stand apart.
struct ReadReport {
  /// A line that was left out, and why.
  struct Rejected {
    Index line;
    std::string reason;
  };

  std::string path;
  Index lines = 0, kept = 0, merged = 0, rejected = 0;
  Index blank = 0, comments = 0;
  Index header_line = 0;  // 0 where there is none
  Index ignored_columns = 0;
  Separator separator = Separator::tab;
  std::vector<Rejected> first_rejected;  // at most five
};

/// One line for people: `read 114962 lines: 114956 kept, 4 merged, 2 rejected; rejected line 17: rating is
/// 'NaN', …`.
inline std::string to_string(const ReadReport& report) {
  std::string text = "read " + std::to_string(report.lines) + " lines: " + std::to_string(report.kept) +
                     " kept, " + std::to_string(report.merged) + " merged, " +
                     std::to_string(report.rejected) + " rejected";
  if (report.header_line > 0) text += "; header on line " + std::to_string(report.header_line);
  if (report.ignored_columns > 0) text += "; " + std::to_string(report.ignored_columns) + " columns ignored";
  if (report.blank > 0) text += "; " + std::to_string(report.blank) + " blank lines";
  if (report.comments > 0) text += "; " + std::to_string(report.comments) + " comment lines";
  for (const auto& rejected : report.first_rejected) {
    text += "; rejected line " + std::to_string(rejected.line) + ": " + rejected.reason;
  }
  if (report.rejected > static_cast<Index>(report.first_rejected.size()) && !report.first_rejected.empty()) {
    text += "; and more";
  }
  return text;
}

}  // namespace rapt
