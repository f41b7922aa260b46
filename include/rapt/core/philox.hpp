#pragma once
/// \file  The counter-based generator Philox4x32-10.

#include <array>
#include <cstdint>

namespace rapt {

/// Four random words as a function of a 128-bit counter and a 64-bit key: ten rounds of multiply and xor
/// (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3", section 3.3, Philox4x32-10).
/// Without state: any element of a stream can be drawn by itself, on any thread.
constexpr std::array<std::uint32_t, 4> philox4x32_10(std::array<std::uint32_t, 4> counter,
                                                     std::array<std::uint32_t, 2> key) {
  constexpr std::uint64_t multiplier0 = 0xD2511F53u, multiplier1 = 0xCD9E8D57u;
  constexpr std::uint32_t weyl0 = 0x9E3779B9u, weyl1 = 0xBB67AE85u;
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t p0 = multiplier0 * counter[0], p1 = multiplier1 * counter[2];
    counter = {static_cast<std::uint32_t>(p1 >> 32) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(p1),
               static_cast<std::uint32_t>(p0 >> 32) ^ counter[3] ^ key[1], static_cast<std::uint32_t>(p0)};
    key = {key[0] + weyl0, key[1] + weyl1};
  }
  return counter;
}

}  // namespace rapt
