#include <rapt/attention/additive_attention.hpp>
#include <rapt/attention/concat_attention.hpp>

#include "rapt/attention/attention_data.hpp"
#include "support/catch.hpp"
#include "support/layer_properties.hpp"

namespace {

template <class T>
struct ConcatAttentionSample {
  explicit ConcatAttentionSample(rapt_test::Draw& draw)
      : layer(draw.size(), draw.positive(), draw.size(), draw.values),
        data(draw, layer.query_width, layer.weight.extent(1) - layer.query_width, draw.size()) {}
  rapt::ConcatAttention<T> layer;
  rapt_test::AttentionData<T> data;
  auto input() const { return data.input(); }
};

}  // namespace

RAPT_TEST_LAYER("ConcatAttention", ConcatAttentionSample, "[attention][concat]")

TEST_CASE("ConcatAttention is additive attention with both matrices side by side", "[attention][concat]") {
  rapt_test::Draw draw(2);
  rapt::AdditiveAttention<double> additive(1, 2, 1, draw.values);
  additive.query_weight = rapt::Tensor<double, 2>({1, 1}, {2});
  additive.key_weight = rapt::Tensor<double, 2>({1, 2}, {-1, 3});
  additive.score = rapt::Tensor<double, 1>({1}, {0.5});
  rapt::ConcatAttention<double> concat;
  concat.weight = rapt::Tensor<double, 2>({1, 3}, {2, -1, 3});
  concat.score = additive.score;
  concat.query_width = 1;
  const rapt_test::AttentionData<double> data(draw, 1, 2, 3);
  REQUIRE(data.query.size() * data.key.size() != 0);
  rapt::AdditiveAttention<double>::Cache expected;
  rapt::ConcatAttention<double>::Cache cache;
  CHECK(rapt_test::numbers(concat.forward(data.input(), cache)) ==
        rapt_test::numbers(additive.forward(data.input(), expected)));
}

TEST_CASE("ConcatAttention gives the values worked out by hand", "[attention][concat]") {
  rapt::ConcatAttention<double> layer;
  layer.weight = rapt::Tensor<double, 2>({1, 2}, {2, -1});
  layer.score = rapt::Tensor<double, 1>({1}, {2 * std::log(3.0)});
  layer.query_width = 1;
  // scores 2 log 3 tanh(2 * 3 - k): 0 and log 3
  const rapt::Tensor<double, 3> q({1, 1, 1}, {3}), k({1, 2, 1}, {6, 6 - std::log(3.0) / 2}),
      v({1, 2, 1}, {8, 4});
  rapt::ConcatAttention<double>::Cache cache;
  CHECK(layer.forward({q, k, v}, cache)(0, 0, 0) == Catch::Approx(5));
}

TEST_CASE("ConcatAttention agrees with PyTorch", "[attention][concat][golden]") {
  rapt::ConcatAttention<double> layer;
  layer.query_width = 3;
  rapt_test::check_attention_golden("concat_attention", layer);
}

TEST_CASE("ConcatAttention has one matrix and a vector of parameters", "[attention][concat]") {
  rapt::RandomStream stream(1);
  CHECK(parameter_count(rapt::ConcatAttention<float>(5, 3, 7, stream)) == 7 * (5 + 3) + 7);
}

TEST_CASE("ConcatAttention names what does not fit", "[attention][concat][errors]") {
  rapt::RandomStream stream(1);
  const rapt::ConcatAttention<float> layer(4, 6, 3, stream);
  const rapt::Tensor<float, 3> q({2, 3, 4}), k({2, 5, 6}), dy({2, 3, 5});
  rapt::ConcatAttention<float>::Cache cache;
  CHECK(rapt_test::attention_error([&] {
          layer.forward({k, k, k}, cache);
        }) == "ConcatAttention::forward: query has shape (2, 5, 6), expected (*, *, 4)");
  CHECK(rapt_test::attention_error([&] {
          layer.forward({q, q, q}, cache);
        }) == "ConcatAttention::forward: key has shape (2, 3, 4), expected (2, *, 6)");
  layer.forward({q, k, k}, cache);
  CHECK(rapt_test::attention_error([&] { layer.backward(dy, cache, nullptr); }) ==
        "ConcatAttention::backward: dy has shape (2, 3, 5), expected (2, 3, 6)");
}
