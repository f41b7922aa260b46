#pragma once
/// \file  Bytes from outside made safe to print.

#include <string>
#include <string_view>

namespace rapt {

/// The text with control bytes (so no escape sequence reaches a terminal), backslashes and bytes that are not
/// valid UTF-8 written as `\x1B`; cut to `longest` bytes and three dots.
inline std::string printable(std::string_view text, std::size_t longest = 200) {
  const auto byte = [text](std::size_t k) { return static_cast<unsigned char>(text[k]); };
  // Bytes of the UTF-8 character at k, 0 where there is none; overlong forms and surrogates are none.
  const auto character = [&](std::size_t k) -> std::size_t {
    const unsigned char c = byte(k);
    if (c < 0x80) return c >= 0x20 && c != 0x7F && c != '\\' ? 1 : 0;
    const std::size_t length = c >= 0xC2 && c < 0xE0   ? 2
                               : c >= 0xE0 && c < 0xF0 ? 3
                               : c >= 0xF0 && c < 0xF5 ? 4
                                                       : 0;
    if (length == 0 || k + length > text.size()) return 0;
    for (std::size_t j = 1; j < length; ++j) {
      if ((byte(k + j) & 0xC0) != 0x80) return 0;
    }
    const unsigned char second = byte(k + 1);
    if (c == 0xC2 && second < 0xA0) return 0;  // control characters of Latin 1
    if ((c == 0xE0 && second < 0xA0) || (c == 0xED && second > 0x9F)) return 0;
    if ((c == 0xF0 && second < 0x90) || (c == 0xF4 && second > 0x8F)) return 0;
    return length;
  };
  std::string safe;
  for (std::size_t k = 0; k < text.size();) {
    if (safe.size() >= longest) return safe + "...";
    if (const std::size_t length = character(k); length > 0) {
      safe.append(text.substr(k, length));
      k += length;
    } else {
      constexpr char digits[] = "0123456789ABCDEF";
      safe += {'\\', 'x', digits[byte(k) >> 4], digits[byte(k) & 15]};
      ++k;
    }
  }
  return safe;
}

}  // namespace rapt
