#include <rapt/kernels/rotary.hpp>

#include <rapt/core/random.hpp>

#include "support/catch.hpp"
#include "support/every_simd.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <limits>
#include <vector>

using rapt::Index;
using rapt::Simd;

namespace {

// Two sequences of three positions, two heads; begins one number behind an aligned address.
template <class T>
struct RotaryProblem {
  RotaryProblem(Index pairs_, Index kept) : pairs(pairs_), head(2 * pairs_ + kept) {
    rapt::RandomStream stream(static_cast<std::uint64_t>(100 * pairs + kept));
    x.resize(static_cast<std::size_t>(6 * 2 * head + 1));
    for (T& number : x) number = rapt::normal<T>(stream);
    for (Index i = 0; i < 3 * pairs; ++i) {
      const T angle = rapt::uniform<T>(stream) * T(6);
      cosine.push_back(std::cos(angle));
      sine.push_back(std::sin(angle));
    }
  }
  std::vector<T> turned(Simd simd, bool interleaved, T direction, bool in_place) const {
    std::vector<T> from = x, to(x.size(), 77);
    std::vector<T>& y = in_place ? from : to;
    y.front() = 5;
    // the rows of both sequences in two calls, cut within the second
    for (const Index first : {0, 4}) {
      const rapt::detail::RotaryRows<T> rows{
          first,           first == 0 ? 4 : 6, 3,           2,         head,        pairs,
          from.data() + 1, cosine.data(),      sine.data(), direction, y.data() + 1};
      if (interleaved) {
        RAPT_KERNEL_FOR(simd, rotate_rows<T, true>)(rows);
      } else {
        RAPT_KERNEL_FOR(simd, rotate_rows<T, false>)(rows);
      }
    }
    return y;
  }
  Index pairs, head;
  std::vector<T> x, cosine, sine;
};

// Against complex numbers in long double; what is behind the pairs must be kept to the bit.
template <class T>
bool rotary_agrees(const RotaryProblem<T>& p, const std::vector<T>& y, bool interleaved, T direction) {
  bool agree = y.front() == 5;
  for (Index row = 0; row < 6; ++row) {
    for (Index h = 0; h < 2; ++h) {
      const Index at = 1 + (2 * row + h) * p.head;
      const auto number = [&](const std::vector<T>& list, Index e) {
        return list[static_cast<std::size_t>(at + e)];
      };
      for (Index i = 0; i < p.pairs; ++i) {
        const Index a = interleaved ? 2 * i : i, b = interleaved ? 2 * i + 1 : p.pairs + i;
        const auto angle = static_cast<std::size_t>(row % 3 * p.pairs + i);
        const std::complex<long double> before(number(p.x, a), number(p.x, b)),
            turn(p.cosine[angle], direction * p.sine[angle]);
        const auto error = std::complex<long double>(number(y, a), number(y, b)) - before * turn;
        agree = agree && std::abs(error) <= 4 * std::numeric_limits<T>::epsilon() * (1 + std::abs(before));
      }
      for (Index e = 2 * p.pairs; e < p.head; ++e) agree = agree && number(y, e) == number(p.x, e);
    }
  }
  return agree;
}

}  // namespace

TEMPLATE_TEST_CASE("Turned pairs are products of complex numbers", "[kernels][rotary]", float, double) {
  for (const Simd simd : rapt_test::every_simd()) {
    for (const Index pairs : {0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 32, 33}) {
      for (const Index kept : {0, 1, 5, 20}) {
        const RotaryProblem<TestType> problem(pairs, kept);
        for (const bool interleaved : {true, false}) {
          INFO(rapt::simd_name(simd) << ", " << pairs << " pairs and " << kept << ", interleaved "
                                     << interleaved);
          for (const TestType direction : {TestType(1), TestType(-1)}) {
            const auto y = problem.turned(simd, interleaved, direction, false);
            CHECK(rotary_agrees(problem, y, interleaved, direction));
            CHECK(problem.turned(simd, interleaved, direction, true) == y);
          }
        }
      }
    }
  }
}
