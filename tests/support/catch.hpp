#pragma once
// The one include for Catch2, 2.13 (Debian 12) and 3. Tests keep to what both offer: TEST_CASE,
// TEMPLATE_TEST_CASE, SECTION, CHECK*, REQUIRE*, GENERATE, INFO, CAPTURE, Catch::Approx, and in
// Catch::Matchers WithinAbs, WithinRel, ContainsSubstring, StartsWith, EndsWith, Equals.
#if __has_include(<catch2/catch_test_macros.hpp>)
#include <catch2/catch_approx.hpp>
#include <catch2/catch_message.hpp>
#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#else
#include <catch2/catch.hpp>

namespace Catch {
using Detail::Approx;
namespace Matchers {
inline auto ContainsSubstring(const std::string& part) { return Contains(part); }
}  // namespace Matchers
}  // namespace Catch
#endif

#include <iostream>

/// Leaves a test that cannot run here. The line is printed and ctest counts the test as skipped, not as
/// passed.
#define RAPT_SKIP(reason)                            \
  do {                                               \
    std::cout << "skipped: " << reason << std::endl; \
    SUCCEED("skipped");                              \
    return;                                          \
  } while (false)
