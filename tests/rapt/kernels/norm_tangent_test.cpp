#include <rapt/kernels/norm_tangent.hpp>

#include <rapt/core/random.hpp>

#include "support/catch.hpp"
#include "support/every_simd.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

using rapt::Index;
using rapt::Simd;

namespace {

using NormTangentNumbers = std::vector<long double>;

// One set of numbers that share a mean and a scale, and its tangent from the definition in long double.
struct NormTangentSet {
  NormTangentNumbers x, tangent, weight, d_dy, dy;
  long double eps = 0;
  bool centred = true;

  long double mean_of(const NormTangentNumbers& list) const {
    long double sum = 0;
    for (const long double v : list) sum += v / static_cast<long double>(list.size());
    return sum;
  }
  void pass(NormTangentNumbers& z, NormTangentNumbers& moved) const {
    const std::size_t n = x.size();
    const long double m = centred ? mean_of(x) : 0, shift = centred ? mean_of(tangent) : 0;
    NormTangentNumbers squares(n), products(n);
    for (std::size_t i = 0; i < n; ++i) squares[i] = (x[i] - m) * (x[i] - m);
    const long double r = 1 / std::sqrt(mean_of(squares) + eps);
    for (std::size_t i = 0; i < n; ++i) products[i] = (x[i] - m) * r * tangent[i];
    const long double slope = mean_of(products);
    z.resize(n);
    moved.resize(n);
    for (std::size_t i = 0; i < n; ++i) {
      z[i] = (x[i] - m) * r;
      moved[i] = r * (tangent[i] - shift - z[i] * slope);
    }
  }
  // S without the bias, whose share does not depend on x.
  long double value() const {
    NormTangentNumbers z, moved;
    pass(z, moved);
    long double sum = 0;
    for (std::size_t i = 0; i < x.size(); ++i) sum += weight[i] * (d_dy[i] * moved[i] + dy[i] * z[i]);
    return sum;
  }
  // dS by each of a list of this set, by a 4-point stencil: exact to about 1e-13.
  NormTangentNumbers derivative(NormTangentNumbers NormTangentSet::*list) {
    NormTangentNumbers result((this->*list).size());
    const long double h = 1e-4L;
    for (std::size_t i = 0; i < result.size(); ++i) {
      const long double before = (this->*list)[i];
      const auto at = [&](long double step) {
        (this->*list)[i] = before + step;
        return value();
      };
      result[i] = (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h);
      (this->*list)[i] = before;
    }
    return result;
  }
};

// Rows (sets = rows) or columns (sets = columns) of numbers that begin one behind an aligned address.
template <class T>
struct NormTangentProblem {
  Index rows, width, sets;
  std::vector<T> x, tangent, d_dy, dy, weight, mean, scale, tangent_mean, slope, y, d_tangent, dx, d_weight,
      d_bias;

  NormTangentProblem(Index rows_, Index width_, bool by_column)
      : rows(rows_), width(width_), sets(by_column ? width_ : rows_) {
    rapt::RandomStream stream(static_cast<std::uint64_t>(100 * rows + width));
    const auto noise = [&](Index n) {
      std::vector<T> list(static_cast<std::size_t>(n));
      for (T& number : list) number = rapt::normal<T>(stream);
      return list;
    };
    for (auto* list : {&x, &tangent, &d_dy, &dy, &y, &d_tangent, &dx}) *list = noise(rows * width + 1);
    weight = noise(width);
    for (auto* list : {&mean, &tangent_mean, &slope}) *list = noise(sets);
    scale.assign(static_cast<std::size_t>(sets), T(0.5));
    d_weight.assign(static_cast<std::size_t>(width), 1);
    d_bias.assign(static_cast<std::size_t>(width), 2);
  }
  std::size_t at(Index n, Index e) const { return static_cast<std::size_t>(1 + n * width + e); }
};

// Fills mean, scale (and for columns tangent_mean and slope) as their forward would.
template <class T>
NormTangentSet norm_tangent_set(NormTangentProblem<T>& p, Index set, bool by_column, bool centred,
                                bool with_dy) {
  NormTangentSet s;
  s.centred = centred;
  s.eps = 0.25L;
  const Index count = by_column ? p.rows : p.width;
  for (Index i = 0; i < count; ++i) {
    const Index n = by_column ? i : set, e = by_column ? set : i;
    s.x.push_back(p.x[p.at(n, e)]);
    s.tangent.push_back(p.tangent[p.at(n, e)]);
    s.d_dy.push_back(p.d_dy[p.at(n, e)]);
    s.dy.push_back(with_dy ? p.dy[p.at(n, e)] : 0);
    s.weight.push_back(p.weight[static_cast<std::size_t>(e)]);
  }
  return s;
}

template <class T>
void norm_tangent_statistics(NormTangentProblem<T>& p, const NormTangentSet& s, Index set) {
  const auto i = static_cast<std::size_t>(set);
  const long double m = s.centred && !s.x.empty() ? s.mean_of(s.x) : 0;
  NormTangentNumbers squares, products;
  for (std::size_t k = 0; k < s.x.size(); ++k) squares.push_back((s.x[k] - m) * (s.x[k] - m));
  const long double r = 1 / std::sqrt((squares.empty() ? 0 : s.mean_of(squares)) + s.eps);
  for (std::size_t k = 0; k < s.x.size(); ++k) products.push_back((s.x[k] - m) * r * s.tangent[k]);
  p.mean[i] = static_cast<T>(m);
  p.scale[i] = static_cast<T>(r);
  p.tangent_mean[i] = static_cast<T>(s.centred && !s.x.empty() ? s.mean_of(s.tangent) : 0);
  p.slope[i] = static_cast<T>(products.empty() ? 0 : s.mean_of(products));
}

// The largest error of all results; d_weight and d_bias are summed over the sets that share a weight.
template <class T>
long double norm_tangent_error(NormTangentProblem<T>& p, bool by_column, bool centred, bool with_dy) {
  long double worst = 0;
  NormTangentNumbers d_weight(static_cast<std::size_t>(p.width), 1),
      d_bias(static_cast<std::size_t>(p.width), 2);
  for (Index set = 0; set < p.sets; ++set) {
    auto s = norm_tangent_set(p, set, by_column, centred, with_dy);
    NormTangentNumbers z, moved;
    s.pass(z, moved);
    const NormTangentNumbers by_x = s.derivative(&NormTangentSet::x),
                             by_tangent = s.derivative(&NormTangentSet::tangent);
    for (std::size_t k = 0; k < s.x.size(); ++k) {
      const Index i = static_cast<Index>(k), n = by_column ? i : set, e = by_column ? set : i;
      worst = std::max(
          {worst, std::abs(p.dx[p.at(n, e)] - by_x[k]), std::abs(p.d_tangent[p.at(n, e)] - by_tangent[k])});
      if (!by_column) worst = std::max(worst, std::abs(p.y[p.at(n, e)] - s.weight[k] * moved[k]));
      d_weight[static_cast<std::size_t>(e)] += s.d_dy[k] * moved[k] + s.dy[k] * z[k];
      d_bias[static_cast<std::size_t>(e)] += s.dy[k];
    }
  }
  for (std::size_t e = 0; e < d_weight.size(); ++e) {
    worst = std::max(worst, std::abs(p.d_weight[e] - d_weight[e]));
    if (centred) worst = std::max(worst, std::abs(p.d_bias[e] - d_bias[e]));
  }
  return worst;
}

template <class T, bool centred>
long double norm_tangent_rows_error(Simd simd, Index rows, Index width, bool with_dy) {
  NormTangentProblem<T> p(rows, width, false);
  for (Index n = 0; n < rows; ++n)
    norm_tangent_statistics(p, norm_tangent_set(p, n, false, centred, true), n);
  T* const tangent_mean = centred ? p.tangent_mean.data() : nullptr;
  const T* const mean = centred ? p.mean.data() : nullptr;
  RAPT_KERNEL_FOR(simd, layer_norm_tangent_rows<T, centred>)
  ({rows, width, p.tangent.data() + 1, p.x.data() + 1, p.weight.data(), mean, p.scale.data(), p.y.data() + 1,
    tangent_mean, p.slope.data()});
  RAPT_KERNEL_FOR(simd, layer_norm_backward_tangent_rows<T, centred>)
  ({rows, width, p.d_dy.data() + 1, with_dy ? p.dy.data() + 1 : nullptr, p.tangent.data() + 1, p.x.data() + 1,
    p.weight.data(), mean, p.scale.data(), tangent_mean, p.slope.data(), p.d_tangent.data() + 1,
    p.dx.data() + 1, p.d_weight.data(), centred ? p.d_bias.data() : nullptr});
  return norm_tangent_error(p, false, centred, with_dy);
}

template <class T>
long double norm_tangent_columns_error(Simd simd, Index rows, Index width, bool with_dy) {
  NormTangentProblem<T> p(rows, width, true);
  for (Index e = 0; e < width; ++e) norm_tangent_statistics(p, norm_tangent_set(p, e, true, true, true), e);
  // Two chunks of columns, as several threads take them.
  for (const auto& [from, to] : {std::pair<Index, Index>{0, width / 3}, {width / 3, width}}) {
    RAPT_KERNEL_FOR(simd, batch_norm_backward_tangent_columns<T>)
    ({rows, width, from, to, p.d_dy.data() + 1, with_dy ? p.dy.data() + 1 : nullptr, p.tangent.data() + 1,
      p.x.data() + 1, p.weight.data(), p.mean.data(), p.scale.data(), p.tangent_mean.data(), p.slope.data(),
      T(1) / static_cast<T>(std::max<Index>(rows, 1)), p.d_tangent.data() + 1, p.dx.data() + 1,
      p.d_weight.data(), p.d_bias.data()});
  }
  return norm_tangent_error(p, true, true, with_dy);
}

}  // namespace

TEMPLATE_TEST_CASE("Tangents of normalised rows agree with differences in long double",
                   "[kernels][norm_tangent]", float, double) {
  const long double allowed = std::is_same_v<TestType, float> ? 5e-5L : 1e-10L;
  for (const Simd simd : rapt_test::every_simd()) {
    for (const Index rows : {0, 1, 5}) {
      for (const Index width : {0, 1, 3, 7, 16, 33}) {
        for (const bool with_dy : {true, false}) {
          INFO(rapt::simd_name(simd) << ", " << rows << " x " << width << ", dy " << with_dy);
          CHECK(norm_tangent_rows_error<TestType, true>(simd, rows, width, with_dy) < allowed);
          CHECK(norm_tangent_rows_error<TestType, false>(simd, rows, width, with_dy) < allowed);
        }
      }
    }
  }
}

TEMPLATE_TEST_CASE("Tangents of normalised columns agree with differences in long double",
                   "[kernels][norm_tangent]", float, double) {
  const long double allowed = std::is_same_v<TestType, float> ? 5e-5L : 1e-10L;
  for (const Simd simd : rapt_test::every_simd()) {
    for (const Index rows : {1, 2, 5, 9}) {
      for (const Index width : {0, 1, 3, 7, 16, 33, 67}) {
        for (const bool with_dy : {true, false}) {
          INFO(rapt::simd_name(simd) << ", " << rows << " x " << width << ", dy " << with_dy);
          CHECK(norm_tangent_columns_error<TestType>(simd, rows, width, with_dy) < allowed);
        }
      }
    }
  }
}

TEST_CASE("Tangents of normalisation write only what is wanted", "[kernels][norm_tangent]") {
  for (const Simd simd : rapt_test::every_simd()) {
    INFO(rapt::simd_name(simd));
    const Index rows = 5, width = 19;
    NormTangentProblem<float> p(rows, width, true);
    const auto before = p;
    RAPT_KERNEL_FOR(simd, batch_norm_backward_tangent_columns<float>)
    ({rows, width, 0, width, p.d_dy.data() + 1, p.dy.data() + 1, p.tangent.data() + 1, p.x.data() + 1,
      p.weight.data(), p.mean.data(), p.scale.data(), p.tangent_mean.data(), p.slope.data(), 0.2f, nullptr,
      nullptr, p.d_weight.data(), p.d_bias.data()});
    CHECK(p.dx == before.dx);
    CHECK(p.d_tangent == before.d_tangent);
    CHECK(p.d_weight != before.d_weight);
    CHECK(p.d_bias != before.d_bias);
    const auto sums = p;
    RAPT_KERNEL_FOR(simd, batch_norm_backward_tangent_columns<float>)
    ({rows, width, 0, width, p.d_dy.data() + 1, p.dy.data() + 1, p.tangent.data() + 1, p.x.data() + 1,
      p.weight.data(), p.mean.data(), p.scale.data(), p.tangent_mean.data(), p.slope.data(), 0.2f,
      p.d_tangent.data() + 1, p.dx.data() + 1, nullptr, nullptr});
    CHECK(p.dx != sums.dx);
    CHECK(p.d_weight == sums.d_weight);
    CHECK(p.d_bias == sums.d_bias);
  }
}
