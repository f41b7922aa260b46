#include <rapt/kernels/attention_chunk.hpp>

#include "support/catch.hpp"

#include <vector>

TEST_CASE("The pieces of a chunk's memory lie one after the other and are aligned", "[kernels][attention]") {
  rapt::AttentionProblem<float> p;
  p.queries = 100;
  p.width = 9;
  p.value_width = 17;
  rapt::detail::ForwardChunk<float> chunk{.problem = &p, .y = {}, .normaliser = nullptr};
  chunk.queries = 100;
  const rapt::Index size = chunk.lay_out(nullptr);
  CHECK(chunk.scores == nullptr);
  std::vector<float> memory(static_cast<std::size_t>(size));
  CHECK(chunk.lay_out(memory.data()) == size);
  CHECK(chunk.scores == memory.data());
  CHECK(chunk.added - chunk.scores == 64 * 64);
  CHECK(chunk.blocks[1].query - chunk.blocks[0].query == 64 * (9 + 2 + 32));
  CHECK(chunk.blocks[1].mixed + 64 * 32 == memory.data() + size);
  CHECK(chunk.blocks[2].query == nullptr);
}

TEST_CASE("Few heads are cut into more chunks of queries", "[kernels][attention]") {
  rapt::AttentionProblem<float> p;
  p.queries = 512;
  p.width = p.value_width = 64;
  p.batch = 8;
  CHECK(rapt::detail::attention_forward_blocks(p) == 8);
  p.batch = 1;
  CHECK(rapt::detail::attention_forward_blocks(p) == 1);
  p.queries = 16384;
  CHECK(rapt::detail::attention_forward_blocks(p) == 8);
  p.width = 256;
  CHECK(rapt::detail::attention_forward_blocks(p) == 2);
}

TEST_CASE("The memory of a chunk does not grow with the length", "[kernels][attention]") {
  const auto size = [](rapt::Index length, rapt::Index width) {
    rapt::AttentionProblem<float> p;
    p.queries = p.keys = length;
    p.width = p.value_width = width;
    rapt::detail::BackwardChunk<float> chunk{.problem = &p, .y = {}, .dy = {}, .normaliser = nullptr};
    return chunk.lay_out(nullptr);
  };
  CHECK(size(100, 64) < size(1000, 64));
  CHECK(size(1000, 64) == size(1'000'000, 64));
  CHECK(size(1000, 128) < 2 * size(1000, 64));
}
