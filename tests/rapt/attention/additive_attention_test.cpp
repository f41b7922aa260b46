#include <rapt/attention/additive_attention.hpp>

#include "rapt/attention/attention_data.hpp"
#include "support/catch.hpp"
#include "support/layer_properties.hpp"

#include <cmath>

namespace {

template <class T>
struct AdditiveAttentionSample {
  explicit AdditiveAttentionSample(rapt_test::Draw& draw)
      : layer(draw.positive(), draw.positive(), draw.size(), draw.values),
        data(draw, layer.query_weight.extent(1), layer.key_weight.extent(1), draw.size()) {}
  rapt::AdditiveAttention<T> layer;
  rapt_test::AttentionData<T> data;
  auto input() const { return data.input(); }
};

}  // namespace

RAPT_TEST_LAYER("AdditiveAttention", AdditiveAttentionSample, "[attention][additive]")

TEST_CASE("AdditiveAttention gives the values worked out by hand", "[attention][additive]") {
  rapt::AdditiveAttention<double> layer;
  layer.query_weight = rapt::Tensor<double, 2>({1, 1}, {2});
  layer.key_weight = rapt::Tensor<double, 2>({1, 1}, {-1});
  layer.score = rapt::Tensor<double, 1>({1}, {2 * std::log(3.0)});
  // scores 2 log 3 tanh(2 * 3 - k): tanh 0 = 0 and tanh(log(3) / 2) = 1/2, so weights 1/4 and 3/4
  const rapt::Tensor<double, 3> q({1, 1, 1}, {3}), k({1, 2, 1}, {6, 6 - std::log(3.0) / 2}),
      v({1, 2, 1}, {8, 4}), dy({1, 1, 1}, {1});
  rapt::AdditiveAttention<double>::Cache cache;
  auto gradient = zeros_like(layer);

  CHECK(layer.forward({q, k, v}, cache)(0, 0, 0) == Catch::Approx(5));
  const auto dx = layer.backward(dy, cache, &gradient);
  // ds = 3/4, -3/4; dv = sum ds tanh; dk_j = ds_j v (1 - tanh^2) (-1)
  CHECK(gradient.score(0) == Catch::Approx(-0.75 / 2));
  CHECK(dx.key(0, 0, 0) == Catch::Approx(-0.75 * 2 * std::log(3.0)));
  CHECK(dx.key(0, 1, 0) == Catch::Approx(0.75 * 2 * std::log(3.0) * 0.75));
}

TEST_CASE("AdditiveAttention agrees with PyTorch", "[attention][additive][golden]") {
  rapt_test::check_attention_golden("additive_attention", rapt::AdditiveAttention<double>{});
}

TEST_CASE("AdditiveAttention has two matrices and a vector of parameters", "[attention][additive]") {
  rapt::RandomStream stream(1);
  CHECK(parameter_count(rapt::AdditiveAttention<float>(5, 3, 7, stream)) == 7 * 5 + 7 * 3 + 7);
}

TEST_CASE("AdditiveAttention names what does not fit", "[attention][additive][errors]") {
  rapt::RandomStream stream(1);
  const rapt::AdditiveAttention<float> layer(4, 6, 3, stream);
  const rapt::Tensor<float, 3> q({2, 3, 4}), k({2, 5, 6}), dy({2, 3, 5});
  rapt::AdditiveAttention<float>::Cache cache;
  CHECK(rapt_test::attention_error([&] {
          layer.forward({k, k, k}, cache);
        }) == "AdditiveAttention::forward: query has shape (2, 5, 6), expected (*, *, 4)");
  CHECK(rapt_test::attention_error([&] {
          layer.forward({q, q, q}, cache);
        }) == "AdditiveAttention::forward: key has shape (2, 3, 4), expected (2, *, 6)");
  layer.forward({q, k, k}, cache);
  CHECK(rapt_test::attention_error([&] { layer.backward(dy, cache, nullptr); }) ==
        "AdditiveAttention::backward: dy has shape (2, 3, 5), expected (2, 3, 6)");
}
