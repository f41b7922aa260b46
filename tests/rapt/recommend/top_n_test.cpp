#include <rapt/recommend/top_n.hpp>

#include <rapt/core/random.hpp>

#include "support/catch.hpp"

#include <limits>
#include <numeric>
#include <vector>

namespace {

std::vector<rapt::Index> top_n_ids(const std::vector<float>& scores, const std::vector<rapt::Index>& excluded,
                                   rapt::Index n) {
  std::vector<rapt::ScoredItem> best;
  rapt::top_n(scores, excluded, n, best);
  std::vector<rapt::Index> ids;
  for (const auto& scored : best) ids.push_back(scored.item);
  return ids;
}

}  // namespace

TEST_CASE("top_n ranks by score and then by lower id and leaves out what is excluded", "[recommend][top_n]") {
  CHECK(top_n_ids({1, 3, 3, 0, 5}, {}, 3) == std::vector<rapt::Index>{4, 1, 2});
  CHECK(top_n_ids({1, 3, 3, 0, 5}, {1, 4}, 3) == std::vector<rapt::Index>{2, 0, 3});
  CHECK(top_n_ids({2, 2, 2, 2}, {}, 2) == std::vector<rapt::Index>{0, 1});
}

TEST_CASE("top_n gives a shorter list where too little is left", "[recommend][top_n]") {
  CHECK(top_n_ids({1, 2}, {}, 20) == std::vector<rapt::Index>{1, 0});
  CHECK(top_n_ids({1, 2}, {0, 1}, 20).empty());
  CHECK(top_n_ids({1, 2}, {}, 0).empty());
  CHECK(top_n_ids({}, {}, 3).empty());
}

TEST_CASE("top_n never returns NaN or minus infinity", "[recommend][top_n]") {
  const float nan = std::numeric_limits<float>::quiet_NaN(), inf = std::numeric_limits<float>::infinity();
  CHECK(top_n_ids({nan, 1, -inf, inf, nan, -2}, {}, 6) == std::vector<rapt::Index>{3, 1, 5});
  CHECK(top_n_ids({nan, nan, nan}, {}, 2).empty());
}

TEST_CASE("top_n agrees with sorting everything", "[recommend][top_n]") {
  rapt::RandomStream stream(5);
  for (int round = 0; round < 50; ++round) {
    std::vector<float> scores(static_cast<std::size_t>(1 + uniform_index(stream, 60)));
    for (auto& s : scores) s = static_cast<float>(uniform_index(stream, 8));
    std::vector<rapt::Index> excluded, order;
    for (std::size_t k = 0; k < scores.size(); ++k) {
      (uniform_index(stream, 4) == 0 ? excluded : order).push_back(static_cast<rapt::Index>(k));
    }
    std::stable_sort(order.begin(), order.end(), [&](rapt::Index a, rapt::Index b) {
      return scores[static_cast<std::size_t>(a)] > scores[static_cast<std::size_t>(b)];
    });
    order.resize(std::min<std::size_t>(order.size(), 7));
    CHECK(top_n_ids(scores, excluded, 7) == order);
  }
}
