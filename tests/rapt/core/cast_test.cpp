#include <rapt/core/cast.hpp>

#include "support/catch.hpp"

#include <type_traits>

using rapt::field;
using rapt::Tensor;

namespace {

enum class CastMode { plain, other };

template <std::floating_point T>
struct CastLeaf {
  Tensor<T, 1> weight{{2}, {T(1) / 3, 2}};
  Tensor<T, 1> mean{{1}};
  T rate = 0;
  bool flag = false;
  CastMode mode = CastMode::plain;
  static constexpr auto parameters = std::tuple{field("weight", &CastLeaf::weight)};
  static constexpr auto buffers = std::tuple{field("mean", &CastLeaf::mean)};
  static constexpr auto settings = std::tuple{field("rate", &CastLeaf::rate), field("flag", &CastLeaf::flag),
                                              field("mode", &CastLeaf::mode)};
};
template <class A, class B>
struct CastPair {
  std::tuple<A, B> children;
  std::vector<A> blocks;
  static constexpr auto parameters =
      std::tuple{field("", &CastPair::children), field("blocks", &CastPair::blocks)};
  template <class U>
  using Rebound =
      CastPair<typename rapt::detail::Rebound<A, U>::type, typename rapt::detail::Rebound<B, U>::type>;
};

}  // namespace

TEST_CASE("cast converts parameters and buffers and settings through composites", "[core][cast]") {
  CastPair<CastLeaf<double>, CastLeaf<double>> pair;
  auto& second = std::get<1>(pair.children);
  second.mean(0) = 0.1;
  second.rate = 0.25;
  second.flag = true;
  second.mode = CastMode::other;
  pair.blocks.resize(2);
  pair.blocks[1].weight = Tensor<double, 1>({3}, {1e-50, 7, 0.1});

  const auto single = rapt::cast<float>(pair);

  STATIC_REQUIRE(
      std::is_same_v<std::remove_const_t<decltype(single)>, CastPair<CastLeaf<float>, CastLeaf<float>>>);
  const auto& leaf = std::get<1>(single.children);
  CHECK(leaf.weight(0) == 1.0f / 3);
  CHECK(leaf.mean(0) == 0.1f);
  CHECK(leaf.rate == 0.25f);
  CHECK(leaf.flag);
  CHECK(leaf.mode == CastMode::other);
  REQUIRE(single.blocks.size() == 2);
  CHECK(single.blocks[1].weight.extent(0) == 3);
  CHECK(single.blocks[1].weight(0) == 0);
  CHECK(single.blocks[1].weight(2) == 0.1f);
  CHECK(rapt::cast<double>(single).blocks[1].weight(2) == static_cast<double>(0.1f));
}
