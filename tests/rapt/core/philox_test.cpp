#include <rapt/core/philox.hpp>

#include "support/catch.hpp"

// The known answers that Random123 publishes for philox4x32 with 10 rounds.
TEST_CASE("Philox4x32-10 gives the published known answers", "[core][random]") {
  using Words = std::array<std::uint32_t, 4>;
  STATIC_REQUIRE(rapt::philox4x32_10({0, 0, 0, 0}, {0, 0}) ==
                 Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  STATIC_REQUIRE(rapt::philox4x32_10({~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}) ==
                 Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  STATIC_REQUIRE(
      rapt::philox4x32_10({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
      Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}
