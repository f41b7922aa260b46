#include <rapt/kernels/simd.hpp>

#include "support/catch.hpp"
#include "support/every_simd.hpp"

#include <cstdlib>
#include <string>

using rapt::Simd;

TEST_CASE("RAPT_SIMD is read as a name and empty means the widest", "[kernels][simd]") {
  CHECK(rapt::detail::simd_from("portable") == Simd::portable);
  CHECK(rapt::detail::simd_from(nullptr) == rapt::detail::widest_simd());
  CHECK(rapt::detail::simd_from("") == rapt::detail::widest_simd());
  CHECK_THROWS_WITH(rapt::detail::simd_from("sse9"), "RAPT_SIMD: 'sse9', expected portable, avx2 or avx512");
}

TEST_CASE("The kernels begin with what RAPT_SIMD asks for", "[kernels][simd]") {
  // Every test that chooses otherwise puts the choice back.
  CHECK(rapt::simd() == rapt::detail::simd_from(std::getenv("RAPT_SIMD")));
}

TEST_CASE("Instructions that the processor lacks are refused and the others can be chosen",
          "[kernels][simd]") {
  const rapt_test::KeepSimd keep;
  for (const Simd simd : {Simd::portable, Simd::avx2, Simd::avx512}) {
    const std::string name(rapt::simd_name(simd));
    if (rapt::simd_supported(simd)) {
      rapt::set_simd(simd);
      CHECK(rapt::simd() == simd);
      CHECK(rapt::detail::simd_from(name.c_str()) == simd);
    } else {
      CHECK_THROWS_WITH(rapt::set_simd(simd), "rapt::set_simd: this processor or build has no " + name);
      CHECK_THROWS_WITH(rapt::detail::simd_from(name.c_str()),
                        "RAPT_SIMD: this processor or build has no " + name);
    }
  }
  CHECK(rapt::simd_supported(Simd::portable));
}
