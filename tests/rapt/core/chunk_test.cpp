#include <rapt/core/chunk.hpp>

#include "support/catch.hpp"

#include <stdexcept>
#include <string>

using rapt::Index;

TEST_CASE("A ChunkTask calls the body it was made from", "[core][parallel]") {
  Index sum = 0;
  auto body = [&](Index chunk) { sum += chunk; };
  const rapt::ChunkTask task(body), copy = task;
  task(3);
  copy(4);
  CHECK(sum == 7);
}

TEST_CASE("InsideChunk nests and ends", "[core][parallel]") {
  using rapt::detail::inside_chunk;
  CHECK_FALSE(inside_chunk());
  {
    const rapt::detail::InsideChunk outer;
    { const rapt::detail::InsideChunk inner; }
    CHECK(inside_chunk());
  }
  CHECK_FALSE(inside_chunk());
}

TEST_CASE("ChunkError keeps the exception of the lowest chunk until it is thrown", "[core][parallel]") {
  auto body = [](Index chunk) {
    if (chunk != 1) throw std::runtime_error(std::to_string(chunk));
  };
  const rapt::ChunkTask task(body);
  rapt::detail::ChunkError error;
  CHECK_NOTHROW(error.rethrow());
  for (const Index chunk : {1, 5, 2, 7}) error.run(task, chunk);
  CHECK_THROWS_WITH(error.rethrow(), "2");
  CHECK_NOTHROW(error.rethrow());
}
