#include <rapt/attention/location_attention.hpp>

#include "rapt/attention/attention_data.hpp"
#include "support/catch.hpp"
#include "support/layer_properties.hpp"

#include <cmath>

namespace {

template <class T>
struct LocationAttentionSample {
  explicit LocationAttentionSample(rapt_test::Draw& draw)
      : layer(draw.positive(), 17, draw.values),
        data(draw, layer.weight.extent(1), draw.size(), draw.size()) {}
  rapt::LocationAttention<T> layer;
  rapt_test::AttentionData<T> data;
  auto input() const { return data.input(); }
};

}  // namespace

RAPT_TEST_LAYER("LocationAttention", LocationAttentionSample, "[attention][location]")

TEST_CASE("LocationAttention gives the values worked out by hand", "[attention][location]") {
  rapt::LocationAttention<double> layer;
  layer.weight =
      rapt::Tensor<double, 2>({3, 1}, {0, std::log(3.0), 100});  // the third row is beyond the keys
  const rapt::Tensor<double, 3> q({1, 2, 1}, {1, 0}), k({1, 2, 5}), v({1, 2, 1}, {8, 4});
  rapt::LocationAttention<double>::Cache cache;

  const auto y = layer.forward({q, k, v}, cache);

  CHECK(y(0, 0, 0) == Catch::Approx(5));
  CHECK(y(0, 1, 0) == Catch::Approx(6));
}

TEST_CASE("LocationAttention agrees with PyTorch", "[attention][location][golden]") {
  rapt_test::check_attention_golden("location_attention", rapt::LocationAttention<double>{});
}

TEST_CASE("LocationAttention has one row of parameters for each position", "[attention][location]") {
  rapt::RandomStream stream(1);
  CHECK(parameter_count(rapt::LocationAttention<float>(5, 12, stream)) == 12 * 5);
}

TEST_CASE("LocationAttention names what does not fit", "[attention][location][errors]") {
  rapt::RandomStream stream(1);
  const rapt::LocationAttention<float> layer(4, 5, stream);
  const rapt::Tensor<float, 3> q({2, 3, 4}), k({2, 5, 6}), longer({2, 6, 6}), dy({2, 3, 5});
  rapt::LocationAttention<float>::Cache cache;
  CHECK(rapt_test::attention_error([&] {
          layer.forward({k, k, k}, cache);
        }) == "LocationAttention::forward: query has shape (2, 5, 6), expected (*, *, 4)");
  CHECK(rapt_test::attention_error([&] {
          layer.forward({q, longer, longer}, cache);
        }) == "LocationAttention::forward: key has shape (2, 6, 6), expected (*, at most 5, *)");
  layer.forward({q, k, k}, cache);
  CHECK(rapt_test::attention_error([&] { layer.backward(dy, cache, nullptr); }) ==
        "LocationAttention::backward: dy has shape (2, 3, 5), expected (2, 3, 6)");
}
