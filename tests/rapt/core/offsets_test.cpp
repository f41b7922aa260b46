#include <rapt/core/offsets.hpp>

#include <rapt/core/tensor.hpp>

#include "support/catch.hpp"

#include <stdexcept>
#include <string>

namespace {

std::string offsets_message(const rapt::Tensor<rapt::Index, 1>& offsets, rapt::Index count) {
  try {
    rapt::expect_offsets("f", offsets, count);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "none";
}

}  // namespace

TEST_CASE("expect_offsets counts the lists and empty ones too", "[core][offsets]") {
  const rapt::Tensor<rapt::Index, 1> none({1}, {0}), three({4}, {0, 2, 2, 5});
  CHECK(rapt::expect_offsets("f", none, 0) == 0);
  CHECK(rapt::expect_offsets("f", three, 5) == 3);
}

TEST_CASE("expect_offsets refuses offsets that do not rise from 0 to the count", "[core][offsets][errors]") {
  using Offsets = rapt::Tensor<rapt::Index, 1>;
  CHECK(offsets_message(Offsets({3}, {1, 2, 5}), 5) == "f: offsets do not rise from 0 to 5");
  CHECK(offsets_message(Offsets({3}, {0, 2, 4}), 5) == "f: offsets do not rise from 0 to 5");
  CHECK(offsets_message(Offsets({4}, {0, 3, 2, 5}), 5) == "f: offsets do not rise from 0 to 5");
  CHECK(offsets_message(Offsets({1}, {0}), 5) == "f: offsets do not rise from 0 to 5");
  CHECK(offsets_message(Offsets({0}), 0) == "f: offsets has shape (0), expected (1)");
}
