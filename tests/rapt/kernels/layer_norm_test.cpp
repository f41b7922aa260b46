#include <rapt/kernels/layer_norm.hpp>

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

template <class T>
std::vector<T> norm_noise(Index n, rapt::RandomStream& stream, double shift = 0) {
  std::vector<T> x(static_cast<std::size_t>(n));
  for (T& number : x) number = static_cast<T>(rapt::normal<double>(stream) + shift);
  return x;
}

// Rows that begin one number behind an aligned address, so that no kernel may assume alignment.
template <class T>
struct NormProblem {
  NormProblem(Index rows_, Index width_, double shift = 0) : rows(rows_), width(width_) {
    rapt::RandomStream stream(static_cast<std::uint64_t>(1000 * rows + width));
    x = norm_noise<T>(rows * width + 1, stream, shift);
    dy = norm_noise<T>(rows * width + 1, stream);
    weight = norm_noise<T>(width + 1, stream);
    bias = norm_noise<T>(width + 1, stream);
    y.resize(x.size());
    dx.resize(x.size());
    mean.resize(static_cast<std::size_t>(rows));
    scale.resize(mean.size());
    // What is there before is added to.
    d_weight.assign(static_cast<std::size_t>(width), 1);
    d_bias.assign(static_cast<std::size_t>(width), 2);
  }
  void run(Simd simd, bool input_wanted = true, bool sums_wanted = true) {
    RAPT_KERNEL_FOR(simd, layer_norm_rows<T>)
    ({rows, width, x.data() + 1, weight.data() + 1, bias.data() + 1, static_cast<T>(1e-3), y.data() + 1,
      mean.data(), scale.data()});
    RAPT_KERNEL_FOR(simd, layer_norm_backward_rows<T>)
    ({rows, width, dy.data() + 1, x.data() + 1, weight.data() + 1, mean.data(), scale.data(),
      input_wanted ? dx.data() + 1 : nullptr, sums_wanted ? d_weight.data() : nullptr,
      sums_wanted ? d_bias.data() : nullptr});
  }

  Index rows, width;
  std::vector<T> x, dy, weight, bias, y, dx, mean, scale, d_weight, d_bias;
};

template <class T>
struct NormErrors {
  long double y = 0, dx = 0, sums = 0;
};

// Against the formulas in long double.
template <class T>
NormErrors<T> norm_errors(const NormProblem<T>& p) {
  NormErrors<T> errors;
  const auto n = static_cast<std::size_t>(p.width);
  std::vector<long double> d_weight(n, 1), d_bias(n, 2), z(n), dz(n);
  const auto count = static_cast<long double>(p.width);
  for (std::size_t r = 0; r < p.mean.size(); ++r) {
    const T *const x = p.x.data() + 1 + r * n, *const dy = p.dy.data() + 1 + r * n;
    long double mean = 0, variance = 0, first = 0, second = 0;
    for (std::size_t e = 0; e < n; ++e) mean += x[e] / count;
    for (std::size_t e = 0; e < n; ++e) variance += (x[e] - mean) * (x[e] - mean) / count;
    const long double scale = 1 / std::sqrt(variance + static_cast<T>(1e-3));
    for (std::size_t e = 0; e < n; ++e) {
      z[e] = (x[e] - mean) * scale;
      dz[e] = static_cast<long double>(dy[e]) * p.weight[e + 1];
      first += dz[e] / count;
      second += dz[e] * z[e] / count;
      d_weight[e] += dy[e] * z[e];
      d_bias[e] += dy[e];
      errors.y = std::max(errors.y, std::abs(p.y[1 + r * n + e] - (z[e] * p.weight[e + 1] + p.bias[e + 1])));
    }
    for (std::size_t e = 0; e < n; ++e) {
      errors.dx =
          std::max(errors.dx, std::abs(p.dx[1 + r * n + e] - scale * (dz[e] - first - z[e] * second)));
    }
  }
  for (std::size_t e = 0; e < n; ++e) {
    errors.sums =
        std::max({errors.sums, std::abs(p.d_weight[e] - d_weight[e]), std::abs(p.d_bias[e] - d_bias[e])});
  }
  return errors;
}

}  // namespace

TEMPLATE_TEST_CASE("Normalised rows and their gradients agree with long double", "[kernels][layer_norm]",
                   float, double) {
  const long double allowed = std::is_same_v<TestType, float> ? 2e-5L : 1e-13L;
  for (const Simd simd : rapt_test::every_simd()) {
    for (const Index rows : {0, 1, 2, 3, 4, 7, 33}) {
      for (const Index width : {2, 3, 7, 8, 9, 15, 16, 17, 31, 64, 67, 128}) {
        INFO(rapt::simd_name(simd) << ", " << rows << " x " << width);
        NormProblem<TestType> problem(rows, width);
        problem.run(simd);
        const auto errors = norm_errors(problem);
        CHECK(errors.y < allowed);
        CHECK(errors.dx < allowed);
        CHECK(errors.sums < allowed);
      }
    }
  }
}

TEST_CASE("Rows far from zero keep their digits", "[kernels][layer_norm]") {
  for (const Simd simd : rapt_test::every_simd()) {
    NormProblem<float> problem(5, 130, 1000);
    problem.run(simd);
    INFO(rapt::simd_name(simd));
    // A float near 1000 has steps of 6e-5, and the mean is rounded to one.
    CHECK(norm_errors(problem).y < 5e-4L);
  }
}

TEST_CASE("What is not wanted is not written and changes nothing else", "[kernels][layer_norm]") {
  for (const Simd simd : rapt_test::every_simd()) {
    INFO(rapt::simd_name(simd));
    NormProblem<float> both(7, 37), input = both, sums = both;
    const auto before = both.dx;
    both.run(simd);
    input.run(simd, true, false);
    sums.run(simd, false, true);
    CHECK(input.dx == both.dx);
    CHECK(input.d_weight == std::vector<float>(37, 1));
    CHECK(sums.dx == before);
    CHECK(sums.d_weight == both.d_weight);
    CHECK(sums.d_bias == both.d_bias);
  }
}

TEST_CASE("A NaN stays in its row and rows of no numbers pass", "[kernels][layer_norm]") {
  for (const Simd simd : rapt_test::every_simd()) {
    INFO(rapt::simd_name(simd));
    NormProblem<float> clean(6, 19), hurt = clean, empty(3, 0);
    hurt.x[1 + 2 * 19 + 5] = std::numeric_limits<float>::quiet_NaN();
    clean.run(simd);
    hurt.run(simd);
    for (std::size_t i = 0; i < 6 * 19; ++i) {
      if (i / 19 == 2) {
        CHECK(std::isnan(hurt.y[i + 1]));
        CHECK(std::isnan(hurt.dx[i + 1]));
      } else {
        CHECK(hurt.y[i + 1] == clean.y[i + 1]);
        CHECK(hurt.dx[i + 1] == clean.dx[i + 1]);
      }
    }
    empty.run(simd);
    CHECK(empty.mean == std::vector<float>(3, 0));
  }
}

TEMPLATE_TEST_CASE("Rows that are not centred are divided by their root mean square", "[kernels][layer_norm]",
                   float, double) {
  const long double allowed = std::is_same_v<TestType, float> ? 2e-5L : 1e-13L;
  for (const Simd simd : rapt_test::every_simd()) {
    for (const Index rows : {0, 1, 3, 4, 9}) {
      for (const Index width : {0, 1, 2, 7, 16, 33, 67}) {
        INFO(rapt::simd_name(simd) << ", " << rows << " x " << width);
        NormProblem<TestType> p(rows, width);
        RAPT_KERNEL_FOR(simd, layer_norm_rows<TestType, false>)
        ({rows, width, p.x.data() + 1, p.weight.data() + 1, nullptr, TestType(1e-3), p.y.data() + 1, nullptr,
          p.scale.data()});
        RAPT_KERNEL_FOR(simd, layer_norm_backward_rows<TestType, false>)
        ({rows, width, p.dy.data() + 1, p.x.data() + 1, p.weight.data() + 1, nullptr, p.scale.data(),
          p.dx.data() + 1, p.d_weight.data(), nullptr});
        const auto n = static_cast<std::size_t>(width);
        std::vector<long double> d_weight(n, 1);
        long double worst = 0;
        for (std::size_t r = 0; r < p.scale.size(); ++r) {
          const TestType *const x = p.x.data() + 1 + r * n, *const dy = p.dy.data() + 1 + r * n;
          long double square = 0, product = 0;
          for (std::size_t e = 0; e < n; ++e) square += static_cast<long double>(x[e]) * x[e] / width;
          const long double scale = 1 / std::sqrt(square + static_cast<TestType>(1e-3));
          for (std::size_t e = 0; e < n; ++e) {
            product += static_cast<long double>(dy[e]) * p.weight[e + 1] * x[e] * scale / width;
            d_weight[e] += dy[e] * x[e] * scale;
          }
          for (std::size_t e = 0; e < n; ++e) {
            const long double w = p.weight[e + 1], y = w * x[e] * scale;
            const long double dx = scale * (dy[e] * w - x[e] * scale * product);
            worst = std::max({worst, std::abs(p.y[1 + r * n + e] - y), std::abs(p.dx[1 + r * n + e] - dx)});
          }
        }
        for (std::size_t e = 0; e < n; ++e) worst = std::max(worst, std::abs(p.d_weight[e] - d_weight[e]));
        CHECK(worst < allowed);
        for (const TestType d : p.d_bias) CHECK(d == 2);
      }
    }
  }
}
