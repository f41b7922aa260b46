#pragma once
/// \file  The one exception that a file or text of the wrong form raises.

#include <rapt/core/shape.hpp>

#include <stdexcept>
#include <string>
#include <string_view>

namespace rapt {

/// A file does not have the form it should; what() reads `ratings.csv:17: rating is 'abc', expected a
/// number`.
class FormatError : public std::runtime_error {
 public:
  /// \param line  one-based line of a text file; 0 where the whole file is meant
  FormatError(std::string_view path, Index line, std::string_view what)
      : std::runtime_error(std::string(path) + (line > 0 ? ":" + std::to_string(line) : std::string()) +
                           ": " + std::string(what)),
        line_(line) {}

  /// One-based line, or 0 where the whole file is meant.
  Index line() const noexcept { return line_; }

 private:
  Index line_;
};

/// The same for a binary file: `model.safetensors: byte 8: header is not JSON`.
inline FormatError format_error_at_byte(std::string_view path, Index offset, std::string_view what) {
  return {path, 0, "byte " + std::to_string(offset) + ": " + std::string(what)};
}

}  // namespace rapt
