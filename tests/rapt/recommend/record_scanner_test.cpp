#include <rapt/recommend/record_scanner.hpp>

#include "support/catch.hpp"

#include <string>
#include <vector>

namespace {

using Fields = std::vector<std::string>;

std::vector<Fields> scan(const std::string& text, rapt::Separator separator,
                         std::vector<rapt::Index>* lines = nullptr) {
  rapt::RecordScanner scanner("f", text, separator, 1000);
  rapt::TextRecord record;
  std::vector<Fields> all;
  while (scanner.next(record)) {
    all.push_back(record.fields);
    if (lines != nullptr) lines->push_back(record.line);
  }
  return all;
}

rapt::Index line_of_error(const std::string& text, rapt::Separator separator) {
  try {
    scan(text, separator);
  } catch (const rapt::FormatError& error) {
    return error.line();
  }
  return -1;
}

}  // namespace

TEST_CASE("RecordScanner parts fields at every separator", "[recommend][record_scanner]") {
  const std::vector<Fields> expected{{"u 1", "i", "3"}, {"u2", "j", ""}};
  CHECK(scan("u 1\ti\t3\nu2\tj\t\n", rapt::Separator::tab) == expected);
  CHECK(scan("u 1,i,3\nu2,j,\n", rapt::Separator::comma) == expected);
  CHECK(scan("u 1;i;3\nu2;j;", rapt::Separator::semicolon) == expected);
  CHECK(scan("u 1::i::3\nu2::j::", rapt::Separator::double_colon) == expected);
  CHECK(scan("  u1   i \t 3  \nu2 j", rapt::Separator::spaces) ==
        std::vector<Fields>{{"u1", "i", "3"}, {"u2", "j"}});
}

TEST_CASE("RecordScanner takes every line ending and blank lines and trailing spaces alike",
          "[recommend][record_scanner]") {
  const std::string endings[] = {"1\t2\n3\t4\n", "1\t2\r\n3\t4\r\n", "1\t2\r3\t4\r",
                                 "1\t2  \r\n\n \t\n 3 \t4", "\r\r1\t2\n\r\n3\t4"};
  for (const auto& text : endings)
    CHECK(scan(text, rapt::Separator::tab) == std::vector<Fields>{{"1", "2"}, {"3", "4"}});
}

TEST_CASE("RecordScanner counts blank lines and comments and keeps line numbers",
          "[recommend][record_scanner]") {
  const std::string text = "# head\n\na,b\r\n\"c\nd\",e\rf,g\n#end";
  std::vector<rapt::Index> lines;
  CHECK(scan(text, rapt::Separator::comma, &lines) ==
        std::vector<Fields>{{"a", "b"}, {"c\nd", "e"}, {"f", "g"}});
  CHECK(lines == std::vector<rapt::Index>{3, 4, 6});
  rapt::RecordScanner scanner("f", text, rapt::Separator::comma, 1000);
  for (rapt::TextRecord record; scanner.next(record);) {
  }
  CHECK(scanner.blank_lines() == 1);
  CHECK(scanner.comment_lines() == 2);
}

TEST_CASE("RecordScanner reads quoted fields with separators and quotes and line ends inside",
          "[recommend][record_scanner]") {
  CHECK(scan("\"a, b\" ,\"say \"\"hi\"\"\"\n\"x\r\ny\",\"\"\n", rapt::Separator::comma) ==
        std::vector<Fields>{{"a, b", "say \"hi\""}, {"x\r\ny", ""}});
  CHECK(scan("5\" pipe,b\n", rapt::Separator::comma) == std::vector<Fields>{{"5\" pipe", "b"}});
  CHECK(scan("\"a b\"", rapt::Separator::spaces) == std::vector<Fields>{{"\"a", "b\""}});
}

TEST_CASE("RecordScanner names the line of a broken quote and of a line that is too long",
          "[recommend][record_scanner]") {
  CHECK(line_of_error("a,b\n\"c,d\ne,f\n", rapt::Separator::comma) == 2);
  CHECK(line_of_error("a,b\n\"c\"d,e\n", rapt::Separator::comma) == 2);
  CHECK(line_of_error("a,b\nc,d\n" + std::string(1001, 'x'), rapt::Separator::comma) == 3);
  CHECK(line_of_error("a,\"" + std::string(600, '\n') + std::string(600, 'y') + "\"",
                      rapt::Separator::comma) == 1);
}
