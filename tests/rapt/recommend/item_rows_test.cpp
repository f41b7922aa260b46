#include <rapt/recommend/item_rows.hpp>

#include "support/catch.hpp"

#include <vector>

TEST_CASE("ItemRows gives rows and slices of compressed lists without copying", "[recommend][item_rows]") {
  const std::vector<rapt::Index> offsets{0, 2, 2, 5}, items{4, 7, 1, 2, 3};
  const rapt::ItemRows rows{offsets, items};

  REQUIRE(rows.size() == 3);
  CHECK(rows.count() == 5);
  CHECK(rows[0].size() == 2);
  CHECK(rows[0][1] == 7);
  CHECK(rows[1].empty());
  const auto tail = rows.slice(1, 3);
  REQUIRE(tail.size() == 2);
  CHECK(tail.count() == 3);
  CHECK(tail[1].data() == items.data() + 2);
  CHECK(rapt::ItemRows{}.size() == 0);
  CHECK(rapt::ItemRows{}.count() == 0);
}

TEST_CASE("ItemRowsBuffer collects rows and starts anew after clear", "[recommend][item_rows]") {
  rapt::ItemRowsBuffer buffer;
  CHECK(buffer.rows().size() == 0);
  buffer.append(std::vector<rapt::Index>{3, 1});
  buffer.append({});
  REQUIRE(buffer.rows().size() == 2);
  CHECK(buffer.rows()[0][0] == 3);
  CHECK(buffer.rows()[1].empty());
  buffer.clear();
  CHECK(buffer.rows().size() == 0);
}
