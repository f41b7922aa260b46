#include <rapt/recommend/top_n_by_partition.hpp>

#include <rapt/core/random.hpp>

#include "support/catch.hpp"

#include <algorithm>
#include <limits>
#include <set>
#include <vector>

namespace {

std::vector<rapt::ScoredItem> partition_list(const std::vector<float>& scores,
                                             const std::vector<rapt::Index>& excluded, rapt::Index n) {
  std::vector<rapt::ScoredItem> best;
  rapt::top_n_by_partition(scores, excluded, n, best);
  return best;
}

}  // namespace

TEST_CASE("top_n_by_partition has the scores of top_n whatever the ties", "[recommend][top_n]") {
  rapt::RandomStream stream(9);
  for (int round = 0; round < 200; ++round) {
    std::vector<float> scores(static_cast<std::size_t>(1 + uniform_index(stream, 90)));
    for (auto& s : scores) s = static_cast<float>(uniform_index(stream, 1 + uniform_index(stream, 40)));
    std::vector<rapt::Index> excluded;
    for (std::size_t k = 0; k < scores.size(); ++k) {
      if (uniform_index(stream, 5) == 0) excluded.push_back(static_cast<rapt::Index>(k));
    }
    const rapt::Index n = 1 + uniform_index(stream, 30);
    std::vector<rapt::ScoredItem> expected;
    rapt::top_n(scores, excluded, n, expected);

    const auto list = partition_list(scores, excluded, n);

    REQUIRE(list.size() == expected.size());
    std::set<rapt::Index> distinct;
    for (std::size_t k = 0; k < list.size(); ++k) {
      CHECK(list[k].score == expected[k].score);
      CHECK(list[k].score == scores[static_cast<std::size_t>(list[k].item)]);
      CHECK_FALSE(std::binary_search(excluded.begin(), excluded.end(), list[k].item));
      distinct.insert(list[k].item);
    }
    CHECK(distinct.size() == list.size());
  }
}

TEST_CASE("top_n_by_partition equals top_n where no scores are equal", "[recommend][top_n]") {
  rapt::RandomStream stream(2);
  std::vector<float> scores(500);
  for (auto& s : scores) s = rapt::uniform<float>(stream);
  std::vector<rapt::ScoredItem> expected;
  rapt::top_n(scores, {}, 20, expected);
  CHECK(partition_list(scores, {}, 20) == expected);
}

TEST_CASE("top_n_by_partition leaves the ties at the end of the list as NumPy does", "[recommend][top_n]") {
  // sorted(np.argpartition(-s, 4)[:5]) for s = [1,2,2,2,1,2,2,2,0,2,2,3] with NumPy 1.24.
  const auto list = partition_list({1, 2, 2, 2, 1, 2, 2, 2, 0, 2, 2, 3}, {}, 5);
  std::vector<rapt::Index> items;
  for (const auto& scored : list) items.push_back(scored.item);
  CHECK(items == std::vector<rapt::Index>{11, 6, 7, 9, 10});
}

TEST_CASE("top_n_by_partition keeps NaN and what is barred out", "[recommend][top_n]") {
  const float nan = std::numeric_limits<float>::quiet_NaN(), inf = std::numeric_limits<float>::infinity();
  const auto list = partition_list({nan, 4, -inf, 3, nan, 1, 2, 5}, {7}, 6);
  REQUIRE(list.size() == 4);
  CHECK(list[0].item == 1);
  CHECK(list[3].item == 5);
}
