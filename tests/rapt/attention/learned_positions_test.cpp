#include <rapt/attention/learned_positions.hpp>

#include "rapt/attention/attention_data.hpp"
#include "support/catch.hpp"
#include "support/layer_properties.hpp"

namespace {

template <class T>
struct LearnedPositionsSample {
  explicit LearnedPositionsSample(rapt_test::Draw& draw)
      : layer(17, draw.size(), draw.values),
        x(draw.normal<T, 3>({draw.small(), draw.size(), layer.weight.extent(1)})) {}
  rapt::LearnedPositions<T> layer;
  rapt::Tensor<T, 3> x;
  auto input() const { return x.view(); }
};

}  // namespace

RAPT_TEST_LAYER("LearnedPositions", LearnedPositionsSample, "[attention][positions]")

TEST_CASE("LearnedPositions gives the values worked out by hand", "[attention][positions]") {
  rapt::LearnedPositions<double> layer;
  layer.weight = rapt::Tensor<double, 2>({3, 1}, {10, 20, 30});
  const rapt::Tensor<double, 3> x({2, 2, 1}, {1, 2, 3, 4});
  rapt::LearnedPositions<double>::Cache cache;
  auto gradient = zeros_like(layer);
  CHECK(rapt_test::numbers(layer.forward(x, cache)) == std::vector<double>{11, 22, 13, 24});
  CHECK(rapt_test::numbers(layer.backward(x, cache, &gradient)) == std::vector<double>{1, 2, 3, 4});
  CHECK(rapt_test::numbers(gradient.weight) == std::vector<double>{4, 6, 0});
}

TEST_CASE("LearnedPositions agrees with PyTorch", "[attention][positions][golden]") {
  const rapt::testing::Golden golden(RAPT_SOURCE_DIR "/tests/golden/learned_positions.txt");
  rapt::LearnedPositions<double> layer;
  golden.load(layer, "layer.");
  auto gradient = zeros_like(layer);
  const auto x = golden.tensor<double, 3>("x"), dy = golden.tensor<double, 3>("dy");
  rapt::LearnedPositions<double>::Cache cache;
  using rapt::testing::largest_difference;
  CHECK(largest_difference(layer.forward(x, cache), golden.tensor<double, 3>("y")) < 1e-10);
  CHECK(largest_difference(layer.backward(dy, cache, &gradient), golden.tensor<double, 3>("dx")) < 1e-10);
  CHECK(largest_difference(gradient.weight, golden.tensor<double, 2>("gradient.weight")) < 1e-10);
}

TEST_CASE("LearnedPositions has one vector for each position", "[attention][positions]") {
  rapt::RandomStream stream(1);
  CHECK(parameter_count(rapt::LearnedPositions<float>(9, 4, stream)) == 9 * 4);
}

TEST_CASE("LearnedPositions names what does not fit", "[attention][positions][errors]") {
  rapt::RandomStream stream(1);
  const rapt::LearnedPositions<float> layer(5, 4, stream);
  const rapt::Tensor<float, 3> narrow({2, 3, 3}), longer({2, 6, 4}), good({2, 3, 4});
  rapt::LearnedPositions<float>::Cache cache;
  CHECK(rapt_test::attention_error([&] { layer.forward(narrow, cache); }) ==
        "LearnedPositions::forward: x has shape (2, 3, 3), expected (*, *, 4)");
  CHECK(rapt_test::attention_error([&] { layer.forward(longer, cache); }) ==
        "LearnedPositions::forward: x has shape (2, 6, 4), expected (*, at most 5, 4)");
  layer.forward(good, cache);
  CHECK(rapt_test::attention_error([&] { layer.backward(narrow, cache, nullptr); }) ==
        "LearnedPositions::backward: dy has shape (2, 3, 3), expected (2, 3, 4)");
}
