#pragma once
// Whole trainings under a monitor, on several seeds: RAPT_TEST_SEEDS says how many. Where it does not, 1, and
// none under sanitizers, which are too slow for trainings.

#include <rapt/gan/gan_verdict.hpp>

#include "support/catch.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>

namespace rapt_test {

inline std::uint64_t run_seeds() {
  std::uint64_t number = 1;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  number = 0;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
  number = 0;
#endif
#endif
  if (const char* text = std::getenv("RAPT_TEST_SEEDS"))
    std::from_chars(text, text + std::strlen(text), number);
  return number;
}

/// What came of a constructed failure.
struct Named {
  rapt::GanFailure failure;
  std::ptrdiff_t epochs;  // from the failure on until it was named, or 0
  std::string message;
};

/// Runs a construction on all seeds, and says how often it was named rightly.
inline void expect_named(const char* what, rapt::GanFailure expected,
                         const std::function<Named(std::uint64_t)>& construct) {
  const std::uint64_t seeds = run_seeds();
  if (seeds == 0) RAPT_SKIP("trainings are too long here");
  std::ptrdiff_t right = 0, slowest = 0;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    const Named named = construct(seed);
    INFO(what << " seed " << seed << " epochs " << named.epochs << ": " << named.message);
    CHECK(named.failure == expected);
    CHECK(named.epochs >= 1);
    CHECK(named.epochs <= 5);
    right += named.failure == expected && named.epochs >= 1;
    slowest = std::max(slowest, named.epochs);
    if (seed == 1) std::printf("%s: %s\n", what, named.message.c_str());
  }
  std::printf("%s: named in %td of %d seeds, after at most %td epochs\n", what, right,
              static_cast<int>(seeds), slowest);
}

inline void expect_healthy(const char* what, const std::function<std::string(std::uint64_t)>& run) {
  const std::uint64_t seeds = run_seeds();
  if (seeds == 0) RAPT_SKIP("trainings are too long here");
  std::ptrdiff_t alarms = 0;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    const std::string message = run(seed);
    INFO(what << " seed " << seed << ": " << message);
    CHECK(message.empty());
    alarms += !message.empty();
  }
  std::printf("%s: %td false alarms in %d seeds\n", what, alarms, static_cast<int>(seeds));
}

}  // namespace rapt_test
