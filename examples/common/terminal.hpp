#pragma once
/// \file  What a terminal can show.

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#if defined(_WIN32)
#include <io.h>
#else
#include <unistd.h>
#endif

namespace common {

inline bool is_terminal(std::FILE* stream) {
#if defined(_WIN32)
  return _isatty(_fileno(stream)) != 0;
#else
  return isatty(fileno(stream)) != 0;
#endif
}

/// Whether to colour: on a terminal that can, and not where NO_COLOR is set (https://no-color.org).
inline bool wants_colour(std::FILE* stream) {
  const char* no_color = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  return is_terminal(stream) && (no_color == nullptr || *no_color == '\0') &&
         (term == nullptr || std::string_view(term) != "dumb");
}

inline std::string bold(std::string_view text, std::FILE* stream = stdout) {
  return wants_colour(stream) ? "\x1B[1m" + std::string(text) + "\x1B[0m" : std::string(text);
}
inline std::string dim(std::string_view text, std::FILE* stream = stdout) {
  return wants_colour(stream) ? "\x1B[2m" + std::string(text) + "\x1B[0m" : std::string(text);
}

}  // namespace common
