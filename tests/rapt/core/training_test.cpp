#include <rapt/core/training.hpp>

#include "support/catch.hpp"

#include <set>
#include <string>
#include <vector>

using rapt::field;
using rapt::RandomStream;

namespace {

struct TrainingNorm {  // proposes in its cache, commits by absorb
  struct Cache {
    rapt::Training training;
    int proposed = 0;
  };
  int committed = 0;
  static constexpr auto parameters = std::tuple{};
  void absorb(const Cache& cache) { committed += cache.proposed; }
};
struct TrainingPlain {
  struct Cache {};
  static constexpr auto parameters = std::tuple{};
};
struct TrainingBlock {
  TrainingNorm norm;
  std::tuple<TrainingPlain, TrainingNorm> pair;
  std::vector<TrainingNorm> blocks{2};
  static constexpr auto parameters =
      std::tuple{field("norm", &TrainingBlock::norm), field("pair", &TrainingBlock::pair),
                 field("blocks", &TrainingBlock::blocks)};
  struct Cache {
    TrainingNorm::Cache norm, dropout;
    std::tuple<TrainingPlain::Cache, TrainingNorm::Cache> pair;
    std::vector<TrainingNorm::Cache> blocks{2};
    static constexpr auto caches =
        std::tuple{field("dropout", &Cache::dropout), field("blocks", &Cache::blocks),
                   field("pair", &Cache::pair), field("norm", &Cache::norm)};
  };
};

std::vector<rapt::Training*> training_leaves(TrainingBlock::Cache& cache) {
  return {&cache.norm.training, &cache.dropout.training, &std::get<1>(cache.pair).training,
          &cache.blocks[0].training, &cache.blocks[1].training};
}

}  // namespace

TEST_CASE("start_training reaches every leaf and gives each the stream of its path", "[core][training]") {
  TrainingBlock::Cache cache, again;
  for (const auto* leaf : training_leaves(cache)) CHECK_FALSE(leaf->on);
  rapt::start_training(cache, RandomStream(1));
  rapt::start_training(again, RandomStream(1));
  std::set<std::uint64_t> streams;
  const auto leaves = training_leaves(cache), same = training_leaves(again);
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    CHECK(leaves[i]->on);
    CHECK(leaves[i]->stream.state() == same[i]->stream.state());
    streams.insert(leaves[i]->stream.state().stream);
  }
  CHECK(streams.size() == leaves.size());
  CHECK(leaves[4]->stream.state() == RandomStream(1).substream("blocks").substream(1).state());
  rapt::stop_training(cache);
  for (const auto* leaf : training_leaves(cache)) CHECK_FALSE(leaf->on);
}

TEST_CASE("absorb commits through tuples and vectors by the names of the parts", "[core][training]") {
  TrainingBlock layer;
  TrainingBlock::Cache cache;
  cache.norm.proposed = 1;
  cache.dropout.proposed = 100;  // no part of that name
  std::get<1>(cache.pair).proposed = 2;
  cache.blocks[0].proposed = 3;
  cache.blocks[1].proposed = 4;
  rapt::absorb(layer, cache);
  CHECK(layer.norm.committed == 1);
  CHECK(std::get<1>(layer.pair).committed == 2);
  CHECK(layer.blocks[0].committed == 3);
  CHECK(layer.blocks[1].committed == 4);
}

TEST_CASE("absorb refuses caches for another number of blocks", "[core][training][errors]") {
  TrainingBlock layer;
  TrainingBlock::Cache cache;
  cache.blocks.clear();
  std::string message;
  try {
    rapt::absorb(layer, cache);
  } catch (const std::invalid_argument& error) {
    message = error.what();
  }
  CHECK(message == "rapt::absorb: 2 layers, but caches for 0");
}
