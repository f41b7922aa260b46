#include <rapt/recommend/field_values.hpp>

#include "support/catch.hpp"

#include <cmath>
#include <string>

TEST_CASE("parse_rating takes finite decimal numbers only", "[recommend][field_values]") {
  CHECK(rapt::parse_rating("4") == 4);
  CHECK(rapt::parse_rating("+4") == 4);
  CHECK(rapt::parse_rating("3.5e0") == 3.5);
  CHECK(rapt::parse_rating("-2.25") == -2.25);
  CHECK(rapt::parse_rating("1e-310") == 1e-310);
  REQUIRE(rapt::parse_rating("-0").has_value());
  CHECK_FALSE(std::signbit(*rapt::parse_rating("-0")));
  for (const char* bad : {"NaN", "nan", "inf", "-inf", "infinity", "1e400", "1e-400", "0x1p3", "1,5",
                          "5 stars", "", " ", "+", "+-4", "++4", "-+4", "1e", "4 ", "four"}) {
    INFO(bad);
    CHECK_FALSE(rapt::parse_rating(bad).has_value());
  }
}

TEST_CASE("is_numeric also knows numbers that are not finite or out of range", "[recommend][field_values]") {
  for (const char* number : {"5", "NaN", "-inf", "1e400", "18446744073709551616"})
    CHECK(rapt::is_numeric(number));
  for (const char* text : {"", "rating", "5 stars", "1,5"}) CHECK_FALSE(rapt::is_numeric(text));
}

TEST_CASE("parse_time takes whole numbers of any unit", "[recommend][field_values]") {
  const auto value = [](const char* text) { return rapt::parse_time(text).value().value; };
  CHECK(value("978300760") == 978300760);
  CHECK(value("0") == 0);
  CHECK(value("-3") == -3);
  CHECK(value("1609459200123456789") == 1609459200123456789);
  CHECK(value("978300760.0") == 978300760);
  CHECK(value("+5") == 5);
  CHECK(rapt::parse_time("5")->form == rapt::TimeForm::number);
}

TEST_CASE("parse_time takes ISO dates as seconds since 1970", "[recommend][field_values]") {
  const auto value = [](const char* text) { return rapt::parse_time(text).value().value; };
  CHECK(value("1970-01-02") == 86400);
  CHECK(value("2001-01-31") == 980899200);
  CHECK(value("2001-01-31T09:30") == 980899200 + 34200);
  CHECK(value("2001-01-31 09:30:15.250Z") == 980899200 + 34215);
  CHECK(value("2001-01-31T09:30:00+02:00") == 980899200 + 34200 - 7200);
  CHECK(value("2001-01-31T09:30:00-0130") == 980899200 + 34200 + 5400);
  CHECK(value("1969-12-31T23:59:59Z") == -1);
  CHECK(rapt::parse_time("2001-01-31")->form == rapt::TimeForm::date);
}

TEST_CASE("parse_time refuses what it does not know", "[recommend][field_values]") {
  for (const char* bad : {"", "yesterday", "1.5", "1e9", "31/01/2001", "2001-02-30", "2001-13-01", "2001-1-1",
                          "2001-01-31T", "2001-01-31T25:00", "2001-01-31T09:61", "2001-01-31T09:30+",
                          "2001-01-31x", "9223372036854775808", ".0", "2001-01-31T09:30:00.Z"}) {
    INFO(bad);
    CHECK_FALSE(rapt::parse_time(bad).has_value());
  }
}
