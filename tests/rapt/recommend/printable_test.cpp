#include <rapt/recommend/printable.hpp>

#include "support/catch.hpp"

TEST_CASE("printable keeps UTF-8 and escapes everything that could harm a terminal",
          "[recommend][printable]") {
  CHECK(rapt::printable("libeigen3-dev") == "libeigen3-dev");
  CHECK(rapt::printable("caf\xC3\xA9 \xF0\x9F\x8D\x9E") == "caf\xC3\xA9 \xF0\x9F\x8D\x9E");
  CHECK(rapt::printable("\x1B[31mred") == "\\x1B[31mred");
  CHECK(rapt::printable(std::string("a\0b\n\\", 5)) == "a\\x00b\\x0A\\x5C");
  CHECK(rapt::printable("\xFF\xC0\xAF\xED\xA0\x80") == "\\xFF\\xC0\\xAF\\xED\\xA0\\x80");
  CHECK(rapt::printable("\xC2\x9B") == "\\xC2\\x9B");
  CHECK(rapt::printable("\xE2\x82") == "\\xE2\\x82");
  CHECK(rapt::printable(std::string(500, 'x'), 10) == std::string(10, 'x') + "...");
}
