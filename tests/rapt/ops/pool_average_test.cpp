#include <rapt/ops/pool_average.hpp>

#include "support/catch.hpp"
#include "support/draw.hpp"
#include "support/registry.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace {

const rapt_test::Registered registered_average_windows("average_windows");

// A plain loop over all positions of each window, padding included.
double average_by_definition(const rapt::Tensor<double, 4>& x, rapt::Index b, rapt::Index c,
                             const rapt::PoolWindows& windows, bool counted, rapt::Index i, rapt::Index j) {
  double sum = 0;
  rapt::Index count = 0;
  const auto &rows = windows.rows, &columns = windows.columns;
  for (rapt::Index h = i * rows.stride - rows.padding; h < i * rows.stride - rows.padding + rows.kernel;
       ++h) {
    for (rapt::Index w = j * columns.stride - columns.padding;
         w < j * columns.stride - columns.padding + columns.kernel; ++w) {
      const bool inside = h >= 0 && h < rows.in && w >= 0 && w < columns.in;
      const bool padding = h < rows.in + rows.padding && w < columns.in + columns.padding;
      if (inside) sum += x(b, c, h, w);
      if (inside || (counted && padding)) ++count;
    }
  }
  return sum / static_cast<double>(count);
}

}  // namespace

TEST_CASE("average_windows is the average over each window", "[ops][pool]") {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    INFO("seed " << seed);
    rapt_test::Draw draw(seed);
    const rapt::PoolSettings pool{.kernel_size = {draw.small(), draw.small()},
                                  .stride = {draw.small(), draw.small()},
                                  .padding = {0, 0},
                                  .ceil_mode = seed % 2 == 1};
    auto padded = pool;
    if (seed % 3 != 0) padded.padding = {pool.kernel_size.height / 2, pool.kernel_size.width / 2};
    const auto x =
        draw.normal<double, 4>({draw.small(), draw.small(), 4 + draw.positive(), 4 + draw.positive()});
    const auto windows = pool_windows("Pool", x.shape(), padded);
    const bool counted = seed % 5 < 3;
    const auto padding = counted ? rapt::PaddingInAverage::counted : rapt::PaddingInAverage::left_out;
    rapt::Tensor<double, 4> y({x.extent(0), x.extent(1), windows.rows.out, windows.columns.out}),
        dx(x.shape());
    average_windows(x, windows, padding, y.view());
    double worst = 0;
    for (rapt::Index b = 0; b < y.extent(0); ++b) {
      for (rapt::Index c = 0; c < y.extent(1); ++c) {
        for (rapt::Index i = 0; i < y.extent(2); ++i) {
          for (rapt::Index j = 0; j < y.extent(3); ++j) {
            const double expected = average_by_definition(x, b, c, windows, counted, i, j);
            worst = std::max(worst, std::abs(y(b, c, i, j) - expected));
          }
        }
      }
    }
    CHECK(worst < 1e-14);

    // <dy, M x> = <M^T dy, x>
    const auto dy = draw.normal<double, 4>(y.shape());
    dx.fill(7);
    average_windows_backward(dy, windows, padding, dx.view());
    CHECK((dy.array() * y.array()).sum() == Catch::Approx((dx.array() * x.array()).sum()).margin(1e-12));
  }
}

TEST_CASE("average_windows names both shapes when they do not fit", "[ops][pool][errors]") {
  using Catch::Matchers::Message;
  const auto windows = rapt::pool_windows("Pool", {1, 2, 4, 4}, {.kernel_size = 2, .stride = 2});
  rapt::Tensor<float, 4> x({1, 2, 4, 4}), y({1, 2, 2, 2}), wrong({1, 2, 3, 4});
  const auto padding = rapt::PaddingInAverage::counted;
  CHECK_THROWS_MATCHES(average_windows(wrong, windows, padding, y.view()), rapt::ShapeError,
                       Message("average_windows: x has shape (1, 2, 3, 4), expected (*, *, 4, 4)"));
  CHECK_THROWS_MATCHES(average_windows(x, windows, padding, wrong.view()), rapt::ShapeError,
                       Message("average_windows: y has shape (1, 2, 3, 4), expected (1, 2, 2, 2)"));
  CHECK_THROWS_MATCHES(average_windows_backward(y, windows, padding, wrong.view()), rapt::ShapeError,
                       Message("average_windows_backward: dx has shape (1, 2, 3, 4), expected (*, *, 4, 4)"));
  CHECK_THROWS_MATCHES(average_windows_backward(wrong, windows, padding, x.view()), rapt::ShapeError,
                       Message("average_windows_backward: dy has shape (1, 2, 3, 4), expected (1, 2, 2, 2)"));
}
