#include <rapt/attention/scaled_dot_product_attention.hpp>

#include "rapt/attention/attention_data.hpp"
#include "support/catch.hpp"
#include "support/layer_properties.hpp"

#include <cmath>

namespace {

template <class T>
struct ScaledDotProductSample {
  explicit ScaledDotProductSample(rapt_test::Draw& draw) : ScaledDotProductSample(draw, draw.size()) {}
  ScaledDotProductSample(rapt_test::Draw& draw, rapt::Index width)
      : layer(draw.pick(std::array<rapt::Index, 2>{0, 1}) == 1 ? 0.4 : 0.0),
        data(draw, width, width, draw.size()) {}
  rapt::ScaledDotProductAttention<T> layer;
  rapt_test::AttentionData<T> data;
  auto input() const { return data.input(); }
};

}  // namespace

RAPT_TEST_LAYER("ScaledDotProductAttention", ScaledDotProductSample, "[attention][scaled_dot]")

TEST_CASE("ScaledDotProductAttention divides the scores by the root of the width",
          "[attention][scaled_dot]") {
  const rapt::ScaledDotProductAttention<double> layer;
  // q . k = 0 and 2 log 3, over sqrt(4): weights 1/4 and 3/4
  const rapt::Tensor<double, 3> q({1, 1, 4}, {1, 1, 0, 0}),
      k({1, 2, 4}, {1, -1, 5, 5, 2 * std::log(3.0), 0, 9, 9}), v({1, 2, 1}, {8, 4});
  rapt::ScaledDotProductAttention<double>::Cache cache;
  CHECK(layer.forward({q, k, v}, cache)(0, 0, 0) == Catch::Approx(5));
}

TEST_CASE("The scale keeps the entropy of the weights where plain dot products lose it",
          "[attention][scaled_dot]") {
  // Seed defect 11: without 1/sqrt(E) random weights at width 256 are almost one-hot.
  rapt_test::Draw draw(5);
  const rapt::Index keys = 16;
  const auto q = draw.normal<double, 3>({1, 64, 256}), k = draw.normal<double, 3>({1, keys, 256});
  rapt::ScaledDotProductAttention<double>::Cache cache;
  const auto entropy = [&](const rapt::Tensor<double, 3>& query) {
    rapt::ScaledDotProductAttention<double>{}.forward(
        {.query = query, .key = k, .value = k, .need_weights = rapt::NeedWeights::averaged}, cache);
    double sum = 0;
    for (const double p : cache.weights()) sum -= p > 0 ? p * std::log(p) : 0;
    return sum / 64 / std::log(static_cast<double>(keys));
  };
  auto unscaled = q;
  for (double& number : unscaled) number *= std::sqrt(256.0);  // undoes the scale
  CHECK(entropy(q) > 0.7);
  CHECK(entropy(unscaled) < 0.2);
}

TEST_CASE("Dropout on attention weights keeps their mean and draws anew each forward",
          "[attention][scaled_dot]") {
  const rapt::ScaledDotProductAttention<double> layer(0.25);
  const rapt::Index keys = 1000;
  rapt::Tensor<double, 3> q({1, 4, 1}), k({1, keys, 1}), v({1, keys, 1});
  v.fill(1);  // weights 1/1000 each: an output is the share of kept weights over 0.75
  rapt::ScaledDotProductAttention<double>::Cache cache, again;
  const rapt::AttentionInput<double> x{q, k, v};

  CHECK(layer.forward(x, cache)(0, 0, 0) == Catch::Approx(1));
  start_training(cache, rapt::RandomStream(9));
  start_training(again, rapt::RandomStream(9));
  const auto first = rapt_test::numbers(layer.forward(x, cache));
  for (const double y : first) {
    CHECK(y == Catch::Approx(1).margin(0.1));
    CHECK(y != Catch::Approx(1).margin(1e-6));
  }
  CHECK(rapt_test::numbers(layer.forward(x, cache)) != first);
  CHECK(rapt_test::numbers(layer.forward(x, again)) == first);
}

TEST_CASE("ScaledDotProductAttention agrees with PyTorch", "[attention][scaled_dot][golden]") {
  rapt_test::check_attention_golden("scaled_dot_product_attention",
                                    rapt::ScaledDotProductAttention<double>{});
}

TEST_CASE("ScaledDotProductAttention has no parameters", "[attention][scaled_dot]") {
  CHECK(parameter_count(rapt::ScaledDotProductAttention<float>{}) == 0);
}

TEST_CASE("ScaledDotProductAttention names what does not fit", "[attention][scaled_dot][errors]") {
  using L = rapt::ScaledDotProductAttention<float>;
  const L layer;
  const rapt::Tensor<float, 3> q({2, 3, 4}), k({2, 5, 6}), good({2, 5, 4}), dy({2, 3, 6});
  L::Cache cache;
  CHECK(rapt_test::attention_error([&] {
          layer.forward({q, k, k}, cache);
        }) == "ScaledDotProductAttention::forward: key has shape (2, 5, 6), expected (2, *, 4)");
  layer.forward({q, good, good}, cache);
  CHECK(rapt_test::attention_error([&] { layer.backward(dy, cache, nullptr); }) ==
        "ScaledDotProductAttention::backward: dy has shape (2, 3, 6), expected (2, 3, 4)");
  CHECK(rapt_test::attention_error([] { L(1.0); }) ==
        "ScaledDotProductAttention: dropout 1 is not in [0, 1)");
  CHECK(rapt_test::attention_error([] { L(-0.5); }) ==
        "ScaledDotProductAttention: dropout -0.5 is not in [0, 1)");
}
