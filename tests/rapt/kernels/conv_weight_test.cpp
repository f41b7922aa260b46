#include <rapt/kernels/conv_weight.hpp>

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

struct WeightCase {
  Index batch, groups, channels, rows;
  rapt::detail::CorrelationAxis height, width;
};

template <class T>
struct WeightProblem {
  static constexpr std::size_t margin = 40;
  explicit WeightProblem(const WeightCase& of) : c(of) {
    rapt::RandomStream stream(9);
    const auto fill = [&](std::vector<T>& v, Index n) {
      v.resize(static_cast<std::size_t>(n));
      for (T& number : v) number = rapt::normal<T>(stream);
      v.insert(v.begin(), margin, std::numeric_limits<T>::quiet_NaN());
      v.insert(v.end(), margin, std::numeric_limits<T>::quiet_NaN());
    };
    fill(x, c.batch * c.groups * c.channels * c.height.in * c.width.in);
    fill(dy, c.batch * c.groups * c.rows * c.height.out * c.width.out);
    d_weight.assign(
        2 * margin + static_cast<std::size_t>(c.groups * c.rows * c.channels * c.height.taps * c.width.taps),
        3);
    d_bias.assign(static_cast<std::size_t>(c.groups * c.rows), 3);
  }
  void run() {
    rapt::detail::add_correlation_weight<T>({c.batch, c.groups, c.channels, c.rows, c.height, c.width,
                                             x.data() + margin, dy.data() + margin,
                                             d_weight.data() + margin});
    rapt::detail::add_channel_sums<T>(c.batch, c.groups * c.rows, c.height.out * c.width.out,
                                      dy.data() + margin, d_bias.data());
  }
  long double of(const std::vector<T>& v, Index plane, Index rows, Index columns, Index row,
                 Index column) const {
    if (row < 0 || row >= rows || column < 0 || column >= columns) return 0;
    return v[margin + static_cast<std::size_t>((plane * rows + row) * columns + column)];
  }
  // Of one number of the gradient, relative to the magnitude of its terms.
  long double error_of(Index row, Index channel, Index i, Index j, T got) const {
    long double sum = 3, magnitude = 3;
    for (Index n = 0; n < c.batch; ++n) {
      const Index x_plane = (n * c.groups + row / c.rows) * c.channels + channel;
      const Index dy_plane = n * c.groups * c.rows + row;
      for (Index oh = 0; oh < c.height.out; ++oh) {
        for (Index ow = 0; ow < c.width.out; ++ow) {
          const long double term = of(dy, dy_plane, c.height.out, c.width.out, oh, ow) *
                                   of(x, x_plane, c.height.in, c.width.in,
                                      oh * c.height.stride + i * c.height.dilation + c.height.first,
                                      ow * c.width.stride + j * c.width.dilation + c.width.first);
          sum += term;
          magnitude += std::abs(term);
        }
      }
    }
    return std::isnan(got) ? std::numeric_limits<long double>::infinity() : std::abs(got - sum) / magnitude;
  }
  long double error() const {
    long double worst = 0;
    auto got = d_weight.begin() + margin;
    for (Index row = 0; row < c.groups * c.rows; ++row) {
      for (Index channel = 0; channel < c.channels; ++channel) {
        for (Index i = 0; i < c.height.taps; ++i) {
          for (Index j = 0; j < c.width.taps; ++j)
            worst = std::max(worst, error_of(row, channel, i, j, *got++));
        }
      }
    }
    return worst;
  }
  long double bias_error() const {
    long double worst = 0;
    const Index pixels = c.height.out * c.width.out;
    for (Index row = 0; row < c.groups * c.rows; ++row) {
      long double sum = 3, magnitude = 3;
      for (Index n = 0; n < c.batch; ++n) {
        for (Index p = 0; p < pixels; ++p) {
          const long double term = of(dy, n * c.groups * c.rows + row, 1, pixels, 0, p);
          sum += term;
          magnitude += std::abs(term);
        }
      }
      worst = std::max(worst, std::abs(d_bias[static_cast<std::size_t>(row)] - sum) / magnitude);
    }
    return worst;
  }
  bool kept() const {
    const auto three = [](T number) { return number == 3; };
    return std::all_of(d_weight.begin(), d_weight.begin() + margin, three) &&
           std::all_of(d_weight.end() - margin, d_weight.end(), three);
  }

  WeightCase c;
  std::vector<T> x, dy, d_weight, d_bias;
};

// Few rows and many, one part and several of channels and of the batch, blocks of images and of rows.
const WeightCase weight_cases[] = {
    {1, 1, 1, 1, {1, 1, 1, 1, 1, 0, 1}, {1, 1, 1, 1, 1, 0, 1}},
    {2, 1, 3, 5, {6, 6, 3, 1, 1, -1, 6}, {7, 7, 3, 1, 1, -1, 7}},
    {67, 1, 2, 7, {4, 4, 3, 1, 1, -1, 4}, {4, 4, 3, 1, 1, -1, 4}},
    {3, 1, 70, 13, {5, 5, 3, 1, 1, -1, 5}, {8, 8, 3, 1, 1, -1, 8}},
    {2, 1, 3, 70, {40, 20, 4, 2, 1, -1, 20}, {37, 19, 5, 2, 1, -2, 19}},
    {1, 1, 2, 3, {30, 10, 3, 3, 2, -1, 10}, {70, 14, 3, 5, 3, -3, 14}},
    {2, 12, 1, 1, {40, 40, 3, 1, 1, -1, 40}, {41, 41, 3, 1, 1, -1, 41}},
    {9, 70, 1, 1, {9, 5, 3, 2, 1, -1, 5}, {16, 8, 3, 2, 1, -1, 8}},
    {3, 17, 2, 2, {9, 8, 4, 1, 1, -1, 8}, {9, 8, 4, 1, 1, -1, 8}},
    {3, 5, 2, 2, {9, 5, 3, 2, 1, -1, 5}, {9, 5, 3, 2, 1, -1, 5}},
    {9, 3, 2, 3, {6, 6, 3, 1, 1, -1, 6}, {17, 17, 3, 1, 1, -1, 17}},
    {2, 2, 3, 8, {5, 2, 1, 3, 1, 0, 2}, {33, 5, 1, 8, 1, 0, 5}},
    {0, 1, 2, 5, {3, 3, 3, 1, 1, -1, 3}, {3, 3, 3, 1, 1, -1, 3}},
    {2, 1, 0, 5, {3, 3, 3, 1, 1, -1, 3}, {3, 3, 3, 1, 1, -1, 3}},
    {2, 1, 2, 0, {3, 3, 3, 1, 1, -1, 3}, {3, 3, 3, 1, 1, -1, 3}},
};

}  // namespace

TEMPLATE_TEST_CASE("Gradients of a correlation's weight agree with long double", "[kernels][conv]", float,
                   double) {
  const rapt_test::KeepSimd keep;
  const long double allowed = 50 * std::numeric_limits<TestType>::epsilon();
  for (const Simd simd : rapt_test::every_simd()) {
    rapt::set_simd(simd);
    for (std::size_t i = 0; i < std::size(weight_cases); ++i) {
      INFO(rapt::simd_name(simd) << ", case " << i);
      WeightProblem<TestType> problem(weight_cases[i]);
      problem.run();
      CHECK(problem.error() < allowed);
      CHECK(problem.bias_error() < allowed);
      CHECK(problem.kept());
    }
  }
}

TEST_CASE("Parts of a weight's gradient cover every channel of every group and every image once",
          "[kernels][conv]") {
  const auto covers = [](Index pieces, Index piece, Index all) {
    return pieces * piece >= all && (pieces - 1) * piece < all;
  };
  for (const Index groups : {1, 2, 64, 65}) {
    for (const Index channels : {1, 3, 40, 257}) {
      for (const Index rows : {1, 2, 3}) {
        for (const Index taps : {1, 9, 300}) {
          for (const Index batch : {1, 3, 64}) {
            const rapt::detail::WeightParts parts(groups, channels, rows, taps, batch);
            INFO(groups << " groups, " << channels << " channels, " << rows << " rows, " << taps << " taps, "
                        << batch << " images");
            CHECK(covers(parts.side_by_side, parts.groups, groups));
            CHECK(covers(parts.across, parts.channels, channels));
            CHECK(covers(parts.deep, parts.images, batch));
            CHECK((parts.groups == 1 || parts.across == 1));
          }
        }
      }
    }
  }
}
