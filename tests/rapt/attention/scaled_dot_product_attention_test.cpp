#include <rapt/attention/alibi_slopes.hpp>
#include <rapt/attention/scaled_dot_product_attention.hpp>

#include "rapt/attention/attention_data.hpp"
#include "support/catch.hpp"
#include "support/layer_properties.hpp"
#include "support/tangent_properties.hpp"

#include <cmath>

namespace {

template <class T>
struct ScaledDotProductSample {
  explicit ScaledDotProductSample(rapt_test::Draw& draw) {
    const rapt::Index key_heads = draw.pick(std::array<rapt::Index, 4>{1, 1, 2, 3});
    const rapt::Index heads = key_heads * draw.pick(std::array<rapt::Index, 4>{1, 1, 2, 3});
    const rapt::Index width = draw.size(), value_width = draw.size();
    layer = rapt::ScaledDotProductAttention<T>(draw.pick(std::array<rapt::Index, 2>{0, 1}) == 1 ? 0.4 : 0.0,
                                               heads, key_heads);
    data = {draw, heads * width, key_heads * width, key_heads * value_width, heads};
    if (draw.small() == 1) need_weights = rapt::NeedWeights::per_head;  // the path that keeps them
  }
  rapt::NeedWeights need_weights = rapt::NeedWeights::none;
  rapt::ScaledDotProductAttention<T> layer;
  rapt_test::AttentionData<T> data;
  auto input() const { return data.input(need_weights); }
};

}  // namespace

RAPT_TEST_LAYER("ScaledDotProductAttention", ScaledDotProductSample, "[attention][scaled_dot]")
RAPT_TEST_TANGENT("ScaledDotProductAttention", ScaledDotProductSample, "[attention][scaled_dot]")

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

TEST_CASE("Grouped heads of ScaledDotProductAttention agree with PyTorch on repeated ones",
          "[attention][scaled_dot][golden]") {
  rapt_test::check_attention_golden("scaled_dot_product_attention_grouped",
                                    rapt::ScaledDotProductAttention<double>(0, 4, 2),
                                    rapt::NeedWeights::per_head);
  rapt_test::check_attention_golden("scaled_dot_product_attention_single",
                                    rapt::ScaledDotProductAttention<double>(0, 3, 1),
                                    rapt::NeedWeights::per_head, rapt::alibi_slopes<double>(3));
}

TEST_CASE("Grouped heads of ScaledDotProductAttention give the values worked out by hand",
          "[attention][scaled_dot]") {
  // Four heads of width 1 over two of keys: heads 0 and 1 see weights 1/4 and 3/4 of (8, 4), or halves of it;
  // heads 2 and 3 the same of (80, 40).
  const rapt::ScaledDotProductAttention<double> layer(0, 4, 2);
  const double l = std::log(3.0);
  const rapt::Tensor<double, 3> q({1, 1, 4}, {1, 0, 0.5, 0}), k({1, 2, 2}, {0, 0, l, 2 * l}),
      v({1, 2, 2}, {8, 80, 4, 40}), dy({1, 1, 4}, {1, 1, 0, 0});
  rapt::ScaledDotProductAttention<double>::Cache cache;
  const auto y = layer.forward({q, k, v}, cache);
  CHECK(y(0, 0, 0) == Catch::Approx(5));
  CHECK(y(0, 0, 1) == Catch::Approx(6));
  CHECK(y(0, 0, 2) == Catch::Approx(50));
  CHECK(y(0, 0, 3) == Catch::Approx(60));
  const auto dx = layer.backward(dy, cache, nullptr);
  CHECK(dx.value(0, 0, 0) == Catch::Approx(0.75));  // both heads of the group
  CHECK(dx.value(0, 1, 0) == Catch::Approx(1.25));
  CHECK(dx.value(0, 1, 1) == 0);
  CHECK(dx.key(0, 1, 0) == Catch::Approx(-0.75));  // 3/4 (4 - 5), times q = 1; the other query is 0
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
  const auto heads = [&](rapt::Index h, rapt::Index g, const rapt::AttentionInput<float>& x) {
    return rapt_test::attention_error([&] { L(0, h, g).forward(x, cache); });
  };
  const rapt::Tensor<float, 3> narrow({2, 5, 2}), odd({2, 5, 3});
  const rapt::Tensor<float, 1> slopes({2});
  CHECK(heads(2, 1, {q, narrow, odd}) == "no error");
  CHECK(heads(2, 0, {q, good, good}) == "no error");
  CHECK(heads(3, 1, {q, k, k}) ==
        "ScaledDotProductAttention::forward: query has shape (2, 3, 4), expected (*, *, a multiple of 3)");
  CHECK(heads(2, 1, {q, good, good}) ==
        "ScaledDotProductAttention::forward: key has shape (2, 5, 4), expected (2, *, 2)");
  CHECK(heads(2, 2, {q, good, odd}) ==
        "ScaledDotProductAttention::forward: value has shape (2, 5, 3), expected (*, *, a multiple of 2)");
  CHECK(heads(4, 2, {.query = q, .key = narrow, .value = good, .alibi_slopes = slopes}) ==
        "ScaledDotProductAttention::forward: alibi_slopes has shape (2), expected (4)");
  CHECK(heads(4, 3, {}) == "ScaledDotProductAttention: heads 4 is not a multiple of key_value_heads 3");
  CHECK(heads(0, 0, {}) == "ScaledDotProductAttention: heads 0 is not a multiple of key_value_heads 0");
  CHECK(rapt_test::attention_error([] { L(1.0); }) ==
        "ScaledDotProductAttention: dropout 1 is not in [0, 1)");
  CHECK(rapt_test::attention_error([] { L(-0.5); }) ==
        "ScaledDotProductAttention: dropout -0.5 is not in [0, 1)");
}

TEST_CASE("ScaledDotProductAttention names settings changed by hand that do not fit",
          "[attention][scaled_dot][errors]") {
  using L = rapt::ScaledDotProductAttention<float>;
  const rapt::Tensor<float, 3> x({1, 2, 4});
  const auto forward = [&](auto&& change) {
    L layer;
    change(layer);
    L::Cache cache;
    return rapt_test::attention_error([&] { layer.forward({x, x, x}, cache); });
  };
  CHECK(forward([](L&) {}) == "no error");
  CHECK(forward([](L& l) { l.dropout = 1; }) ==
        "ScaledDotProductAttention::forward: dropout 1 is not in [0, 1)");
  CHECK(forward([](L& l) { l.dropout = -1; }) ==
        "ScaledDotProductAttention::forward: dropout -1 is not in [0, 1)");
  CHECK(forward([](L& l) { l.heads = 0; }) ==
        "ScaledDotProductAttention::forward: heads 0 is not a multiple of key_value_heads 0");
  CHECK(forward([](L& l) { l.key_value_heads = 2; }) ==
        "ScaledDotProductAttention::forward: heads 1 is not a multiple of key_value_heads 2");
}
