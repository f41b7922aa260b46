#include <rapt/kernels/embedding_bag.hpp>

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

// Five bags, one empty, over a table of seven rows that begins one number behind an aligned address.
template <class T>
struct BagProblem {
  explicit BagProblem(Index columns) : width(columns) {
    rapt::RandomStream stream(static_cast<std::uint64_t>(columns));
    const auto noise = [&](Index n) {
      std::vector<T> list(static_cast<std::size_t>(n));
      for (T& number : list) number = rapt::normal<T>(stream);
      return list;
    };
    table = noise(7 * width + 1);
    y = noise(5 * width);
    factor = noise(static_cast<Index>(ids.size()));
  }
  rapt::detail::Bags bags(Index first, Index last) const {
    return {first, last, ids.data(), offsets.data(), width};
  }
  const T& at(Index row, Index column) const {
    return table[static_cast<std::size_t>(1 + row * width + column)];
  }
  T of_y(Index bag, Index column) const { return y[static_cast<std::size_t>(bag * width + column)]; }

  Index width;
  std::vector<Index> ids{3, 3, 0, 6, 2, 5, 1, 3, 0, 0}, offsets{0, 2, 2, 3, 7, 10};
  std::vector<T> table, y, factor;
};

const std::vector<Index> bag_widths{0, 1, 3, 4, 7, 8, 9, 16, 17, 31, 33, 64, 67, 128, 133};

// What `result` may be away from a sum of a few products of numbers of order 1.
template <class T>
bool bag_agrees(T result, long double expected) {
  return std::abs(result - expected) <= 32 * std::numeric_limits<T>::epsilon() * (1 + std::abs(expected));
}

template <class F>
void for_each_bag_case(F&& f) {
  for (const Simd simd : rapt_test::every_simd()) {
    for (const Index width : bag_widths) {
      INFO(rapt::simd_name(simd) << ", width " << width);
      f(simd, width);
    }
  }
}

}  // namespace

TEMPLATE_TEST_CASE("Sums of bags agree with long double", "[kernels][embedding_bag]", float, double) {
  for_each_bag_case([](Simd simd, Index width) {
    BagProblem<TestType> p(width);
    const auto before = p.y;
    // bags 1 ... 4, the first of them empty
    RAPT_KERNEL_FOR(simd, bag_sums<TestType>)
    (p.bags(1, 5), p.table.data() + 1, p.factor.data(), p.y.data() + width);
    bool agree = std::equal(before.begin(), before.begin() + width, p.y.begin());
    for (Index b = 1; b < 5; ++b) {
      for (Index e = 0; e < width; ++e) {
        long double sum = 0;
        for (auto n = static_cast<std::size_t>(p.offsets[static_cast<std::size_t>(b)]);
             n < static_cast<std::size_t>(p.offsets[static_cast<std::size_t>(b) + 1]); ++n) {
          sum += static_cast<long double>(p.factor[n]) * p.at(p.ids[n], e);
        }
        agree = agree && bag_agrees(p.of_y(b, e), sum);
      }
    }
    CHECK(agree);
  });
}

TEMPLATE_TEST_CASE("Rows get what their bags give and nothing outside the columns",
                   "[kernels][embedding_bag]", float, double) {
  for_each_bag_case([](Simd simd, Index width) {
    BagProblem<TestType> p(width);
    const auto before = p;
    const Index from = width / 3, to = width - width / 4;
    RAPT_KERNEL_FOR(simd, add_to_rows<TestType>)
    (p.bags(0, 5), p.y.data(), p.factor.data(), from, to, 6, p.table.data() + 1);
    std::vector<long double> expected(before.table.begin() + 1, before.table.end());
    for (Index b = 0; b < 5; ++b) {
      for (Index n = p.offsets[static_cast<std::size_t>(b)]; n < p.offsets[static_cast<std::size_t>(b) + 1];
           ++n) {
        const Index id = p.ids[static_cast<std::size_t>(n)];
        if (id == 6) continue;
        for (Index e = from; e < to; ++e) {
          expected[static_cast<std::size_t>(id * width + e)] +=
              static_cast<long double>(p.factor[static_cast<std::size_t>(n)]) * p.of_y(b, e);
        }
      }
    }
    bool agree = p.table.front() == before.table.front();
    for (Index id = 0; id < 7; ++id) {
      for (Index e = 0; e < width; ++e) {
        const auto at = static_cast<std::size_t>(id * width + e);
        const bool moved = e >= from && e < to && id != 6;
        agree =
            agree && (moved ? bag_agrees(p.table[at + 1], expected[at]) : p.at(id, e) == before.at(id, e));
      }
    }
    CHECK(agree);
  });
}

TEMPLATE_TEST_CASE("Without offsets and factors every id is a bag of its own", "[kernels][embedding_bag]",
                   float, double) {
  for_each_bag_case([](Simd simd, Index width) {
    BagProblem<TestType> p(width), q = p;
    const std::vector<Index> offsets{0, 1, 2, 3, 4, 5};
    const std::vector<TestType> ones(5, 1);
    RAPT_KERNEL_FOR(simd, add_to_rows<TestType>)
    ({0, 5, p.ids.data(), nullptr, width}, p.y.data(), nullptr, 0, width, -1, p.table.data() + 1);
    RAPT_KERNEL_FOR(simd, add_to_rows<TestType>)
    ({0, 5, q.ids.data(), offsets.data(), width}, q.y.data(), ones.data(), 0, width, -1, q.table.data() + 1);
    CHECK(p.table == q.table);
  });
}

TEMPLATE_TEST_CASE("Products with the rows of bags agree with long double", "[kernels][embedding_bag]", float,
                   double) {
  for_each_bag_case([](Simd simd, Index width) {
    BagProblem<TestType> p(width);
    std::vector<TestType> products(p.ids.size(), 77);
    RAPT_KERNEL_FOR(simd, bag_products<TestType>)
    (p.bags(2, 5), p.y.data() + 2 * width, p.table.data() + 1, products.data());
    bool agree = products[0] == 77 && products[1] == 77;
    for (Index b = 2; b < 5; ++b) {
      for (Index n = p.offsets[static_cast<std::size_t>(b)]; n < p.offsets[static_cast<std::size_t>(b) + 1];
           ++n) {
        long double product = 0, magnitude = 0;
        for (Index e = 0; e < width; ++e) {
          const long double term =
              static_cast<long double>(p.of_y(b, e)) * p.at(p.ids[static_cast<std::size_t>(n)], e);
          product += term;
          magnitude += std::abs(term);
        }
        const long double error = std::abs(products[static_cast<std::size_t>(n)] - product);
        agree = agree && error <= 32 * std::numeric_limits<TestType>::epsilon() * (1 + magnitude);
      }
    }
    CHECK(agree);
  });
}
