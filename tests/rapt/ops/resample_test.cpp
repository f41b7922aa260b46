#include <rapt/ops/resample.hpp>

#include "support/catch.hpp"
#include "support/draw.hpp"
#include "support/registry.hpp"

#include <cstdint>
#include <vector>

namespace {

const rapt_test::Registered registered_resample("resample");

std::vector<rapt::Index> resample_nearest(rapt::Index in, rapt::Index out, double factor) {
  rapt::ResampleAxis<double> axis;
  set_nearest(axis, in, out, factor);
  CHECK(axis.share.size() == 0);
  return {axis.index.begin(), axis.index.end()};
}

}  // namespace

TEST_CASE("Positions of a resized axis are those worked out by hand", "[ops][resample]") {
  using Indices = std::vector<rapt::Index>;
  CHECK(resample_nearest(3, 6, 0) == Indices{0, 0, 1, 1, 2, 2});
  CHECK(resample_nearest(3, 6, 2) == Indices{0, 0, 1, 1, 2, 2});
  CHECK(resample_nearest(4, 3, 0) == Indices{0, 1, 2});  // 0, 1.33, 2.67
  CHECK(resample_nearest(5, 1, 0) == Indices{0});
  CHECK(resample_nearest(3, 7, 2.5) == Indices{0, 0, 0, 1, 1, 2, 2});  // steps of 0.4

  rapt::ResampleAxis<double> axis;
  set_linear(axis, 2, 4, 0, false);  // -0.25 -> 0, 0.25, 0.75, 1.25
  CHECK(Indices(axis.index.begin(), axis.index.end()) == Indices{0, 0, 0, 1});
  CHECK(std::vector<double>(axis.share.begin(), axis.share.end()) ==
        std::vector<double>{0, 0.25, 0.75, 0.25});
  set_linear(axis, 3, 5, 0, true);  // 0, 0.5, 1, 1.5, 2
  CHECK(Indices(axis.index.begin(), axis.index.end()) == Indices{0, 0, 1, 1, 2});
  CHECK(std::vector<double>(axis.share.begin(), axis.share.end()) == std::vector<double>{0, 0.5, 0, 0.5, 0});
  set_linear(axis, 3, 1, 0, true);
  CHECK(axis.index(0) == 0);
  CHECK(axis.share(0) == 0);
}

TEST_CASE("resample_backward is the transpose of resample", "[ops][resample]") {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    INFO("seed " << seed);
    rapt_test::Draw draw(seed);
    const auto x = draw.normal<double, 4>({draw.small(), draw.small(), draw.positive(), draw.positive()});
    rapt::ResamplePlan<double> plan;
    const rapt::Index rows = draw.positive(), columns = draw.positive();
    if (seed % 3 == 0) {
      set_nearest(plan.rows, x.extent(2), rows, 0);
      set_nearest(plan.columns, x.extent(3), columns, 0);
    } else {
      set_linear(plan.rows, x.extent(2), rows, 0, seed % 3 == 1);
      set_linear(plan.columns, x.extent(3), columns, 0, seed % 3 == 1);
    }
    CHECK(plan.mixes() == (seed % 3 != 0));
    rapt::Tensor<double, 4> y({x.extent(0), x.extent(1), rows, columns}), dx(x.shape());
    resample(x, plan, y.view());
    const auto dy = draw.normal<double, 4>(y.shape());
    dx.fill(7);
    resample_backward(dy, plan, dx.view());
    CHECK((dy.array() * y.array()).sum() == Catch::Approx((dx.array() * x.array()).sum()).margin(1e-12));
  }
}

TEST_CASE("resample names both shapes when they do not fit", "[ops][resample][errors]") {
  using Catch::Matchers::Message;
  rapt::ResamplePlan<float> plan;
  set_nearest(plan.rows, 2, 4, 0);
  set_nearest(plan.columns, 3, 3, 0);
  rapt::Tensor<float, 4> x({1, 2, 2, 3}), y({1, 2, 4, 3}), wrong({1, 2, 3, 3});
  CHECK_THROWS_MATCHES(resample(wrong, plan, y.view()), rapt::ShapeError,
                       Message("resample: x has shape (1, 2, 3, 3), expected (*, *, 2, 3)"));
  CHECK_THROWS_MATCHES(resample(x, plan, wrong.view()), rapt::ShapeError,
                       Message("resample: y has shape (1, 2, 3, 3), expected (1, 2, 4, 3)"));
  CHECK_THROWS_MATCHES(resample_backward(y, plan, wrong.view()), rapt::ShapeError,
                       Message("resample_backward: dx has shape (1, 2, 3, 3), expected (*, *, 2, 3)"));
  CHECK_THROWS_MATCHES(resample_backward(wrong, plan, x.view()), rapt::ShapeError,
                       Message("resample_backward: dy has shape (1, 2, 3, 3), expected (1, 2, 4, 3)"));
}
