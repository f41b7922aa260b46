#include <rapt/io/crc32.hpp>

#include "support/catch.hpp"

#include <string>

TEST_CASE("CRC-32 gives the published check value and can be taken up again", "[io][crc32]") {
  STATIC_REQUIRE(rapt::crc32("123456789") == 0xCBF43926u);
  STATIC_REQUIRE(rapt::crc32("") == 0);
  CHECK(rapt::crc32("6789", rapt::crc32("12345")) == 0xCBF43926u);
}

TEST_CASE("CRC-32 changes with every bit", "[io][crc32]") {
  std::string text = "a small text\xff";
  const auto whole = rapt::crc32(text);
  for (auto& byte : text) {
    for (int bit = 0; bit < 8; ++bit) {
      byte = static_cast<char>(byte ^ (1 << bit));
      CHECK(rapt::crc32(text) != whole);
      byte = static_cast<char>(byte ^ (1 << bit));
    }
  }
}
