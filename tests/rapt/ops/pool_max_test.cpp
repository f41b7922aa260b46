#include <rapt/ops/pool_max.hpp>

#include "support/catch.hpp"
#include "support/draw.hpp"
#include "support/registry.hpp"

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace {

const rapt_test::Registered registered_pick_positions("pick_positions");

struct PoolMaxResult {
  std::vector<double> values;
  std::vector<rapt::Index> positions;
};

// One row with windows of 3, 1 apart.
PoolMaxResult pool_max_of_row(const std::vector<double>& row, const rapt::PoolSettings& pool) {
  const auto count = static_cast<rapt::Index>(row.size());
  const rapt::TensorView<const double, 4> x(row.data(), {1, 1, 1, count});
  const auto windows = rapt::pool_windows("Pool", x.shape(), pool);
  rapt::Tensor<double, 4> y({1, 1, 1, windows.columns.out});
  rapt::Tensor<rapt::Index, 4> positions(y.shape());
  max_windows(x, windows, y.view(), positions.view());
  return {{y.begin(), y.end()}, {positions.begin(), positions.end()}};
}

}  // namespace

TEST_CASE("max_windows takes the first of equal numbers and the last NaN", "[ops][pool]") {
  using Positions = std::vector<rapt::Index>;
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const rapt::PoolSettings three{.kernel_size = {1, 3}, .stride = 1};
  const auto ties = pool_max_of_row({1, 5, 5, 2, 2, 2}, three);
  CHECK(ties.values == std::vector<double>{5, 5, 5, 2});
  CHECK(ties.positions == Positions{1, 1, 2, 3});
  const auto lowest = pool_max_of_row({-infinity, -infinity, -infinity, -7}, three);
  CHECK(lowest.values == std::vector<double>{-infinity, -7});
  CHECK(lowest.positions == Positions{0, 3});
  const auto broken = pool_max_of_row({nan, 1, nan, 9, infinity, 3}, three);
  CHECK(std::isnan(broken.values[0]));
  CHECK(std::isnan(broken.values[1]));
  CHECK(std::isnan(broken.values[2]));
  CHECK(broken.values[3] == infinity);
  CHECK(broken.positions == Positions{2, 2, 2, 4});
}

TEST_CASE("Long windows have the largest number by the same rule", "[ops][pool]") {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  std::vector<double> row(40, -2);
  const rapt::PoolSettings wide{.kernel_size = {1, 20}, .stride = {1, 20}};
  row[3] = row[7] = 5;
  row[30] = nan;
  row[33] = 9;
  row[36] = nan;
  const auto found = pool_max_of_row(row, wide);
  CHECK(found.values[0] == 5);
  CHECK(std::isnan(found.values[1]));
  CHECK(found.positions == std::vector<rapt::Index>{3, 36});
}

TEST_CASE("A window of padding alone has no largest number", "[ops][pool]") {
  // Positions -1 and 4 of an image of 4, one beyond each end.
  const rapt::PoolSettings wide{.kernel_size = {1, 2}, .padding = {0, 1}, .dilation = {1, 5}};
  const auto none = pool_max_of_row({1, 2, 3, 4}, wide);
  CHECK(none.values == std::vector<double>{-std::numeric_limits<double>::infinity()});
  CHECK(none.positions == std::vector<rapt::Index>{-1});
  const rapt::Tensor<double, 4> x({1, 1, 1, 4}, {1, 2, 3, 4}), dy({1, 1, 1, 1}, {5});
  rapt::Tensor<rapt::Index, 4> positions({1, 1, 1, 1}, {-1});
  rapt::Tensor<double, 4> y({1, 1, 1, 1}), dx(x.shape());
  pick_positions<double>(x, positions, y.view());
  CHECK(y(0, 0, 0, 0) == 0);
  dx.fill(7);
  pick_positions_backward<double>(dy, positions, dx.view());
  for (const double number : dx) CHECK(number == 0);
}

TEST_CASE("pick_positions_backward is the transpose of pick_positions", "[ops][pool]") {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    INFO("seed " << seed);
    rapt_test::Draw draw(seed);
    const auto x = draw.normal<double, 4>({draw.small(), draw.small(), draw.positive(), draw.positive()});
    const auto positions =
        draw.indices<4>({x.extent(0), x.extent(1), draw.positive(), draw.small()}, x.extent(2) * x.extent(3));
    rapt::Tensor<double, 4> y(positions.shape()), dx(x.shape());
    pick_positions<double>(x, positions, y.view());
    const auto dy = draw.normal<double, 4>(y.shape());
    dx.fill(7);
    pick_positions_backward<double>(dy, positions, dx.view());
    CHECK((dy.array() * y.array()).sum() == Catch::Approx((dx.array() * x.array()).sum()).margin(1e-12));
  }
}

TEST_CASE("max_windows names both shapes when they do not fit", "[ops][pool][errors]") {
  using Catch::Matchers::Message;
  const auto windows = rapt::pool_windows("Pool", {1, 2, 4, 4}, {.kernel_size = 2, .stride = 2});
  rapt::Tensor<float, 4> x({1, 2, 4, 4}), y({1, 2, 2, 2}), wrong({1, 3, 2, 2});
  rapt::Tensor<rapt::Index, 4> positions(y.shape()), others({1, 2, 2, 3});
  CHECK_THROWS_MATCHES(max_windows(wrong, windows, y.view(), positions.view()), rapt::ShapeError,
                       Message("max_windows: x has shape (1, 3, 2, 2), expected (*, *, 4, 4)"));
  CHECK_THROWS_MATCHES(max_windows(x, windows, wrong.view(), positions.view()), rapt::ShapeError,
                       Message("max_windows: y has shape (1, 3, 2, 2), expected (1, 2, 2, 2)"));
  CHECK_THROWS_MATCHES(max_windows(x, windows, y.view(), others.view()), rapt::ShapeError,
                       Message("max_windows: positions has shape (1, 2, 2, 3), expected (1, 2, 2, 2)"));
  CHECK_THROWS_MATCHES(pick_positions<float>(wrong, positions, y.view()), rapt::ShapeError,
                       Message("pick_positions: positions has shape (1, 2, 2, 2), expected (1, 3, *, *)"));
  CHECK_THROWS_MATCHES(pick_positions<float>(x, others, y.view()), rapt::ShapeError,
                       Message("pick_positions: y has shape (1, 2, 2, 2), expected (1, 2, 2, 3)"));
  CHECK_THROWS_MATCHES(
      pick_positions_backward<float>(y, positions, wrong.view()), rapt::ShapeError,
      Message("pick_positions_backward: positions has shape (1, 2, 2, 2), expected (1, 3, *, *)"));
  CHECK_THROWS_MATCHES(pick_positions_backward<float>(y, others, x.view()), rapt::ShapeError,
                       Message("pick_positions_backward: dy has shape (1, 2, 2, 2), expected (1, 2, 2, 3)"));
}
