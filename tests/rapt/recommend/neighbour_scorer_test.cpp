#include <rapt/recommend/neighbour_scorer.hpp>

#include "support/catch.hpp"

#include <stdexcept>
#include <vector>

namespace {

class PlainNeighbours final : public rapt::NeighbourScorer {
 public:
  explicit PlainNeighbours(const std::vector<std::vector<rapt::Neighbour>>& speaking_for)
      : NeighbourScorer("PlainNeighbours", speaking_for) {}
  PlainNeighbours(std::vector<rapt::Index> offsets, std::vector<rapt::Neighbour> neighbours)
      : NeighbourScorer("PlainNeighbours", std::move(offsets), std::move(neighbours)) {}
};

}  // namespace

TEST_CASE("NeighbourScorer adds up what the items of a profile say", "[recommend][neighbour_scorer]") {
  // item 0 is spoken for by 1 and 2, item 2 by 0
  const PlainNeighbours model({{{1, 0.5f}, {2, 0.25f}}, {}, {{0, 4.0f}}});
  CHECK(model.offsets() == std::vector<rapt::Index>{0, 1, 2, 3});
  const auto scores = rapt::score_profile(model, std::vector<rapt::Index>{2, 1, 0});
  CHECK(std::vector<float>(scores.begin(), scores.end()) == std::vector<float>{0.75f, 0, 4});
}

TEST_CASE("NeighbourScorer names what makes no sense", "[recommend][neighbour_scorer][errors]") {
  using Neighbours = std::vector<rapt::Neighbour>;
  CHECK_THROWS_MATCHES(
      PlainNeighbours({0, 2}, Neighbours{{0, 1.0f}}), std::invalid_argument,
      Catch::Matchers::Message(
          "PlainNeighbours: the offsets do not ascend from 0 to the number of neighbours, 1"));
  CHECK_THROWS_MATCHES(PlainNeighbours({0, 1}, Neighbours{{1, 1.0f}}), std::out_of_range,
                       Catch::Matchers::Message("PlainNeighbours: neighbour 1 is not in [0, 1)"));
}

TEST_CASE("A list of neighbours keeps its best and the lower id among equals",
          "[recommend][neighbour_scorer]") {
  std::vector<rapt::Neighbour> list{{3, 1.0f}, {1, 2.0f}, {2, 1.0f}, {0, 0.5f}};
  rapt::detail::keep_best(list, 2);
  REQUIRE(list.size() == 2);
  CHECK(list[0].item + list[1].item == 1 + 2);
}
