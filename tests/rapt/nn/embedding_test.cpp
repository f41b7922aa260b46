#include <rapt/nn/embedding.hpp>

#include "support/catch.hpp"
#include "support/layer_golden.hpp"
#include "support/layer_properties.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace {

template <class T>
struct EmbeddingSample {
  explicit EmbeddingSample(rapt_test::Draw& draw)
      : layer(draw.positive(), draw.pick(std::array<rapt::Index, 5>{0, 1, 3, 31, 67}), draw.values),
        ids(draw.indices<1>({draw.size()}, layer.rows())) {
    if (draw.small() < 4 || layer.rows() == 1) return;
    // A padding row gets no gradient though the output depends on it, so it is left out here.
    layer.padding_index = 0;
    for (auto& id : ids) id = std::max<rapt::Index>(id, 1);
  }
  rapt::Embedding<T> layer;
  rapt::Tensor<rapt::Index, 1> ids;
  auto input() const { return ids.view(); }
};

}  // namespace

RAPT_TEST_LAYER("Embedding", EmbeddingSample, "[nn][embedding]")

TEMPLATE_TEST_CASE("Embedding gives the values worked out by hand", "[nn][embedding]", float, double) {
  using T = TestType;
  rapt::Embedding<T> layer;
  layer.weight = rapt::Tensor<T, 2>({3, 2}, {1, 2, 3, 4, 5, 6});
  const rapt::Tensor<rapt::Index, 1> ids({4}, {2, 0, 2, 1});
  const rapt::Tensor<T, 2> dy({4, 2}, {1, 2, 3, 4, 5, 6, 7, 8});
  typename rapt::Embedding<T>::Cache cache;
  auto gradient = zeros_like(layer);
  gradient.padding_index = layer.padding_index = 1;

  const auto y = layer.forward(ids, cache);
  layer.backward(dy, cache, &gradient);

  CHECK(std::vector<T>(y.begin(), y.end()) == std::vector<T>{5, 6, 1, 2, 5, 6, 3, 4});
  CHECK(std::vector<T>(gradient.weight.begin(), gradient.weight.end()) == std::vector<T>{3, 4, 0, 0, 6, 8});
  const auto rows = gradient.touched.rows();
  CHECK(std::vector<rapt::Index>(rows.begin(), rows.end()) == std::vector<rapt::Index>{2, 0});
}

TEST_CASE("Embedding::forward refuses an id outside the table before it writes", "[nn][embedding][errors]") {
  rapt::RandomStream stream(1);
  const rapt::Embedding<float> layer(5, 2, stream);
  rapt::Embedding<float>::Cache cache;
  for (const rapt::Index id : {rapt::Index{5}, rapt::Index{-1}}) {
    const rapt::Tensor<rapt::Index, 1> ids({2}, {0, id});
    CHECK_THROWS_MATCHES(
        layer.forward(ids, cache), std::out_of_range,
        Catch::Matchers::Message("Embedding::forward: id " + std::to_string(id) + " is not in [0, 5)"));
    CHECK(cache.y.size() == 0);
  }
}

TEST_CASE("Embedding::backward names both shapes when they do not fit", "[nn][embedding][errors]") {
  rapt::RandomStream stream(1);
  const rapt::Embedding<float> layer(5, 2, stream);
  rapt::Embedding<float>::Cache cache;
  const rapt::Tensor<rapt::Index, 1> ids({3});
  const rapt::Tensor<float, 2> dy({3, 4});
  layer.forward(ids, cache);
  CHECK_THROWS_MATCHES(layer.backward(dy, cache, nullptr), rapt::ShapeError,
                       Catch::Matchers::Message("Embedding::backward: dy has shape (3, 4), expected (3, 2)"));
}

TEST_CASE("Embedding starts the row of its padding index at 0 and checks the index",
          "[nn][embedding][errors]") {
  rapt::RandomStream stream(1);
  const rapt::Embedding<double> layer(4, 3, stream, 2);
  for (rapt::Index i = 0; i < 4; ++i) CHECK((layer.weight(i, 1) == 0) == (i == 2));
  CHECK(rapt::cast<float>(layer).padding_index == 2);
  CHECK_THROWS_MATCHES(rapt::Embedding<float>(4, 3, stream, 4), std::invalid_argument,
                       Catch::Matchers::Message("Embedding: padding_index 4 is not in [0, 4)"));
  CHECK_THROWS_MATCHES(rapt::Embedding<float>(4, 3, stream, -2), std::invalid_argument,
                       Catch::Matchers::Message("Embedding: padding_index -2 is not in [0, 4)"));
}

TEST_CASE("Embedding has rows times width parameters", "[nn][embedding]") {
  rapt::RandomStream stream(1);
  CHECK(parameter_count(rapt::Embedding<float>(7, 5, stream)) == 7 * 5);
}

TEST_CASE("Embedding agrees with PyTorch", "[nn][embedding][golden]") {
  const auto golden = rapt_test::layer_golden("embedding");
  rapt::Embedding<double> layer;
  layer.padding_index = 2;
  golden.load(layer, "layer.");
  auto gradient = zeros_like(layer);
  const auto ids = golden.tensor<rapt::Index, 1>("ids");
  const auto dy = golden.tensor<double, 2>("dy");
  rapt::Embedding<double>::Cache cache;
  CHECK(rapt::testing::largest_difference(layer.forward(ids, cache), golden.tensor<double, 2>("y")) < 1e-10);
  layer.backward(dy, cache, &gradient);
  rapt_test::check_parameter_gradients(golden, gradient);
}
