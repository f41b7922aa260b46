#pragma once
// Random sizes and values for the generic tests. Sizes, values and ids come from streams of their own, so
// that the same seed gives the same shapes and ids in float and in double.

#include <rapt/core/random.hpp>
#include <rapt/core/tensor.hpp>

#include <array>
#include <cstdint>

namespace rapt_test {

using rapt::Index;

struct Draw {
  explicit Draw(std::uint64_t seed) : sizes(seed, 1), values(seed, 2), ids(seed, 3) {}

  rapt::RandomStream sizes, values, ids;

  /// 0, 1, primes and SIMD widths +-1.
  Index size() { return pick(std::array<Index, 11>{0, 1, 2, 3, 4, 5, 7, 8, 9, 13, 17}); }
  /// The same without 0.
  Index positive() { return pick(std::array<Index, 10>{1, 2, 3, 4, 5, 7, 8, 9, 13, 17}); }
  /// A small one, for products of many extents.
  Index small() { return pick(std::array<Index, 5>{1, 2, 3, 4, 5}); }
  template <std::size_t N>
  Index pick(const std::array<Index, N>& choices) {
    return choices[static_cast<std::size_t>(uniform_index(sizes, static_cast<Index>(N)))];
  }

  template <class T, std::size_t Rank>
  rapt::Tensor<T, Rank> normal(const rapt::Shape<Rank>& shape, double deviation = 1) {
    rapt::Tensor<T, Rank> tensor(shape);
    fill_normal(tensor.view(), T(0), static_cast<T>(deviation), values);
    return tensor;
  }
  template <class T, std::size_t Rank>
  rapt::Tensor<T, Rank> uniform(const rapt::Shape<Rank>& shape, double low, double high) {
    rapt::Tensor<T, Rank> tensor(shape);
    fill_uniform(tensor.view(), static_cast<T>(low), static_cast<T>(high), values);
    return tensor;
  }
  template <std::size_t Rank>
  rapt::Tensor<Index, Rank> indices(const rapt::Shape<Rank>& shape, Index limit) {
    rapt::Tensor<Index, Rank> tensor(shape);
    for (Index& id : tensor) id = uniform_index(ids, limit);
    return tensor;
  }
  template <std::size_t Rank>
  rapt::Tensor<bool, Rank> mask(const rapt::Shape<Rank>& shape, double share_true) {
    rapt::Tensor<bool, Rank> tensor(shape);
    for (bool& b : tensor) b = rapt::uniform<double>(ids) < share_true;
    return tensor;
  }
};

}  // namespace rapt_test
