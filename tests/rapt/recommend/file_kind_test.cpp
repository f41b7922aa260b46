#include <rapt/recommend/file_kind.hpp>

#include "support/catch.hpp"

#include <string>

namespace {

std::string kind_of(const std::string& bytes) { return rapt::recognise_not_text(bytes).value_or("text"); }

std::string as_utf16(const std::string& text, bool little) {
  std::string wide;
  for (const char c : text) wide += little ? std::string{c, '\0'} : std::string{'\0', c};
  return wide;
}

}  // namespace

TEST_CASE("recognise_not_text names what is no text", "[recommend][file_kind]") {
  using Catch::Matchers::ContainsSubstring;
  CHECK_THAT(kind_of("\x1F\x8B\x08"), ContainsSubstring("gzip"));
  CHECK_THAT(kind_of("PK\x03\x04 and so on"), ContainsSubstring("zip"));
  CHECK_THAT(kind_of("\xFF\xFE" + as_utf16("1 2\n", true)), ContainsSubstring("UTF-16"));
  CHECK_THAT(kind_of("\xFE\xFF" + as_utf16("1 2\n", false)), ContainsSubstring("UTF-16"));
  CHECK_THAT(kind_of(as_utf16("12 34 5\n13 35 4\n", true)), ContainsSubstring("UTF-16"));
  CHECK_THAT(kind_of(as_utf16("12 34 5\n13 35 4\n", false)), ContainsSubstring("UTF-16"));
  CHECK_THAT(kind_of("<!DOCTYPE html>"), ContainsSubstring("HTML"));
  CHECK_THAT(kind_of("version https://git-lfs.github.com/spec/v1\n"), ContainsSubstring("LFS"));
  CHECK_THAT(kind_of(std::string("\x01\x02\x03\x04 \x05\x06\x07", 8)), ContainsSubstring("binary"));
}

TEST_CASE("recognise_not_text leaves text alone even with some odd bytes", "[recommend][file_kind]") {
  CHECK(kind_of("") == "text");
  CHECK(kind_of("1 2 3\n") == "text");
  CHECK(kind_of(std::string("user\0one\titem with a long name\n", 32)) == "text");
  CHECK(kind_of("caf\xE9\tb\xFFok\n\xF0\x9F\x8D\x9E\tbread\n") == "text");
}
