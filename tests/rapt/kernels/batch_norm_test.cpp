#include <rapt/kernels/batch_norm.hpp>

#include <rapt/core/random.hpp>

#include "support/catch.hpp"
#include "support/every_simd.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

using rapt::Index;
using rapt::Simd;

namespace {

// Rows that begin one number behind an aligned address; only columns from ... to - 1 are asked for.
template <class T>
struct BatchNormProblem {
  BatchNormProblem(Index rows_, Index width_)
      : rows(rows_), width(width_), from(width_ / 4), to(width_ - width_ / 5) {
    rapt::RandomStream stream(static_cast<std::uint64_t>(1000 * rows + width));
    const auto noise = [&](Index n) {
      std::vector<T> list(static_cast<std::size_t>(n));
      for (T& number : list) number = rapt::normal<T>(stream);
      return list;
    };
    x = noise(rows * width + 1);
    dy = noise(rows * width + 1);
    weight = noise(width);
    bias = noise(width);
    y.assign(x.size(), 77);
    dx.assign(x.size(), 77);
    for (auto* list : {&mean, &variance, &d_weight, &d_bias})
      list->assign(static_cast<std::size_t>(width), 3);
    scale.assign(static_cast<std::size_t>(width), 1);
  }
  void run(Simd simd, bool of_batch, bool input_wanted = true, bool sums_wanted = true) {
    RAPT_KERNEL_FOR(simd, column_statistics<T>)
    ({rows, width, from, to, x.data() + 1, mean.data(), variance.data()});
    for (std::size_t e = 0; e < scale.size(); ++e) scale[e] = 1 / std::sqrt(variance[e] + T(0.5));
    RAPT_KERNEL_FOR(simd, batch_norm_rows<T>)
    ({rows, width, x.data() + 1, mean.data(), scale.data(), weight.data(), bias.data(), y.data() + 1});
    RAPT_KERNEL_FOR(simd, batch_norm_backward_columns<T>)
    ({rows, width, from, to, dy.data() + 1, x.data() + 1, mean.data(), scale.data(), weight.data(),
      of_batch ? T(1) / static_cast<T>(std::max<Index>(rows, 1)) : T(0),
      input_wanted ? dx.data() + 1 : nullptr, sums_wanted ? d_weight.data() : nullptr,
      sums_wanted ? d_bias.data() : nullptr});
  }
  std::size_t at(Index row, Index column) const { return static_cast<std::size_t>(1 + row * width + column); }

  Index rows, width, from, to;
  std::vector<T> x, dy, weight, bias, y, dx, mean, variance, scale, d_weight, d_bias;
};

// The largest error against the formulas in long double; infinity where what was not asked for was written.
template <class T>
long double batch_norm_error(const BatchNormProblem<T>& p, bool of_batch) {
  long double worst = 0;
  const auto see = [&](T result, long double expected) {
    worst = std::max(worst, std::abs(result - expected));
  };
  const auto count = static_cast<long double>(std::max<Index>(p.rows, 1));
  for (Index column = 0; column < p.width; ++column) {
    const auto e = static_cast<std::size_t>(column);
    if (column < p.from || column >= p.to) {
      bool kept = p.mean[e] == 3 && p.variance[e] == 3 && p.d_weight[e] == 3 && p.d_bias[e] == 3;
      for (Index n = 0; n < p.rows; ++n) kept = kept && p.dx[p.at(n, column)] == 77;
      if (!kept) return std::numeric_limits<long double>::infinity();
      continue;
    }
    long double mean = 0, variance = 0, first = 0, second = 0;
    for (Index n = 0; n < p.rows; ++n) mean += p.x[p.at(n, column)] / count;
    for (Index n = 0; n < p.rows; ++n) variance += std::pow(p.x[p.at(n, column)] - mean, 2) / count;
    const long double scale = 1 / std::sqrt(variance + 0.5L);
    for (Index n = 0; n < p.rows; ++n) {
      const long double z = (p.x[p.at(n, column)] - mean) * scale;
      first += p.dy[p.at(n, column)];
      second += p.dy[p.at(n, column)] * z;
      see(p.y[p.at(n, column)], z * p.weight[e] + p.bias[e]);
    }
    see(p.mean[e], mean);
    see(p.variance[e], variance);
    see(p.d_weight[e], 3 + second);
    see(p.d_bias[e], 3 + first);
    for (Index n = 0; n < p.rows; ++n) {
      const long double z = (p.x[p.at(n, column)] - mean) * scale;
      const long double from_statistics = of_batch ? first / count + z * second / count : 0;
      see(p.dx[p.at(n, column)], p.weight[e] * scale * (p.dy[p.at(n, column)] - from_statistics));
    }
  }
  return worst;
}

}  // namespace

TEMPLATE_TEST_CASE("Normalised columns and their gradients agree with long double", "[kernels][batch_norm]",
                   float, double) {
  const long double allowed = std::is_same_v<TestType, float> ? 2e-5L : 1e-13L;
  for (const Simd simd : rapt_test::every_simd()) {
    for (const Index rows : {0, 1, 2, 7, 33}) {
      for (const Index width : {0, 1, 3, 8, 17, 40, 67, 129, 300}) {
        for (const bool of_batch : {true, false}) {
          INFO(rapt::simd_name(simd) << ", " << rows << " x " << width << ", of the batch " << of_batch);
          BatchNormProblem<TestType> problem(rows, width);
          problem.run(simd, of_batch);
          CHECK(batch_norm_error(problem, of_batch) < allowed);
        }
      }
    }
  }
}

TEST_CASE("Gradients of columns that are not wanted are not written and change nothing else",
          "[kernels][batch_norm]") {
  for (const Simd simd : rapt_test::every_simd()) {
    INFO(rapt::simd_name(simd));
    BatchNormProblem<float> both(7, 37), input = both, sums = both;
    const auto before = both;
    both.run(simd, true);
    input.run(simd, true, true, false);
    sums.run(simd, true, false, true);
    CHECK(input.dx == both.dx);
    CHECK(input.d_weight == before.d_weight);
    CHECK(input.d_bias == before.d_bias);
    CHECK(sums.dx == before.dx);
    CHECK(sums.d_weight == both.d_weight);
    CHECK(sums.d_bias == both.d_bias);
  }
}
