#pragma once
/// \file  A file's bytes, within bounds.

#include <rapt/core/format_error.hpp>
#include <rapt/core/read_whole_file.hpp>

#include <string>
#include <string_view>

namespace rapt {

/// How much of a text file is accepted.
struct TextLimits {
  Index bytes = Index{4} << 30;  // of the whole file
  Index line = Index{1} << 20;   // of one line
};

/// All bytes of a regular file, FIFO or device. Stops as soon as a limit is passed, so memory stays bounded
/// whatever is read.
/// \throws FileReadError where it cannot be opened or read (a directory among them); FormatError where a
/// limit
///         is passed
inline std::string read_text_file(const std::string& path, const TextLimits& limits = {}) {
  Index line = 1, length = 0, bytes = 0;
  char before = 0;
  return read_whole_file(path, [&](std::string_view block) {
    for (const char c : block) {
      const bool ends = c == '\n' || c == '\r';
      // CRLF ends one line, not two.
      if (ends && !(c == '\n' && before == '\r')) ++line;
      before = c;
      length = ends ? 0 : length + 1;
      if (length > limits.line) {
        throw FormatError(path, line, "line is longer than " + std::to_string(limits.line) + " bytes");
      }
    }
    bytes += static_cast<Index>(block.size());
    if (bytes > limits.bytes) {
      throw FormatError(path, 0, "file is larger than " + std::to_string(limits.bytes) + " bytes");
    }
  });
}

}  // namespace rapt
