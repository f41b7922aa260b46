#include <rapt/core/checked.hpp>

#include "support/catch.hpp"

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace {

constexpr std::int64_t checked_most = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t checked_least = std::numeric_limits<std::int64_t>::min();

template <class F>
std::string checked_message(F f) {
  try {
    f();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "nothing was thrown";
}

}  // namespace

TEST_CASE("Checked sums and products agree with plain ones up to the limits", "[core][checked]") {
  STATIC_REQUIRE(rapt::checked_add<std::int64_t>(checked_most - 1, 1, "n") == checked_most);
  STATIC_REQUIRE(rapt::checked_multiply<std::int64_t>(-3, 5, "n") == -15);
  STATIC_REQUIRE(rapt::checked_multiply<std::int64_t>(checked_least, 1, "n") == checked_least);
  STATIC_REQUIRE(rapt::checked_add<std::uint8_t>(200, 55, "n") == 255);
  using Catch::Matchers::Message;
  CHECK_THROWS_MATCHES(rapt::checked_add<std::int64_t>(checked_most, 1, "n"), std::overflow_error,
                       Message("n: 9223372036854775807 + 1 does not fit 63 bits"));
  CHECK_THROWS_MATCHES(rapt::checked_add<std::int64_t>(checked_least, -1, "n"), std::overflow_error,
                       Message("n: -9223372036854775808 + -1 does not fit 63 bits"));
  CHECK_THROWS_MATCHES(rapt::checked_multiply<std::int64_t>(checked_least, -1, "n"), std::overflow_error,
                       Message("n: -9223372036854775808 * -1 does not fit 63 bits"));
  CHECK_THROWS_MATCHES(rapt::checked_add<std::uint8_t>(200, 56, "n"), std::overflow_error,
                       Message("n: 200 + 56 does not fit 8 bits"));
  CHECK_THROWS_MATCHES(rapt::checked_multiply<std::uint64_t>(1ull << 32, 1ull << 32, "n"),
                       std::overflow_error, Message("n: 4294967296 * 4294967296 does not fit 64 bits"));
  CHECK(checked_message([] {
          rapt::checked_multiply<std::int64_t>(std::int64_t{1} << 32, 1ll << 31, "bytes");
        }) == "bytes: 4294967296 * 2147483648 does not fit 63 bits");
}

TEST_CASE("narrow keeps a value or throws", "[core][checked]") {
  STATIC_REQUIRE(rapt::narrow<std::int32_t>(std::int64_t{-5}, "n") == -5);
  STATIC_REQUIRE(rapt::narrow<std::uint8_t>(255, "n") == 255);
  using Catch::Matchers::Message;
  CHECK_THROWS_MATCHES(rapt::narrow<std::uint8_t>(256, "n"), std::overflow_error,
                       Message("n: 256 does not fit an unsigned number of 8 bits"));
  CHECK_THROWS_MATCHES(rapt::narrow<std::uint64_t>(-1, "n"), std::overflow_error,
                       Message("n: -1 does not fit an unsigned number of 64 bits"));
  CHECK_THROWS_MATCHES(rapt::narrow<std::int64_t>(std::uint64_t{1} << 63, "n"), std::overflow_error,
                       Message("n: 9223372036854775808 does not fit a signed number of 64 bits"));
  CHECK(checked_message([] { rapt::narrow<std::int32_t>(std::int64_t{1} << 40, "id"); }) ==
        "id: 1099511627776 does not fit a signed number of 32 bits");
}

TEST_CASE("checked_element_count refuses hostile shapes", "[core][checked]") {
  using Extents = std::vector<rapt::Index>;
  CHECK(rapt::checked_element_count(Extents{}, "s") == 1);
  CHECK(rapt::checked_element_count(Extents{2, 3, 4}, "s") == 24);
  CHECK(rapt::checked_element_count(Extents{2, 0, 4}, "s") == 0);
  const rapt::Index big = rapt::Index{1} << 32;
  using Catch::Matchers::Message;
  const auto too_many = Message("s: 4294967296 * 4294967296 does not fit 63 bits");
  CHECK_THROWS_MATCHES(rapt::checked_element_count(Extents{big, big}, "s"), std::overflow_error, too_many);
  CHECK_THROWS_MATCHES(rapt::checked_element_count(Extents{0, big, big}, "s"), std::overflow_error, too_many);
  CHECK_THROWS_MATCHES(rapt::checked_element_count(Extents{-2, -3}, "s"), std::invalid_argument,
                       Message("s: extent -2 is negative"));
  CHECK_THROWS_MATCHES(rapt::checked_element_count(std::vector<std::uint64_t>{~std::uint64_t{0}}, "s"),
                       std::overflow_error,
                       Message("s: 18446744073709551615 does not fit a signed number of 64 bits"));
}

TEST_CASE("expect_id names id and limit", "[core][checked][errors]") {
  CHECK_NOTHROW(rapt::expect_id("f", "id", 4, 5));
  CHECK_THROWS_MATCHES(rapt::expect_id("f", "id", -1, 5), std::out_of_range,
                       Catch::Matchers::Message("f: id -1 is not in [0, 5)"));
  CHECK_THROWS_MATCHES(rapt::expect_id("f", "id", 0, 0), std::out_of_range,
                       Catch::Matchers::Message("f: id 0 is not in [0, 0)"));
  CHECK(checked_message([] { rapt::expect_id("Embedding::forward", "id", 5, 5); }) ==
        "Embedding::forward: id 5 is not in [0, 5)");
}
