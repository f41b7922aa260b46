#include <rapt/attention/general_attention.hpp>

#include "rapt/attention/attention_data.hpp"
#include "support/catch.hpp"
#include "support/layer_properties.hpp"

#include <cmath>

namespace {

template <class T>
struct GeneralAttentionSample {
  explicit GeneralAttentionSample(rapt_test::Draw& draw)
      : layer(draw.size(), draw.positive(), draw.values),
        data(draw, layer.weight.extent(0), layer.weight.extent(1), draw.size()) {}
  rapt::GeneralAttention<T> layer;
  rapt_test::AttentionData<T> data;
  auto input() const { return data.input(); }
};

}  // namespace

RAPT_TEST_LAYER("GeneralAttention", GeneralAttentionSample, "[attention][general]")

TEST_CASE("GeneralAttention gives the values worked out by hand", "[attention][general]") {
  rapt::GeneralAttention<double> layer;
  layer.weight = rapt::Tensor<double, 2>({1, 2}, {3, -1});
  // scores 2 * (3 a - b) = 0 and log 3
  const rapt::Tensor<double, 3> q({1, 1, 1}, {2}), k({1, 2, 2}, {1, 3, 0, -std::log(3.0) / 2}),
      v({1, 2, 1}, {8, 4}), dy({1, 1, 1}, {1});
  rapt::GeneralAttention<double>::Cache cache;
  auto gradient = zeros_like(layer);

  CHECK(layer.forward({q, k, v}, cache)(0, 0, 0) == Catch::Approx(5));
  layer.backward(dy, cache, &gradient);
  // ds = 3/4, -3/4;  dW = sum_j ds_j q k_j^T
  CHECK(gradient.weight(0, 0) == Catch::Approx(0.75 * 2 * 1));
  CHECK(gradient.weight(0, 1) == Catch::Approx(0.75 * 2 * 3 + 0.75 * std::log(3.0)));
}

TEST_CASE("GeneralAttention agrees with PyTorch", "[attention][general][golden]") {
  rapt_test::check_attention_golden("general_attention", rapt::GeneralAttention<double>{});
}

TEST_CASE("GeneralAttention has one matrix of parameters", "[attention][general]") {
  rapt::RandomStream stream(1);
  CHECK(parameter_count(rapt::GeneralAttention<float>(5, 3, stream)) == 5 * 3);
}

TEST_CASE("GeneralAttention names what does not fit", "[attention][general][errors]") {
  rapt::RandomStream stream(1);
  const rapt::GeneralAttention<float> layer(4, 6, stream);
  const rapt::Tensor<float, 3> q({2, 3, 4}), k({2, 5, 6}), dy({2, 3, 5});
  rapt::GeneralAttention<float>::Cache cache;
  CHECK(rapt_test::attention_error([&] {
          layer.forward({k, k, k}, cache);
        }) == "GeneralAttention::forward: query has shape (2, 5, 6), expected (*, *, 4)");
  CHECK(rapt_test::attention_error([&] {
          layer.forward({q, q, q}, cache);
        }) == "GeneralAttention::forward: key has shape (2, 3, 4), expected (2, *, 6)");
  layer.forward({q, k, k}, cache);
  CHECK(rapt_test::attention_error([&] { layer.backward(dy, cache, nullptr); }) ==
        "GeneralAttention::backward: dy has shape (2, 3, 5), expected (2, 3, 6)");
}
