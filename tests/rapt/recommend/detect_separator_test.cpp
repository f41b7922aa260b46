#include <rapt/recommend/detect_separator.hpp>

#include "support/catch.hpp"

#include <string>

TEST_CASE("detect_separator finds tab and comma and colons and semicolon and spaces",
          "[recommend][detect_separator]") {
  using rapt::Separator;
  CHECK(rapt::detect_separator("a b\tc, d\ne f\tg, h\n") == Separator::tab);
  CHECK(rapt::detect_separator("1,2,3.5\n") == Separator::comma);
  CHECK(rapt::detect_separator("1::2::5::978300760\n") == Separator::double_colon);
  CHECK(rapt::detect_separator("1;2;3,5\n4;5;1,5\n") == Separator::semicolon);
  CHECK(rapt::detect_separator("# a comment, with commas\n\n1   2  3\r4 5 6\r") == Separator::spaces);
  CHECK(rapt::detect_separator("u one x\nu,two y\nz v\n") == Separator::spaces);
  CHECK_FALSE(rapt::detect_separator("one\ntwo\n").has_value());
  CHECK_FALSE(rapt::detect_separator("").has_value());
}

TEST_CASE("describe_unparted names the separator that was seen and the fix",
          "[recommend][detect_separator]") {
  using Catch::Matchers::ContainsSubstring;
  CHECK_THAT(rapt::describe_unparted("1|2|3\n", {}), ContainsSubstring("'|'") && ContainsSubstring("tr '|'"));
  CHECK_THAT(rapt::describe_unparted("1,2,3\n", rapt::Separator::tab),
             ContainsSubstring("parted at tab") && ContainsSubstring("3 when parted at comma"));
  CHECK_THAT(rapt::describe_unparted("hello\n", {}), ContainsSubstring("user item [rating [time]]"));
  CHECK(rapt::count_fields("a,\"b,c\",d", rapt::Separator::comma) == 3);
}
