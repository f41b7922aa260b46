#pragma once
/// \file  The checksum CRC-32.

#include <array>
#include <cstdint>
#include <string_view>

namespace rapt {

/// CRC-32 of the bytes (polynomial 0xEDB88320 reflected, as in ISO 3309, gzip and PNG); `before` is the
/// checksum of what came before them. It changes with every error of up to 32 neighbouring bits.
constexpr std::uint32_t crc32(std::string_view bytes, std::uint32_t before = 0) {
  constexpr auto table = [] {
    std::array<std::uint32_t, 256> entries{};
    for (std::uint32_t i = 0; i < 256; ++i) {
      std::uint32_t c = i;
      for (int bit = 0; bit < 8; ++bit) c = (c & 1) != 0 ? 0xEDB88320u ^ (c >> 1) : c >> 1;
      entries[i] = c;
    }
    return entries;
  }();
  std::uint32_t c = ~before;
  for (const char byte : bytes) c = table[(c ^ static_cast<unsigned char>(byte)) & 0xFFu] ^ (c >> 8);
  return ~c;
}

}  // namespace rapt
