#include <rapt/version.hpp>

#include "support/catch.hpp"

#include <algorithm>

TEST_CASE("The version is three numbers", "[version]") {
  CHECK(std::count(rapt::version.begin(), rapt::version.end(), '.') == 2);
  CHECK(rapt::version.find_first_not_of("0123456789.") == std::string_view::npos);
}
