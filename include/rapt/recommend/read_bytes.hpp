#pragma once
/// \file  A file's bytes, within bounds.

#include <rapt/core/format_error.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>

namespace rapt {

/// How much of a text file is accepted.
struct TextLimits {
  Index bytes = Index{4} << 30;  // of the whole file
  Index line = Index{1} << 20;   // of one line
};

/// All bytes of a regular file, FIFO or device. Stops as soon as a limit is passed, so memory stays bounded
/// whatever is read.
/// \throws std::system_error with path and reason where it cannot be opened or read (a directory among them);
///         FormatError where a limit is passed
inline std::string read_text_file(const std::string& path, const TextLimits& limits = {}) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    throw std::system_error(std::make_error_code(std::errc::is_a_directory), path);
  }
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  const std::unique_ptr<std::FILE, Close> file(std::fopen(path.c_str(), "rb"));
  if (file == nullptr) throw std::system_error(errno, std::generic_category(), path);
  std::string bytes;
  std::array<char, 1 << 16> block;
  Index line = 1, length = 0;
  char before = 0;
  while (const std::size_t got = std::fread(block.data(), 1, block.size(), file.get())) {
    for (std::size_t k = 0; k < got; ++k) {
      const bool ends = block[k] == '\n' || block[k] == '\r';
      // CRLF ends one line, not two.
      if (ends && !(block[k] == '\n' && before == '\r')) ++line;
      before = block[k];
      length = ends ? 0 : length + 1;
      if (length > limits.line) {
        throw FormatError(path, line, "line is longer than " + std::to_string(limits.line) + " bytes");
      }
    }
    bytes.append(block.data(), got);
    if (static_cast<Index>(bytes.size()) > limits.bytes) {
      throw FormatError(path, 0, "file is larger than " + std::to_string(limits.bytes) + " bytes");
    }
  }
  if (std::ferror(file.get()) != 0) throw std::system_error(errno, std::generic_category(), path);
  return bytes;
}

}  // namespace rapt
