#include <rapt/attention/dot_attention.hpp>

#include "rapt/attention/attention_data.hpp"
#include "support/catch.hpp"
#include "support/layer_properties.hpp"

#include <cmath>

namespace {

template <class T>
struct DotAttentionSample {
  explicit DotAttentionSample(rapt_test::Draw& draw) : DotAttentionSample(draw, draw.size()) {}
  DotAttentionSample(rapt_test::Draw& draw, rapt::Index width) : data(draw, width, width, draw.size()) {}
  rapt::DotAttention<T> layer;
  rapt_test::AttentionData<T> data;
  auto input() const { return data.input(); }
};

}  // namespace

RAPT_TEST_LAYER("DotAttention", DotAttentionSample, "[attention][dot]")

TEST_CASE("DotAttention gives the values worked out by hand", "[attention][dot]") {
  const rapt::DotAttention<double> layer;
  // scores 0 and log 3, so weights 1/4 and 3/4
  const rapt::Tensor<double, 3> q({1, 1, 2}, {1, 2}), k({1, 2, 2}, {2, -1, std::log(3.0), 0}),
      v({1, 2, 1}, {8, 4}), dy({1, 1, 1}, {1});
  rapt::DotAttention<double>::Cache cache;

  const auto y =
      layer.forward({.query = q, .key = k, .value = v, .need_weights = rapt::NeedWeights::averaged}, cache);

  CHECK(y(0, 0, 0) == Catch::Approx(5));
  CHECK(cache.weights()(0, 0, 0) == Catch::Approx(0.25));
  CHECK(cache.weights()(0, 0, 1) == Catch::Approx(0.75));
  // ds = p (dp - p . dp) = 1/4 * (8 - 5), 3/4 * (4 - 5);  dk_j = ds_j q;  dv_j = p_j
  const auto dx = layer.backward(dy, cache, nullptr);
  CHECK(dx.key(0, 0, 1) == Catch::Approx(1.5));
  CHECK(dx.key(0, 1, 0) == Catch::Approx(-0.75));
  CHECK(dx.query(0, 0, 1) == Catch::Approx(-0.75));
  CHECK(dx.value(0, 1, 0) == Catch::Approx(0.75));
}

TEST_CASE("DotAttention agrees with PyTorch", "[attention][dot][golden]") {
  rapt_test::check_attention_golden("dot_attention", rapt::DotAttention<double>{});
}

TEST_CASE("DotAttention has no parameters", "[attention][dot]") {
  CHECK(parameter_count(rapt::DotAttention<float>{}) == 0);
}

TEST_CASE("DotAttention names what does not fit", "[attention][dot][errors]") {
  const rapt::DotAttention<float> layer;
  const rapt::Tensor<float, 3> q({2, 3, 4}), k({2, 5, 6}), good({2, 5, 4}), dy({2, 3, 6});
  rapt::DotAttention<float>::Cache cache;
  CHECK(rapt_test::attention_error([&] {
          layer.forward({q, k, k}, cache);
        }) == "DotAttention::forward: key has shape (2, 5, 6), expected (2, *, 4)");
  layer.forward({q, good, good}, cache);
  CHECK(rapt_test::attention_error([&] { layer.backward(dy, cache, nullptr); }) ==
        "DotAttention::backward: dy has shape (2, 3, 6), expected (2, 3, 4)");
}
