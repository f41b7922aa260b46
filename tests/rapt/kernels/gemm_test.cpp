#include <rapt/kernels/gemm.hpp>

#include <rapt/core/random.hpp>
#include <rapt/core/tensor.hpp>
#include <rapt/kernels/simd.hpp>

#include "support/allocation_counter.hpp"
#include "support/catch.hpp"
#include "support/every_simd.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

using rapt::Index;

namespace {

struct GemmCase {
  Index m, n, k;
};

// Operands with gaps between their rows, and a result whose gaps must stay as they are.
template <class T>
struct GemmProblem {
  GemmProblem(GemmCase size, bool ta, bool tb, Index gap) : s(size), transpose_a(ta), transpose_b(tb) {
    a_stride = (ta ? s.m : s.k) + gap;
    b_stride = (tb ? s.k : s.n) + gap;
    c_stride = s.n + gap;
    rapt::RandomStream stream(static_cast<std::uint64_t>(s.m + 1000 * s.n + 1000000 * s.k));
    const auto fill = [&](std::vector<T>& v, Index rows, Index stride) {
      v.resize(static_cast<std::size_t>(rows * stride));
      for (T& x : v) x = rapt::normal<T>(stream);
    };
    fill(a, ta ? s.k : s.m, a_stride);
    fill(b, tb ? s.n : s.k, b_stride);
    fill(c, s.m, c_stride);
  }
  void run(T alpha, bool accumulate) {
    rapt::gemm<T>(s.m, s.n, s.k, alpha, {a.data(), a_stride, transpose_a}, {b.data(), b_stride, transpose_b},
                  accumulate, c.data(), c_stride);
  }
  long double left(Index i, Index p) const {
    return transpose_a ? a[at(p, a_stride, i)] : a[at(i, a_stride, p)];
  }
  long double right(Index p, Index j) const {
    return transpose_b ? b[at(j, b_stride, p)] : b[at(p, b_stride, j)];
  }
  static std::size_t at(Index row, Index stride, Index column) {
    return static_cast<std::size_t>(row * stride + column);
  }

  GemmCase s;
  bool transpose_a, transpose_b;
  Index a_stride, b_stride, c_stride;
  std::vector<T> a, b, c;
};

// The sums that op(A) op(B) stands for and the sums of the magnitudes of their terms, (m, n).
struct GemmSums {
  template <class T>
  explicit GemmSums(const GemmProblem<T>& problem) {
    for (Index i = 0; i < problem.s.m; ++i) {
      for (Index j = 0; j < problem.s.n; ++j) {
        long double total = 0, size = 0;
        for (Index p = 0; p < problem.s.k; ++p) {
          const long double term = problem.left(i, p) * problem.right(p, j);
          total += term;
          size += std::abs(term);
        }
        sum.push_back(total);
        magnitude.push_back(size);
      }
    }
  }
  std::vector<long double> sum, magnitude;
};

// Largest error in units of what k roundings of the sum of magnitudes allow; infinity where a gap was
// written.
template <class T>
double gemm_error(GemmProblem<T> problem, const GemmSums& sums, T alpha, bool accumulate) {
  const auto before = problem.c;
  problem.run(alpha, accumulate);
  double worst = 0;
  for (Index i = 0; i < problem.s.m; ++i) {
    for (Index j = 0; j < problem.c_stride; ++j) {
      const std::size_t at = problem.at(i, problem.c_stride, j);
      if (j >= problem.s.n) {
        if (problem.c[at] != before[at]) return std::numeric_limits<double>::infinity();
        continue;
      }
      const std::size_t of = problem.at(i, problem.s.n, j);
      const long double factor = alpha, old = accumulate ? before[at] : 0;
      const long double sum = old + factor * sums.sum[of];
      const long double magnitude = std::abs(old) + std::abs(factor) * sums.magnitude[of];
      const long double allowed = static_cast<long double>(std::numeric_limits<T>::epsilon()) *
                                  static_cast<long double>(problem.s.k + 2) * magnitude;
      const long double error = std::abs(problem.c[at] - sum);
      if (!(error <= 1e30L)) return std::numeric_limits<double>::infinity();
      const long double tiny = std::numeric_limits<long double>::min();
      worst = std::max(worst, static_cast<double>(error / (allowed + tiny)));
    }
  }
  return worst;
}

// All transpositions, with the instructions of every width that the processor has.
template <class T>
void check_gemm(GemmCase s, Index gap) {
  const rapt_test::KeepSimd keep;
  for (const int transposed : {0, 1, 2, 3}) {
    const GemmProblem<T> problem(s, transposed % 2 == 1, transposed / 2 == 1, gap);
    const GemmSums sums(problem);
    for (const rapt::Simd simd : rapt_test::every_simd()) {
      rapt::set_simd(simd);
      INFO(s.m << " x " << s.n << " x " << s.k << " transposed " << transposed << " gap " << gap << " "
               << rapt::simd_name(simd));
      CHECK(gemm_error(problem, sums, T(1), false) < 1);
      CHECK(gemm_error(problem, sums, T(-0.5), true) < 1);
    }
  }
}

}  // namespace

TEMPLATE_TEST_CASE("gemm agrees with the triple loop for all transpositions and strides", "[kernels][gemm]",
                   float, double) {
  for (const GemmCase s : {GemmCase{1, 1, 1},
                           {1, 5, 3},
                           {5, 1, 3},
                           {3, 5, 1},
                           {2, 3, 4},
                           {7, 13, 17},
                           {31, 33, 32},
                           {129, 5, 130},
                           {4, 131, 3},
                           {128, 128, 128},
                           {130, 129, 257},
                           {530, 131, 70},    // far rows of a transposed left side, several tiles
                           {30, 130, 900},    // several pieces of depth
                           {12, 1100, 5}}) {  // more columns than a tile has
    for (const Index gap : {0, 3}) {
      if (s.k >= 70 && s.m * s.n > 300 && gap == 0) continue;
      check_gemm<TestType>(s, gap);
    }
  }
}

TEMPLATE_TEST_CASE("gemm agrees with the triple loop where rows of a transposed left side lie far apart",
                   "[kernels][gemm]", float, double) {
  check_gemm<TestType>({530, 131, 70}, 0);   // several tiles
  check_gemm<TestType>({600, 130, 400}, 0);  // several pieces of depth too
  check_gemm<TestType>({540, 1100, 5}, 0);   // more columns than a tile has
}

TEST_CASE("gemm of no depth writes zeros or leaves the sum and of no rows writes nothing",
          "[kernels][gemm]") {
  std::vector<double> c{1, 2, 3, 4};
  const auto run = [&](Index m, Index n, bool accumulate) {
    rapt::gemm<double>(m, n, 0, 1, {}, {}, accumulate, c.data(), 2);
    return c;
  };
  CHECK(run(0, 2, false) == std::vector<double>{1, 2, 3, 4});
  CHECK(run(2, 0, false) == std::vector<double>{1, 2, 3, 4});
  CHECK(run(2, 2, true) == std::vector<double>{1, 2, 3, 4});
  CHECK(run(2, 1, false) == std::vector<double>{0, 2, 0, 4});
}

TEST_CASE("gemm without accumulate does not read what stood in the result", "[kernels][gemm]") {
  const std::vector<float> a{1, 2}, b{3, 4};
  float c = std::numeric_limits<float>::quiet_NaN();
  rapt::gemm<float>(1, 1, 2, 1, {a.data(), 2}, {b.data(), 1}, false, &c, 1);
  CHECK(c == 11);
  const std::vector<float> bad{std::numeric_limits<float>::quiet_NaN(), 0};
  rapt::gemm<float>(1, 1, 2, 1, {bad.data(), 2}, {b.data(), 1}, false, &c, 1);
  CHECK(std::isnan(c));
}

TEMPLATE_TEST_CASE("gemm allocates nothing and gives the same bits with 1 to 4 threads",
                   "[kernels][gemm][threads][allocation]", float, double) {
  rapt::set_parallel_threshold(0);
  for (const int transposed : {0, 1, 2, 3}) {
    const GemmProblem<TestType> problem({300, 270, 290}, transposed % 2 == 1, transposed / 2 == 1, 1);
    auto one = problem;
    one.run(1, true);
    for (const Index threads : {1, 2, 3, 4}) {
      rapt::set_threads(threads);
      auto many = problem;
      const long before = rapt_test::allocation_count();
      many.run(1, true);
      CHECK(rapt_test::allocation_count() == before);
      CHECK(many.c == one.c);
    }
    rapt::set_threads(1);
  }
  rapt::set_parallel_threshold(100'000);
}
