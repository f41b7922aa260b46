#include <rapt/attention/attention_pooling.hpp>

#include "support/catch.hpp"
#include "support/layer_golden.hpp"
#include "support/layer_properties.hpp"

#include <cmath>
#include <limits>
#include <string>

namespace {

template <class T>
struct AttentionPoolingSample {
  explicit AttentionPoolingSample(rapt_test::Draw& draw) {
    const rapt::Index heads = draw.small(), width = heads * draw.small(), sets = draw.size();
    offsets.resize({sets + 1});
    offsets(0) = 0;
    for (rapt::Index b = 0; b < sets; ++b) offsets(b + 1) = offsets(b) + draw.size();
    layer = rapt::AttentionPooling<T>(width, heads, draw.values);
    key = draw.normal<T, 2>({offsets(sets), width});
    value = draw.normal<T, 2>({offsets(sets), width});
    if (draw.size() % 2 == 1) query = draw.normal<T, 2>({sets, width});
  }
  rapt::AttentionPooling<T> layer;
  rapt::Tensor<rapt::Index, 1> offsets;
  rapt::Tensor<T, 2> key, value, query;
  rapt::AttentionPoolingInput<T> input() const { return {key, value, offsets, query}; }
};

}  // namespace

RAPT_TEST_LAYER("AttentionPooling", AttentionPoolingSample, "[attention][pooling]")

TEST_CASE("AttentionPooling gives the values worked out by hand", "[attention][pooling]") {
  rapt::AttentionPooling<double> layer;
  layer.seed = rapt::Tensor<double, 1>({1}, {1});
  // Set 0: scores log 1 and log 3, so weights 1/4 and 3/4; set 1 is empty; set 2 has one member.
  const rapt::Tensor<double, 2> key({3, 1}, {0, std::log(3.0), -50}), value({3, 1}, {8, 4, 7});
  const rapt::Tensor<rapt::Index, 1> offsets({4}, {0, 2, 2, 3});
  rapt::AttentionPooling<double>::Cache cache;

  const auto y = layer.forward({key, value, offsets, {}}, cache);

  CHECK(y(0, 0) == Catch::Approx(0.25 * 8 + 0.75 * 4));
  CHECK(y(1, 0) == 0);
  CHECK(y(2, 0) == Catch::Approx(7));
  CHECK(cache.weights(0, 0) == Catch::Approx(0.25));
  CHECK(cache.weights(0, 2) == Catch::Approx(1));
}

TEST_CASE("AttentionPooling weighs to 1 over each set and a set does not notice the others",
          "[attention][pooling][seed]") {  // seed defects 1, 2 and 8
  rapt_test::Draw draw(4);
  const rapt::AttentionPooling<double> layer(6, 3, draw.values);
  const auto key = draw.normal<double, 2>({9, 6}), value = draw.normal<double, 2>({9, 6});
  const auto dy = draw.normal<double, 2>({3, 6});
  const rapt::Tensor<rapt::Index, 1> offsets({4}, {0, 4, 4, 9});
  auto other_key = key, other_value = value, poisoned = value;
  other_key(6, 1) += 1;
  other_value(6, 1) += 1;
  for (rapt::Index e = 0; e < 6; ++e) poisoned(2, e) = std::numeric_limits<double>::quiet_NaN();
  rapt::AttentionPooling<double>::Cache plain, keyed, valued, next;
  layer.forward({key, value, offsets, {}}, plain);
  layer.forward({other_key, value, offsets, {}}, keyed);
  layer.forward({key, other_value, offsets, {}}, valued);
  layer.forward({key, poisoned, offsets, {}}, next);
  layer.backward(dy, plain, nullptr);
  layer.backward(dy, next, nullptr);

  for (rapt::Index h = 0; h < 3; ++h) {
    CHECK(plain.weights.matrix().row(h).head(4).sum() == Catch::Approx(1).epsilon(1e-12));
    CHECK(plain.weights.matrix().row(h).tail(5).sum() == Catch::Approx(1).epsilon(1e-12));
  }
  CHECK(rapt::testing::largest_difference(plain.weights, keyed.weights) > 1e-3);
  CHECK(rapt::testing::largest_difference(plain.weights, valued.weights) == 0);
  CHECK(rapt::testing::largest_difference(plain.y, valued.y) > 1e-3);
  for (rapt::Index n = 4; n < 9; ++n) {
    CHECK(rapt::testing::largest_difference(plain.d_key[n], next.d_key[n]) == 0);
    CHECK(rapt::testing::largest_difference(plain.d_value[n], next.d_value[n]) == 0);
  }
  CHECK(rapt::testing::largest_difference(plain.y[2], next.y[2]) == 0);
}

TEST_CASE("AttentionPooling has one seed number for each column", "[attention][pooling]") {
  rapt::RandomStream stream(1);
  CHECK(parameter_count(rapt::AttentionPooling<float>(12, 3, stream)) == 12);
}

TEST_CASE("AttentionPooling names what does not fit", "[attention][pooling][errors]") {
  rapt::RandomStream stream(1);
  const rapt::AttentionPooling<float> layer(4, 2, stream);
  rapt::AttentionPooling<float>::Cache cache;
  const rapt::Tensor<float, 2> key({3, 4}), narrow({3, 3}), query({1, 4});
  const rapt::Tensor<rapt::Index, 1> offsets({3}, {0, 1, 3}), falling({3}, {0, 4, 3});
  const auto message = [&](rapt::AttentionPoolingInput<float> x) {
    try {
      layer.forward(x, cache);
    } catch (const std::invalid_argument& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  CHECK(message({narrow, key, offsets, {}}) ==
        "AttentionPooling::forward: key has shape (3, 3), expected (*, 4)");
  CHECK(message({key, narrow, offsets, {}}) ==
        "AttentionPooling::forward: value has shape (3, 3), expected (3, 4)");
  CHECK(message({key, key, offsets, query}) ==
        "AttentionPooling::forward: query has shape (1, 4), expected (2, 4)");
  CHECK(message({key, key, falling, {}}) == "AttentionPooling::forward: offsets do not rise from 0 to 3");
  std::string setting;
  try {
    rapt::AttentionPooling<float>(5, 2, stream);
  } catch (const std::invalid_argument& error) {
    setting = error.what();
  }
  CHECK(setting == "AttentionPooling: width 5 is not a multiple of heads 2");
}

TEST_CASE("AttentionPooling agrees with the formula in PyTorch with and without queries",
          "[attention][pooling][golden]") {
  for (const bool asked : {false, true}) {
    const auto golden = rapt_test::layer_golden(asked ? "attention_pooling_query" : "attention_pooling");
    rapt::AttentionPooling<double> layer;
    layer.heads = asked ? 3 : 2;
    golden.load(layer, "layer.");
    auto gradient = zeros_like(layer);
    const auto key = golden.tensor<double, 2>("key"), value = golden.tensor<double, 2>("value"),
               dy = golden.tensor<double, 2>("dy");
    const auto offsets = golden.tensor<rapt::Index, 1>("offsets");
    rapt::Tensor<double, 2> query;
    if (asked) query = golden.tensor<double, 2>("query");
    rapt::AttentionPooling<double>::Cache cache;

    const auto y = layer.forward({key, value, offsets, query}, cache);
    const auto dx = layer.backward(dy, cache, &gradient);

    using rapt::testing::largest_difference;
    CHECK(largest_difference(y, golden.tensor<double, 2>("y")) < 1e-10);
    CHECK(largest_difference(dx.key, golden.tensor<double, 2>("dkey")) < 1e-10);
    CHECK(largest_difference(dx.value, golden.tensor<double, 2>("dvalue")) < 1e-10);
    if (asked) CHECK(largest_difference(dx.query, golden.tensor<double, 2>("dquery")) < 1e-10);
    rapt_test::check_parameter_gradients(golden, gradient);
  }
}
