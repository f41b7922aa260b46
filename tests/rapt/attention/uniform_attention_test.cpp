#include <rapt/attention/uniform_attention.hpp>

#include "rapt/attention/attention_data.hpp"
#include "support/catch.hpp"
#include "support/layer_properties.hpp"

namespace {

template <class T>
struct UniformAttentionSample {
  explicit UniformAttentionSample(rapt_test::Draw& draw)
      : data(draw, draw.size(), draw.size(), draw.size()) {}
  rapt::UniformAttention<T> layer;
  rapt_test::AttentionData<T> data;
  auto input() const { return data.input(); }
};

}  // namespace

RAPT_TEST_LAYER("UniformAttention", UniformAttentionSample, "[attention][uniform]")

TEST_CASE("UniformAttention gives the averages worked out by hand", "[attention][uniform]") {
  const rapt::UniformAttention<double> layer;
  const rapt::Tensor<double, 3> q({1, 3, 1}), k({1, 3, 1}), v({1, 3, 2}, {1, 10, 3, 20, 8, 90});
  rapt::UniformAttention<double>::Cache cache;
  using V = std::vector<double>;

  CHECK(rapt_test::numbers(layer.forward({q, k, v}, cache)) == V{4, 40, 4, 40, 4, 40});
  CHECK(rapt_test::numbers(layer.forward({.query = q, .key = k, .value = v, .causal = true}, cache)) ==
        V{1, 10, 2, 15, 4, 40});
}

TEST_CASE("UniformAttention agrees with PyTorch", "[attention][uniform][golden]") {
  rapt_test::check_attention_golden("uniform_attention", rapt::UniformAttention<double>{});
}

TEST_CASE("UniformAttention has no parameters", "[attention][uniform]") {
  CHECK(parameter_count(rapt::UniformAttention<float>{}) == 0);
}

TEST_CASE("UniformAttention names what does not fit", "[attention][uniform][errors]") {
  const rapt::UniformAttention<float> layer;
  const rapt::Tensor<float, 3> q({2, 3, 4}), k({1, 5, 6}), v({2, 5, 7}), dy({2, 3, 6});
  rapt::UniformAttention<float>::Cache cache;
  CHECK(rapt_test::attention_error([&] {
          layer.forward({q, k, v}, cache);
        }) == "UniformAttention::forward: key has shape (1, 5, 6), expected (2, *, *)");
  layer.forward({q, v, v}, cache);
  CHECK(rapt_test::attention_error([&] { layer.backward(dy, cache, nullptr); }) ==
        "UniformAttention::backward: dy has shape (2, 3, 6), expected (2, 3, 7)");
}
