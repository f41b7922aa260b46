#include <rapt/recommend/co_occurrence.hpp>

#include "support/catch.hpp"
#include "support/recommend.hpp"

#include <vector>

TEST_CASE("co_occurrence_row gives the rows of the weighted Gram matrix", "[recommend][co_occurrence]") {
  const auto x = rapt_test::golden_interactions("seen");
  std::vector<double> weights(12);
  for (std::size_t u = 0; u < 12; ++u) weights[u] = 0.5 + static_cast<double>(u);
  const bool weighted = GENERATE(false, true);
  std::vector<double> row(15, -1);
  for (rapt::Index i = 0; i < 15; ++i) {
    rapt::co_occurrence_row(x, weighted ? std::span<const double>(weights) : std::span<const double>(), i,
                            row);
    for (rapt::Index j = 0; j < 15; ++j) {
      double expected = 0;
      for (rapt::Index u = 0; u < 12; ++u) {
        if (x.contains(u, i) && x.contains(u, j))
          expected += weighted ? weights[static_cast<std::size_t>(u)] : 1;
      }
      CHECK(row[static_cast<std::size_t>(j)] == expected);
    }
  }
  CHECK(rapt::co_occurrence_cost(x) >= 15);
}
