#include <rapt/recommend/id_map.hpp>

#include "support/catch.hpp"

#include <string>
#include <vector>

namespace {

rapt::IdMap id_map_of(const std::vector<std::string>& names) { return rapt::IdMap(names); }

}  // namespace

TEST_CASE("IdMap numbers names by first appearance and finds them again", "[recommend][id_map]") {
  rapt::IdMap map;
  CHECK(map.intern("bread") == 0);
  CHECK(map.intern("milk") == 1);
  CHECK(map.intern("bread") == 0);
  CHECK(map.size() == 2);
  CHECK(map.find("milk") == 1);
  CHECK_FALSE(map.find("butter").has_value());
  CHECK(map.name(1) == "milk");
}

TEST_CASE("IdMap keeps ids exact: leading zeros and large numbers and any bytes differ",
          "[recommend][id_map]") {
  const std::vector<std::string> names{"7",
                                       "007",
                                       "7.0",
                                       "9007199254740993",
                                       "9007199254740992",
                                       "-1",
                                       " 7",
                                       "\xFF",
                                       "\xF0\x9F\x8D\x9E",
                                       std::string("a\0b", 3),
                                       std::string(10'000, 'x')};
  const auto map = id_map_of(names);
  CHECK(map.size() == static_cast<rapt::Index>(names.size()));
  for (std::size_t k = 0; k < names.size(); ++k) CHECK(map.find(names[k]) == static_cast<rapt::Index>(k));
}

TEST_CASE("IdMap::sort_if_numeric orders non-negative integers of any length by value and closes gaps",
          "[recommend][id_map]") {
  auto map = id_map_of({"18446744073709551616", "10", "9", "0", "123456789012345678901234567890"});

  const auto new_number = map.sort_if_numeric();

  CHECK(map.names() ==
        std::vector<std::string>{"0", "9", "10", "18446744073709551616", "123456789012345678901234567890"});
  CHECK(new_number == std::vector<rapt::Index>{3, 2, 1, 0, 4});
  CHECK(map.find("10") == 2);
}

TEST_CASE("IdMap::sort_if_numeric leaves the order of first appearance where one id is no plain integer",
          "[recommend][id_map]") {
  const std::string odd = GENERATE("007", "-1", "1.0", "", "x", "+3");
  auto map = id_map_of({"5", "3", odd});

  CHECK(map.sort_if_numeric() == std::vector<rapt::Index>{0, 1, 2});
  CHECK(map.names() == std::vector<std::string>{"5", "3", odd});
}

TEST_CASE("IdMap throws on numbers that it does not have and on names given twice", "[recommend][id_map]") {
  const auto map = id_map_of({"a", "b"});
  CHECK_THROWS_AS(map.name(2), std::out_of_range);
  CHECK_THROWS_AS(map.name(-1), std::out_of_range);
  CHECK_THROWS_MATCHES(id_map_of({"a", "b", "a"}), std::invalid_argument,
                       Catch::Matchers::Message("IdMap: the name 'a' occurs twice"));
}
