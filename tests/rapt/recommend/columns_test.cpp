#include <rapt/recommend/columns.hpp>

#include "support/catch.hpp"

#include <vector>

TEST_CASE("columns_by_name knows names in any case and order and ignores other columns",
          "[recommend][columns]") {
  const auto columns =
      rapt::columns_by_name({"Timestamp", "Title", "ITEM_ID:token", "Rating:float", "userId"});
  REQUIRE(columns.has_value());
  CHECK(columns->count == 5);
  CHECK(columns->time == 0);
  CHECK(columns->item == 2);
  CHECK(columns->rating == 3);
  CHECK(columns->user == 4);
  CHECK(columns->ignored == 1);
  CHECK_FALSE(rapt::columns_by_name({"user", "rating"}).has_value());
  CHECK_FALSE(rapt::columns_by_name({"1", "2", "3"}).has_value());
}

TEST_CASE("default_columns are user item rating time", "[recommend][columns]") {
  CHECK(rapt::default_columns(2).rating == -1);
  CHECK(rapt::default_columns(3).rating == 2);
  CHECK(rapt::default_columns(3).time == -1);
  CHECK(rapt::default_columns(4).time == 3);
}

TEST_CASE("looks_like_header needs a column that fails to be numeric on the first line alone",
          "[recommend][columns]") {
  const auto header = [](const std::vector<std::vector<std::string>>& rows) {
    std::vector<rapt::TextRecord> records;
    for (const auto& row : rows) records.push_back({1, row});
    return rapt::looks_like_header(records);
  };
  CHECK(header({{"who", "what", "how much"}, {"ann", "tea", "3"}, {"bob", "milk", "4"}}));
  CHECK(header({{"who", "what"}, {"1", "2"}}));
  CHECK_FALSE(header({{"ann", "tea"}, {"bob", "milk"}}));
  CHECK_FALSE(header({{"1", "2", "bad"}, {"1", "3", "4"}}));
  CHECK_FALSE(header({{"ann", "tea", "NaN"}, {"bob", "tea", "4"}}));
  CHECK_FALSE(header({{"who", "what"}}));
}
