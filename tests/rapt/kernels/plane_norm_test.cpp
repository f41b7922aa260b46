#include <rapt/kernels/plane_norm.hpp>

#include <rapt/core/random.hpp>

#include "support/catch.hpp"
#include "support/every_simd.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

using rapt::Index;
using rapt::Simd;

namespace {

// Planes that begin one number behind an aligned address; one number behind the last must stay as it is.
template <class T>
struct PlaneProblem {
  PlaneProblem(Index planes_, Index extent_) : planes(planes_), extent(extent_) {
    rapt::RandomStream stream(static_cast<std::uint64_t>(1000 * planes + extent));
    const auto noise = [&](Index n) {
      std::vector<T> list(static_cast<std::size_t>(n));
      for (T& number : list) number = rapt::normal<T>(stream);
      return list;
    };
    for (auto& list : numbers) list = noise(planes * extent + 1);
    for (auto& list : lists) list = noise(planes);
    y.assign(static_cast<std::size_t>(planes * extent + 2), 77);
    mean.assign(static_cast<std::size_t>(planes), 3);
    squares = first = second = mean;
  }
  template <int Terms>
  void sum(Simd simd) {
    rapt::detail::PlaneSums<T> task{planes,          extent,          numbers[0].data() + 1, lists[0].data(),
                                    lists[1].data(), lists[2].data(), y.data() + 1,          {}};
    for (std::size_t k = 0; k < Terms; ++k) task.terms[k] = {lists[3 + k].data(), numbers[1 + k].data() + 1};
    RAPT_KERNEL_FOR(simd, plane_sums<T, Terms>)(task);
  }
  void moments(Simd simd) {
    RAPT_KERNEL_FOR(simd, plane_moments<T>)
    ({planes, extent, numbers[0].data() + 1, mean.data(), squares.data()});
  }
  void products(Simd simd) {
    RAPT_KERNEL_FOR(simd, plane_products<T>)
    ({planes, extent, numbers[1].data() + 1, numbers[0].data() + 1, lists[0].data(), first.data(),
      second.data()});
  }
  long double number(std::size_t list, Index p, Index i) const {
    return numbers[list][static_cast<std::size_t>(1 + p * extent + i)];
  }
  long double of_plane(std::size_t list, Index p) const { return lists[list][static_cast<std::size_t>(p)]; }

  Index planes, extent;
  std::array<std::vector<T>, 4> numbers;
  std::array<std::vector<T>, 6> lists;
  std::vector<T> y, mean, squares, first, second;
};

// The largest error of the moments and products against the formulas in long double.
template <class T>
long double plane_error(const PlaneProblem<T>& t) {
  long double worst = 0;
  for (Index p = 0; p < t.planes; ++p) {
    const auto at = static_cast<std::size_t>(p);
    long double mean = 0, squares = 0, first = 0, second = 0;
    for (Index i = 0; i < t.extent; ++i) mean += t.number(0, p, i) / static_cast<long double>(t.extent);
    for (Index i = 0; i < t.extent; ++i) {
      squares += (t.number(0, p, i) - mean) * (t.number(0, p, i) - mean);
      first += t.number(1, p, i);
      second += t.number(1, p, i) * (t.number(0, p, i) - t.of_plane(0, p));
    }
    worst = std::max({worst, std::abs(t.mean[at] - mean), std::abs(t.squares[at] - squares) / 16,
                      std::abs(t.first[at] - first) / 16, std::abs(t.second[at] - second) / 16});
  }
  return worst;
}

template <class T>
long double plane_sum_error(const PlaneProblem<T>& t, int terms) {
  long double worst = 0;
  for (Index p = 0; p < t.planes; ++p) {
    for (Index i = 0; i < t.extent; ++i) {
      long double y = (t.number(0, p, i) - t.of_plane(0, p)) * t.of_plane(1, p) + t.of_plane(2, p);
      for (std::size_t k = 0; k < static_cast<std::size_t>(terms); ++k)
        y += t.of_plane(3 + k, p) * t.number(1 + k, p, i);
      worst = std::max(worst, std::abs(t.y[static_cast<std::size_t>(1 + p * t.extent + i)] - y));
    }
  }
  return worst;
}

}  // namespace

TEMPLATE_TEST_CASE("Moments and products and sums of planes agree with long double", "[kernels][plane_norm]",
                   float, double) {
  const long double allowed = std::is_same_v<TestType, float> ? 1e-5L : 1e-14L;
  for (const Simd simd : rapt_test::every_simd()) {
    for (const Index planes : {0, 1, 3}) {
      for (const Index extent : {0, 1, 2, 7, 8, 16, 17, 33, 64, 129, 300}) {
        INFO(rapt::simd_name(simd) << ", " << planes << " planes of " << extent);
        PlaneProblem<TestType> problem(planes, extent);
        problem.moments(simd);
        problem.products(simd);
        CHECK(plane_error(problem) < allowed);
        problem.template sum<0>(simd);
        CHECK(plane_sum_error(problem, 0) < allowed);
        problem.template sum<1>(simd);
        CHECK(plane_sum_error(problem, 1) < allowed);
        problem.template sum<3>(simd);
        CHECK(plane_sum_error(problem, 3) < allowed);
        CHECK(problem.y.front() == 77);
        CHECK(problem.y.back() == 77);
      }
    }
  }
}

TEST_CASE("Moments of planes far from 0 keep their squares", "[kernels][plane_norm]") {
  for (const Simd simd : rapt_test::every_simd()) {
    INFO(rapt::simd_name(simd));
    std::vector<float> x(37);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = 1e6f + static_cast<float>(i % 2);
    float mean = 0, squares = 0;
    RAPT_KERNEL_FOR(simd, plane_moments<float>)({1, 37, x.data(), &mean, &squares});
    CHECK(squares == Catch::Approx(37 * 0.25).epsilon(0.02));
  }
}
