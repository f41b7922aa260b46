#include <rapt/kernels/conv.hpp>

#include <rapt/core/random.hpp>

#include "support/catch.hpp"
#include "support/every_simd.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

using rapt::Index;
using rapt::Simd;
using rapt::detail::CorrelationAxis;

namespace {

// Axes: in, out, taps, stride, dilation, first, y_extent, y_stride, y_first.
struct CorrelationCase {
  Index batch, groups, channels, rows;
  CorrelationAxis height, width;
};

// A correlation whose columns are `width` for the first phase and, with y_stride 2, another one for the
// second; x lies between NaN, and y between numbers that must stay.
template <class T>
struct CorrelationProblem {
  static constexpr std::size_t margin = 40;
  explicit CorrelationProblem(const CorrelationCase& of) : c(of) {
    rapt::RandomStream stream(7);
    const auto fill = [&](std::vector<T>& v, Index n) {
      v.resize(static_cast<std::size_t>(n));
      for (T& number : v) number = rapt::normal<T>(stream);
    };
    phases.push_back({c.width.taps, c.width.out, 0, c.width.y_first, nullptr});
    if (c.width.y_stride == 2) {
      phases.push_back({c.width.taps + 1, c.width.y_extent / 2, 1, 1, nullptr});
      phases[0].y_first = 0;
    }
    weights.resize(phases.size());
    for (std::size_t f = 0; f < phases.size(); ++f) {
      fill(weights[f], c.groups * c.rows * c.channels * c.height.taps * phases[f].taps);
      phases[f].weight = weights[f].data();
    }
    fill(bias, c.groups * c.rows);
    fill(x, c.batch * c.groups * c.channels * c.height.in * c.width.in);
    x.insert(x.begin(), margin, std::numeric_limits<T>::quiet_NaN());
    x.insert(x.end(), margin, std::numeric_limits<T>::quiet_NaN());
    y.assign(2 * margin +
                 static_cast<std::size_t>(c.batch * c.groups * c.rows * c.height.y_extent * c.width.y_extent),
             77);
    expected.assign(y.begin(), y.end());
    size.assign(y.size(), 0);
  }
  void run(bool with_bias) {
    rapt::detail::correlate<T>({.batch = c.batch,
                                .groups = c.groups,
                                .channels = c.channels,
                                .rows = c.rows,
                                .height = c.height,
                                .width = c.width,
                                .phases = phases.data(),
                                .phase_count = static_cast<Index>(phases.size()),
                                .x = x.data() + margin,
                                .bias = with_bias ? bias.data() : nullptr,
                                .y = y.data() + margin});
  }
  // The sum for one output and the sum of its terms' magnitudes.
  void expect(const rapt::detail::CorrelationPhase<T>& phase, Index image, Index row, Index oh, Index ow,
              bool with_bias) {
    const Index group = row / c.rows;
    long double sum = with_bias ? bias[static_cast<std::size_t>(row)] : T(0), magnitude = std::abs(sum);
    const T* weight = phase.weight + row * c.channels * c.height.taps * phase.taps;
    for (Index channel = 0; channel < c.channels; ++channel) {
      for (Index i = 0; i < c.height.taps; ++i) {
        for (Index j = 0; j < phase.taps; ++j, ++weight) {
          const Index h = oh * c.height.stride + i * c.height.dilation + c.height.first;
          const Index w = ow * c.width.stride + j * c.width.dilation + c.width.first + phase.shift;
          if (h < 0 || h >= c.height.in || w < 0 || w >= c.width.in) continue;
          const Index plane = (image * c.groups + group) * c.channels + channel;
          const long double term =
              static_cast<long double>(*weight) *
              x[margin + static_cast<std::size_t>((plane * c.height.in + h) * c.width.in + w)];
          sum += term;
          magnitude += std::abs(term);
        }
      }
    }
    const Index plane = image * c.groups * c.rows + row;
    const Index y_row = c.height.y_first + oh * c.height.y_stride;
    const std::size_t at =
        margin + static_cast<std::size_t>((plane * c.height.y_extent + y_row) * c.width.y_extent +
                                          phase.y_first + ow * c.width.y_stride);
    expected[at] = sum;
    size[at] = magnitude;
  }
  // The largest error relative to the terms' magnitudes; infinity where what was not asked for was written.
  long double error(bool with_bias) {
    for (const auto& phase : phases) {
      for (Index image = 0; image < c.batch; ++image) {
        for (Index row = 0; row < c.groups * c.rows; ++row) {
          for (Index oh = 0; oh < c.height.out; ++oh) {
            for (Index ow = 0; ow < phase.out; ++ow) expect(phase, image, row, oh, ow, with_bias);
          }
        }
      }
    }
    long double worst = 0;
    for (std::size_t i = 0; i < y.size(); ++i) {
      const long double away = std::abs(y[i] - expected[i]);
      if (!(away == 0))
        worst = std::max(worst, size[i] > 0 ? away / size[i] : std::numeric_limits<long double>::infinity());
    }
    return worst;
  }

  CorrelationCase c;
  std::vector<rapt::detail::CorrelationPhase<T>> phases;
  std::vector<std::vector<T>> weights;
  std::vector<T> bias, x, y;
  std::vector<long double> expected, size;
};

// Few rows and many; few images and blocks of them; rows narrower than a vector and wider than a strip; more
// depth than a piece; every stride, dilation and place of the first tap.
const CorrelationCase correlation_cases[] = {
    {1, 1, 1, 1, {1, 1, 1, 1, 1, 0, 1}, {1, 1, 1, 1, 1, 0, 1}},
    {2, 1, 3, 5, {6, 6, 3, 1, 1, -1, 6}, {7, 7, 3, 1, 1, -1, 7}},
    {67, 1, 2, 7, {4, 4, 3, 1, 1, -1, 4}, {4, 4, 3, 1, 1, -1, 4}},
    {3, 1, 70, 13, {5, 5, 3, 1, 1, -1, 5}, {8, 8, 3, 1, 1, -1, 8}},
    {2, 1, 3, 6, {40, 20, 4, 2, 1, -1, 20}, {37, 19, 5, 2, 1, -2, 19}},
    {1, 1, 2, 3, {30, 10, 3, 3, 2, -1, 10}, {70, 14, 3, 5, 3, -3, 14}},
    {2, 1, 2, 9, {9, 7, 2, 1, 2, 0, 7}, {150, 140, 4, 1, 3, 1, 140}},
    {2, 40, 1, 1, {20, 20, 3, 1, 1, -1, 20}, {21, 21, 3, 1, 1, -1, 21}},
    {3, 5, 2, 2, {9, 5, 3, 2, 1, -1, 5}, {9, 5, 3, 2, 1, -1, 5}},
    {2, 3, 40, 4, {6, 6, 3, 1, 1, -1, 6}, {17, 17, 3, 1, 1, -1, 17}},
    {2, 2, 3, 8, {5, 2, 1, 3, 1, 0, 2}, {33, 5, 1, 8, 1, 0, 5}},
    // written with gaps
    {2, 1, 3, 3, {5, 4, 2, 1, 1, -1, 9, 2, 1}, {6, 5, 2, 1, 1, -1, 14, 3, 0}},
    {2, 2, 3, 7, {5, 4, 2, 1, 1, -1, 9, 2, 1}, {6, 5, 2, 1, 1, 2, 14, 3, 0}},
    // two phases of columns
    {3, 1, 5, 9, {8, 8, 2, 1, 1, -1, 16, 2, 0}, {8, 8, 2, 1, 1, -1, 16, 2, 0}},
    {2, 2, 3, 2, {8, 8, 2, 1, 1, -1, 16, 2, 1}, {40, 38, 2, 1, 1, -1, 75, 2, 0}},
    {2, 1, 40, 70, {3, 3, 3, 1, 1, -1, 3, 1, 0}, {4, 3, 0, 1, 1, -1, 5, 2, 0}},
    // nothing to sum, nothing to write
    {2, 1, 0, 5, {3, 3, 3, 1, 1, -1, 3}, {3, 3, 3, 1, 1, -1, 3}},
    {2, 1, 2, 5, {3, 3, 0, 1, 1, 0, 3}, {3, 3, 1, 1, 1, 0, 3}},
    {0, 1, 2, 5, {3, 3, 3, 1, 1, -1, 3}, {3, 3, 3, 1, 1, -1, 3}},
    {2, 1, 2, 0, {3, 3, 3, 1, 1, -1, 3}, {3, 3, 3, 1, 1, -1, 3}},
    {2, 1, 2, 5, {0, 2, 3, 1, 1, -2, 2}, {3, 3, 3, 1, 1, -1, 3}},
};

}  // namespace

TEMPLATE_TEST_CASE("Correlations agree with long double and write only their outputs", "[kernels][conv]",
                   float, double) {
  const rapt_test::KeepSimd keep;
  const long double allowed = 50 * std::numeric_limits<TestType>::epsilon();
  for (const Simd simd : rapt_test::every_simd()) {
    rapt::set_simd(simd);
    for (std::size_t i = 0; i < std::size(correlation_cases); ++i) {
      INFO(rapt::simd_name(simd) << ", case " << i);
      CorrelationProblem<TestType> problem(correlation_cases[i]);
      problem.run(i % 2 == 0);
      CHECK(problem.error(i % 2 == 0) < allowed);
    }
  }
}
