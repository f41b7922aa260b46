#include <rapt/nn/embedding_bag.hpp>

#include "support/catch.hpp"
#include "support/layer_golden.hpp"
#include "support/layer_properties.hpp"

#include <cmath>
#include <limits>
#include <vector>

namespace {

using rapt::BagMode;

template <class T>
struct EmbeddingBagSample {
  explicit EmbeddingBagSample(rapt_test::Draw& draw)
      : layer(draw.positive(), draw.pick(std::array<rapt::Index, 5>{0, 1, 3, 31, 67}), draw.values,
              std::array{BagMode::sum, BagMode::mean, BagMode::sum_over_root}[draw.sizes() % 3]) {
    offsets.resize({draw.size() + 1});
    offsets(0) = 0;
    for (rapt::Index b = 1; b < offsets.extent(0); ++b) offsets(b) = offsets(b - 1) + draw.size();
    ids = draw.indices<1>({offsets(offsets.extent(0) - 1)}, layer.rows());
    weighted = draw.small() > 2;
    weights = draw.normal<T, 1>(ids.shape());
  }
  rapt::EmbeddingBag<T> layer;
  rapt::Tensor<rapt::Index, 1> ids, offsets;
  bool weighted = false;
  rapt::Tensor<T, 1> weights;
  rapt::EmbeddingBagInput<T> input() const {
    return {ids, offsets, weighted ? weights.view() : rapt::TensorView<const T, 1>{}};
  }
};

template <class T>
rapt::EmbeddingBag<T> bag_of_three_rows(BagMode mode) {
  rapt::EmbeddingBag<T> layer;
  layer.weight = rapt::Tensor<T, 2>({3, 2}, {1, 2, 3, 4, 5, 6});
  layer.mode = mode;
  return layer;
}

std::string bag_error(const rapt::EmbeddingBagInput<double>& x) {
  const auto layer = bag_of_three_rows<double>(BagMode::sum);
  rapt::EmbeddingBag<double>::Cache cache;
  try {
    layer.forward(x, cache);
  } catch (const std::exception& error) {
    CHECK(cache.y.size() == 0);
    return error.what();
  }
  return "nothing thrown";
}

void check_bag_golden(const std::string& name, BagMode mode) {
  const auto golden = rapt_test::layer_golden(name);
  rapt::EmbeddingBag<double> layer;
  layer.mode = mode;
  golden.load(layer, "layer.");
  auto gradient = zeros_like(layer);
  const auto ids = golden.tensor<rapt::Index, 1>("ids"), offsets = golden.tensor<rapt::Index, 1>("offsets");
  const auto dy = golden.tensor<double, 2>("dy");
  rapt::Tensor<double, 1> weights;
  rapt::EmbeddingBagInput<double> x{ids, offsets, {}};
  if (golden.has("weights")) {
    weights = golden.tensor<double, 1>("weights");
    x.weights = weights;
  }
  rapt::EmbeddingBag<double>::Cache cache;
  const auto y = layer.forward(x, cache);
  const auto dx = layer.backward(dy, cache, &gradient);
  CHECK(rapt::testing::largest_difference(y, golden.tensor<double, 2>("y")) < 1e-10);
  rapt_test::check_parameter_gradients(golden, gradient);
  CHECK(dx.weights.absent() == !golden.has("weights"));
  if (golden.has("weights"))
    CHECK(rapt::testing::largest_difference(dx.weights, golden.tensor<double, 1>("dweights")) < 1e-10);
}

}  // namespace

RAPT_TEST_LAYER("EmbeddingBag", EmbeddingBagSample, "[nn][embedding_bag]")

TEMPLATE_TEST_CASE("EmbeddingBag gives the values worked out by hand", "[nn][embedding_bag]", float, double) {
  using T = TestType;
  const rapt::Tensor<rapt::Index, 1> ids({5}, {2, 0, 0, 1, 2}), offsets({4}, {0, 4, 4, 5});
  const rapt::Tensor<T, 1> weights({5}, {1, 2, -1, 0.5, 3});
  const rapt::Tensor<T, 2> dy({3, 2}, {1, 10, 100, 100, 1, -1});
  typename rapt::EmbeddingBag<T>::Cache cache;
  const auto numbers = [](const auto& view) { return std::vector<T>(view.begin(), view.end()); };

  auto layer = bag_of_three_rows<T>(BagMode::sum);
  CHECK(numbers(layer.forward({ids, offsets, {}}, cache)) == std::vector<T>{10, 14, 0, 0, 5, 6});
  layer.mode = BagMode::mean;
  CHECK(numbers(layer.forward({ids, offsets, {}}, cache)) == std::vector<T>{2.5, 3.5, 0, 0, 5, 6});
  layer.mode = BagMode::sum_over_root;
  CHECK(numbers(layer.forward({ids, offsets, {}}, cache)) == std::vector<T>{5, 7, 0, 0, 5, 6});

  // the first bag is (5 6) + 2 (1 2) - (1 2) + 0.5 (3 4), times 1/2
  CHECK(numbers(layer.forward({ids, offsets, weights}, cache)) == std::vector<T>{3.75, 5, 0, 0, 15, 18});
  auto gradient = zeros_like(layer);
  const auto dx = layer.backward(dy, cache, &gradient);
  CHECK(numbers(gradient.weight) == std::vector<T>{0.5, 5, 0.25, 2.5, 0.5 + 3, 5 - 3});
  CHECK(numbers(dx.weights) == std::vector<T>{32.5, 10.5, 10.5, 21.5, -1});
}

TEST_CASE("EmbeddingBag lists the rows it has touched in the gradient", "[nn][embedding_bag]") {
  rapt::RandomStream stream(1);
  const rapt::EmbeddingBag<float> layer(100, 3, stream);
  const rapt::Tensor<rapt::Index, 1> ids({4}, {42, 7, 42, 99}), offsets({3}, {0, 3, 4});
  rapt::Tensor<float, 2> dy({2, 3});
  dy.fill(1);
  rapt::EmbeddingBag<float>::Cache cache;
  auto gradient = zeros_like(layer);
  layer.forward({ids, offsets, {}}, cache);
  layer.backward(dy, cache, &gradient);
  const auto rows = gradient.touched.rows();
  CHECK(std::vector<rapt::Index>(rows.begin(), rows.end()) == std::vector<rapt::Index>{42, 7, 99});
  set_zero(gradient, rapt::Rows::touched);
  CHECK(gradient.touched.rows().empty());
  for (const float v : gradient.weight) CHECK(v == 0);
  CHECK(layer.touched.rows().empty());
}

TEST_CASE("EmbeddingBag is a Linear over a sparse row", "[nn][embedding_bag]") {
  rapt_test::Draw draw(1);
  const rapt::EmbeddingBag<double> layer(9, 4, draw.values, BagMode::sum);
  const rapt::Tensor<rapt::Index, 1> ids({3}, {1, 4, 8}), offsets({2}, {0, 3});
  rapt::EmbeddingBag<double>::Cache cache;
  const auto y = layer.forward({ids, offsets, {}}, cache);
  rapt::Tensor<double, 2> row({1, 9});
  for (const auto id : ids) row(0, id) = 1;
  const Eigen::MatrixXd expected = row.matrix() * layer.weight.matrix();
  CHECK((y.matrix() - expected).cwiseAbs().maxCoeff() < 1e-14);
}

TEST_CASE("EmbeddingBag refuses wrong input before it writes", "[nn][embedding_bag][errors]") {
  using Ids = rapt::Tensor<rapt::Index, 1>;
  const Ids ids({3}, {0, 1, 2}), offsets({3}, {0, 2, 3});
  const rapt::Tensor<double, 1> two({2});
  const Ids high({3}, {0, 3, 2}), low({3}, {0, -1, 2});
  CHECK(bag_error({high, offsets, {}}) == "EmbeddingBag::forward: id 3 is not in [0, 3)");
  CHECK(bag_error({low, offsets, {}}) == "EmbeddingBag::forward: id -1 is not in [0, 3)");
  CHECK(bag_error({ids, offsets, two}) == "EmbeddingBag::forward: weights has shape (2), expected (3)");
  CHECK(bag_error({ids, {}, {}}) == "EmbeddingBag::forward: offsets has shape (0), expected (1)");
  const Ids late({3}, {1, 2, 3}), early({3}, {0, 2, 2}), falls({4}, {0, 3, 2, 3}), huge({3}, {0, 9, 3});
  for (const Ids* wrong : {&late, &early, &falls, &huge}) {
    CHECK(bag_error({ids, *wrong, {}}) == "EmbeddingBag::forward: offsets do not rise from 0 to 3");
  }
  const auto layer = bag_of_three_rows<double>(BagMode::sum);
  rapt::EmbeddingBag<double>::Cache cache;
  layer.forward({ids, offsets, {}}, cache);
  const rapt::Tensor<double, 2> dy({3, 2});
  CHECK_THROWS_MATCHES(
      layer.backward(dy, cache, nullptr), rapt::ShapeError,
      Catch::Matchers::Message("EmbeddingBag::backward: dy has shape (3, 2), expected (2, 2)"));
}

TEST_CASE("EmbeddingBag has rows times width parameters and keeps its mode", "[nn][embedding_bag]") {
  rapt::RandomStream stream(1);
  const rapt::EmbeddingBag<float> layer(7, 5, stream, BagMode::sum_over_root);
  CHECK(parameter_count(layer) == 7 * 5);
  CHECK(rapt::cast<double>(layer).mode == BagMode::sum_over_root);
  CHECK(rapt::EmbeddingBag<float>(7, 5, stream).mode == BagMode::mean);
}

TEST_CASE("EmbeddingBag agrees with PyTorch", "[nn][embedding_bag][golden]") {
  check_bag_golden("embedding_bag_sum", BagMode::sum);
  check_bag_golden("embedding_bag_mean", BagMode::mean);
  check_bag_golden("embedding_bag_sum_over_root", BagMode::sum_over_root);
}
