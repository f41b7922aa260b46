#include <rapt/attention/rotary_positions.hpp>
#include <rapt/attention/scaled_dot_product_attention.hpp>

#include "rapt/attention/attention_data.hpp"
#include "support/catch.hpp"
#include "support/layer_properties.hpp"

#include <cmath>
#include <numbers>
#include <string>
#include <vector>

namespace {

using rapt::Index;
using rapt::RotaryPairs;

template <class T>
struct RotaryPositionsSample {
  explicit RotaryPositionsSample(rapt_test::Draw& draw) {
    const Index heads = draw.small(), head = 2 * draw.size();
    rapt::RotaryPositionsOptions options;
    options.base = draw.pick(std::array<Index, 2>{1, 0}) == 0 ? 10000 : 10;
    if (draw.pick(std::array<Index, 2>{1, 0}) == 0) options.pairs = RotaryPairs::halves;
    if (head > 2 && draw.pick(std::array<Index, 2>{1, 0}) == 0) options.rotary_width = head - 2;
    options.first_position = draw.pick(std::array<Index, 3>{0, 1, 100});
    layer = rapt::RotaryPositions<T>(heads * head, heads, options);
    x = draw.normal<T, 3>({draw.small(), draw.size(), heads * head});
  }
  rapt::RotaryPositions<T> layer;
  rapt::Tensor<T, 3> x;
  auto input() const { return x.view(); }
};

void check_rotary_golden(const std::string& name, const rapt::RotaryPositions<double>& layer) {
  const rapt::testing::Golden golden(RAPT_SOURCE_DIR "/tests/golden/" + name + ".txt");
  const auto x = golden.tensor<double, 3>("x"), dy = golden.tensor<double, 3>("dy");
  rapt::RotaryPositions<double>::Cache cache;
  using rapt::testing::largest_difference;
  CHECK(largest_difference(layer.forward(x, cache), golden.tensor<double, 3>("y")) < 1e-10);
  CHECK(largest_difference(layer.backward(dy, cache, nullptr), golden.tensor<double, 3>("dx")) < 1e-10);
}

std::string rotary_error(Index width, Index heads, rapt::RotaryPositionsOptions options = {}) {
  return rapt_test::attention_error([&] { rapt::RotaryPositions<float>(width, heads, options); });
}

}  // namespace

RAPT_TEST_LAYER("RotaryPositions", RotaryPositionsSample, "[attention][positions]")

TEMPLATE_TEST_CASE("RotaryPositions gives the values worked out by hand", "[attention][positions]", float,
                   double) {
  using T = TestType;
  // One head of 6 of which 4 turn; base 4, so the two pairs of row 1 turn by 1 and by 1/2.
  const double c1 = std::cos(1.0), s1 = std::sin(1.0), c2 = std::cos(0.5), s2 = std::sin(0.5);
  const rapt::Tensor<T, 3> x({1, 2, 6}, {1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6});
  typename rapt::RotaryPositions<T>::Cache cache;
  rapt::RotaryPositions<T> layer(6, 1, {.base = 4, .rotary_width = 4});
  const std::vector<double> next_to{1 * c1 - 2 * s1, 1 * s1 + 2 * c1, 3 * c2 - 4 * s2, 3 * s2 + 4 * c2, 5, 6};
  const std::vector<double> apart{1 * c1 - 3 * s1, 2 * c2 - 4 * s2, 1 * s1 + 3 * c1, 2 * s2 + 4 * c2, 5, 6};
  for (const RotaryPairs pairs : {RotaryPairs::interleaved, RotaryPairs::halves}) {
    layer.pairs = pairs;
    const auto y = layer.forward(x, cache);
    const auto& expected = pairs == RotaryPairs::interleaved ? next_to : apart;
    for (Index e = 0; e < 6; ++e) {
      CHECK(y(0, 0, e) == x(0, 0, e));  // position 0 turns nothing
      CHECK(y(0, 1, e) == Catch::Approx(expected[static_cast<std::size_t>(e)]).epsilon(1e-6));
    }
  }
}

TEST_CASE("RotaryPositions turns every head alike", "[attention][positions]") {
  rapt_test::Draw draw(3);
  const auto x = draw.normal<double, 3>({2, 5, 12});
  for (const RotaryPairs pairs : {RotaryPairs::interleaved, RotaryPairs::halves}) {
    const rapt::RotaryPositions<double> all(12, 3, {.pairs = pairs}), one(4, 1, {.pairs = pairs});
    rapt::RotaryPositions<double>::Cache all_cache, one_cache;
    const auto y = all.forward(x, all_cache);
    for (Index h = 0; h < 3; ++h) {
      rapt::Tensor<double, 3> head({2, 5, 4});
      head.matrix() = x.matrix().middleCols(4 * h, 4);
      CHECK(y.matrix().middleCols(4 * h, 4) == one.forward(head, one_cache).matrix());
    }
  }
}

TEST_CASE("RotaryPositions keeps lengths and turns back what it turned", "[attention][positions]") {
  rapt_test::Draw draw(4);
  const auto x = draw.normal<double, 3>({2, 7, 16});
  for (const RotaryPairs pairs : {RotaryPairs::interleaved, RotaryPairs::halves}) {
    const rapt::RotaryPositions<double> layer(16, 2, {.pairs = pairs, .first_position = 12});
    rapt::RotaryPositions<double>::Cache cache;
    const auto y = layer.forward(x, cache);
    CHECK(rapt::testing::largest_difference(y, x) > 0.5);
    for (Index l = 0; l < 7; ++l) {
      CHECK(y[1][l].matrix().norm() == Catch::Approx(x[1][l].matrix().norm()));
    }
    CHECK(rapt::testing::largest_difference(layer.backward(y, cache, nullptr), x) < 1e-14);
  }
}

TEST_CASE("RotaryPositions goes on where earlier rows ended", "[attention][positions]") {
  rapt_test::Draw draw(5);
  const auto x = draw.normal<float, 3>({1, 9, 8});
  rapt::RotaryPositions<float> layer(8, 2);
  rapt::RotaryPositions<float>::Cache whole, steps;
  const auto y = layer.forward(x, whole);
  for (Index t = 0; t < 9; ++t) {
    layer.first_position = t;
    const auto row = layer.forward({x.data() + t * 8, {1, 1, 8}}, steps);
    for (Index e = 0; e < 8; ++e) CHECK(row(0, 0, e) == y(0, t, e));
  }
}

TEST_CASE("RotaryPositions follows a change of length and base and position in one cache",
          "[attention][positions]") {
  rapt_test::Draw draw(6);
  const auto small = draw.normal<double, 3>({2, 3, 4}), large = draw.normal<double, 3>({1, 6, 4});
  rapt::RotaryPositions<double> layer(4, 1);
  rapt::RotaryPositions<double>::Cache cache;
  const auto check = [&](rapt::TensorView<const double, 3> x) {
    rapt::RotaryPositions<double>::Cache fresh;
    CHECK(rapt::testing::largest_difference(layer.forward(x, cache), layer.forward(x, fresh)) == 0);
  };
  check(small);
  check(large);
  check(small);
  layer.base = 100;
  check(small);
  layer.first_position = 2;
  check(large);
  layer.rotary_width = 2;
  check(large);
}

TEST_CASE("RotaryPositions in float is exact at position one million", "[attention][positions]") {
  const Index first = 1'000'000;
  const rapt::RotaryPositions<float> layer(64, 1, {.first_position = first});
  rapt::Tensor<float, 3> x({1, 16, 64});
  for (float& number : x) number = 1;
  rapt::RotaryPositions<float>::Cache cache;
  const auto y = layer.forward(x, cache);
  long double worst = 0;
  for (Index t = 0; t < 16; ++t) {
    for (Index i = 0; i < 32; ++i) {
      const long double angle =
          static_cast<long double>(first + t) * std::pow(10000.0L, -static_cast<long double>(i) / 32);
      const long double c = std::cos(angle), s = std::sin(angle);
      worst = std::max({worst, std::abs(y(0, t, 2 * i) - (c - s)), std::abs(y(0, t, 2 * i + 1) - (s + c))});
    }
  }
  CHECK(worst < 1e-6L);
}

TEST_CASE("RotaryPositions makes attention see distances only", "[attention][positions]") {
  rapt_test::Draw draw(7);
  const auto query = draw.normal<double, 3>({1, 4, 8}), key = draw.normal<double, 3>({1, 6, 8});
  const auto value = draw.normal<double, 3>({1, 6, 3}), dy = draw.normal<double, 3>({1, 4, 3});
  const rapt::ScaledDotProductAttention<double> attention;
  rapt::RotaryPositions<double> rotary(8, 1);
  struct Pass {
    rapt::ScaledDotProductAttention<double>::Cache attention;
    rapt::RotaryPositions<double>::Cache query, key;
    rapt::TensorView<const double, 3> y, d_query, d_key;
  };
  const auto run = [&](Index query_position, Index key_position, Pass& pass) {
    rapt::RotaryPositions<double> of_query = rotary, of_key = rotary;
    of_query.first_position = query_position;
    of_key.first_position = key_position;
    const auto q = of_query.forward(query, pass.query), k = of_key.forward(key, pass.key);
    pass.y = attention.forward({.query = q, .key = k, .value = value}, pass.attention);
    const auto d = attention.backward(dy, pass.attention, nullptr);
    pass.d_query = of_query.backward(d.query, pass.query, nullptr);
    pass.d_key = of_key.backward(d.key, pass.key, nullptr);
  };
  Pass begin, later, shifted;
  run(2, 0, begin);
  run(502, 500, later);
  run(3, 0, shifted);
  using rapt::testing::largest_difference;
  CHECK(largest_difference(begin.y, later.y) < 1e-12);
  CHECK(largest_difference(begin.d_query, later.d_query) < 1e-12);
  CHECK(largest_difference(begin.d_key, later.d_key) < 1e-12);
  CHECK(largest_difference(begin.y, shifted.y) > 1e-3);
}

TEST_CASE("RotaryPositions agrees with complex numbers in PyTorch", "[attention][positions][golden]") {
  check_rotary_golden("rotary_positions_interleaved", rapt::RotaryPositions<double>(12, 3));
  check_rotary_golden(
      "rotary_positions_halves",
      rapt::RotaryPositions<double>(
          16, 2, {.base = 500000, .pairs = RotaryPairs::halves, .rotary_width = 6, .first_position = 1000}));
}

TEST_CASE("RotaryPositions has no parameters and keeps its settings in another scalar",
          "[attention][positions]") {
  const rapt::RotaryPositions<double> layer(
      12, 2, {.base = 7, .pairs = RotaryPairs::halves, .rotary_width = 4, .first_position = 3});
  CHECK(parameter_count(layer) == 0);
  const auto single = rapt::cast<float>(layer);
  CHECK(single.width == 12);
  CHECK(single.heads == 2);
  CHECK(single.base == 7);
  CHECK(single.pairs == RotaryPairs::halves);
  CHECK(single.rotary_width == 4);
  CHECK(single.first_position == 3);
}

TEST_CASE("RotaryPositions names what does not fit", "[attention][positions][errors]") {
  CHECK(rotary_error(10, 4) == "RotaryPositions: width 10 is not a multiple of heads 4");
  CHECK(rotary_error(10, 0) == "RotaryPositions: width 10 is not a multiple of heads 0");
  CHECK(rotary_error(15, 3) == "RotaryPositions: head width 5 is odd, expected pairs");
  CHECK(rotary_error(15, 3, {.rotary_width = 4}) == "no error");
  CHECK(rotary_error(16, 2, {.rotary_width = 3}) ==
        "RotaryPositions: rotary_width is 3, expected an even number up to the head's width 8");
  CHECK(rotary_error(16, 2, {.rotary_width = 10}) ==
        "RotaryPositions: rotary_width is 10, expected an even number up to the head's width 8");
  CHECK(rotary_error(16, 2, {.rotary_width = -2}) ==
        "RotaryPositions: rotary_width is -2, expected an even number up to the head's width 8");
  CHECK(rotary_error(16, 2, {.base = 0}) == "RotaryPositions: base is 0, expected a finite number above 0");
  CHECK(rotary_error(16, 2, {.base = std::nan("")}) ==
        "RotaryPositions: base is nan, expected a finite number above 0");
  const rapt::RotaryPositions<float> layer(8, 2);
  const rapt::Tensor<float, 3> x({2, 3, 8}), narrow({2, 3, 6});
  rapt::RotaryPositions<float>::Cache cache;
  CHECK(rapt_test::attention_error([&] { layer.forward(narrow, cache); }) ==
        "RotaryPositions::forward: x has shape (2, 3, 6), expected (*, *, 8)");
  layer.forward(x, cache);
  CHECK(rapt_test::attention_error([&] { layer.backward(narrow, cache, nullptr); }) ==
        "RotaryPositions::backward: dy has shape (2, 3, 6), expected (2, 3, 8)");
}

TEST_CASE("RotaryPositions names settings changed by hand that do not fit", "[attention][rotary][errors]") {
  using L = rapt::RotaryPositions<float>;
  const rapt::Tensor<float, 3> x({1, 3, 16});
  const auto forward = [&](auto&& change) -> std::string {
    L layer(16, 2);
    change(layer);
    L::Cache cache;
    try {
      layer.forward(x, cache);
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    return "no error";
  };
  CHECK(forward([](L&) {}) == "no error");
  CHECK(forward([](L& l) { l.heads = 0; }) ==
        "RotaryPositions::forward: width 16 is not a multiple of heads 0");
  CHECK(forward([](L& l) { l.heads = 3; }) ==
        "RotaryPositions::forward: width 16 is not a multiple of heads 3");
  CHECK(forward([](L& l) { l.rotary_width = 64; }) ==
        "RotaryPositions::forward: rotary_width is 64, expected an even number up to the head's width 8");
  CHECK(forward([](L& l) { l.rotary_width = 3; }) ==
        "RotaryPositions::forward: rotary_width is 3, expected an even number up to the head's width 8");
  CHECK(forward([](L& l) { l.base = 0; }) ==
        "RotaryPositions::forward: base is 0, expected a finite number above 0");
}
