#include <rapt/core/format_error.hpp>

#include "support/catch.hpp"

#include <string>

TEST_CASE("FormatError names path and line or path alone or path and byte", "[core][errors]") {
  const rapt::FormatError line("ratings.csv", 17, "rating is 'abc'");
  CHECK(std::string(line.what()) == "ratings.csv:17: rating is 'abc'");
  CHECK(line.line() == 17);
  CHECK(std::string(rapt::FormatError("ratings.csv", 0, "is empty").what()) == "ratings.csv: is empty");
  CHECK(std::string(rapt::format_error_at_byte("m.safetensors", 8, "header is not JSON").what()) ==
        "m.safetensors: byte 8: header is not JSON");
}
