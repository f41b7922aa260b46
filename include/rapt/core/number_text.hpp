#pragma once
/// \file  Numbers in error messages.

#include <array>
#include <charconv>
#include <string>

namespace rapt::detail {

/// The shortest text that reads back as the same number, in every locale: `0.1`, `-3`, `nan`.
inline std::string number_text(double value) {
  std::array<char, 32> text{};
  return {text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr};
}

}  // namespace rapt::detail
