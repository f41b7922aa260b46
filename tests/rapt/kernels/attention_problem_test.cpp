#include <rapt/kernels/attention_problem.hpp>

#include "support/catch.hpp"

#include <set>

using rapt::Index;

TEST_CASE("Heads lie side by side in the rows of a sample", "[kernels][attention]") {
  float values[2 * 3 * 8] = {};
  const rapt::AttentionHeads<float> heads{values, 24, 8};
  CHECK(heads.head(0, 0, 4) == values);
  CHECK(heads.head(1, 1, 4) == values + 24 + 4);
  CHECK(rapt::AttentionHeads<float>{}.head(1, 1, 4) == nullptr);
}

TEST_CASE("The word of a weight is that of its block in the stream and every weight has its own",
          "[kernels][attention]") {
  const rapt::RandomStream stream = rapt::RandomStream(7).substream(3);
  const Index keys = 5;  // two blocks a row
  CHECK(rapt::attention_word(stream, keys, 0, 0) == stream.words(0)[0]);
  CHECK(rapt::attention_word(stream, keys, 0, 4) == stream.words(1)[0]);
  CHECK(rapt::attention_word(stream, keys, 2, 3) == stream.words(4)[3]);
  std::set<std::uint32_t> words;
  for (Index i = 0; i < 20; ++i) {
    for (Index j = 0; j < keys; ++j) words.insert(rapt::attention_word(stream, keys, i, j));
  }
  CHECK(words.size() == 100);
}

TEST_CASE("The threshold is the probability in units of a word", "[kernels][attention]") {
  CHECK(rapt::attention_drop_threshold(0) == 0u);
  CHECK(rapt::attention_drop_threshold(0.5) == 0x80000000u);
  CHECK(rapt::attention_drop_threshold(1) == 0xffffffffu);
}
