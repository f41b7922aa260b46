#include <rapt/attention/attention_tangent.hpp>

#include <rapt/attention/multihead_attention.hpp>
#include <rapt/attention/scaled_dot_product_attention.hpp>
#include <rapt/attention/self_attention.hpp>
#include <rapt/attention/self_attention_2d.hpp>

#include "rapt/attention/attention_data.hpp"
#include "support/catch.hpp"
#include "support/draw.hpp"

#include <cmath>
#include <limits>
#include <string>

namespace {

using rapt::testing::Golden;
using rapt::testing::largest_difference;
using Sdpa = rapt::ScaledDotProductAttention<double>;

Golden tangent_golden(const std::string& name) {
  return Golden(RAPT_SOURCE_DIR "/tests/golden/" + name + "_tangent.txt");
}

rapt_test::AttentionData<double> three_of(const Golden& golden, const std::string& prefix) {
  rapt_test::AttentionData<double> data;
  data.query = golden.tensor<double, 3>(prefix + "query");
  data.key = golden.tensor<double, 3>(prefix + "key");
  data.value = golden.tensor<double, 3>(prefix + "value");
  return data;
}

template <class L>
void check_gradients(const Golden& golden, const L& gradient) {
  named_parameters(
      [&](std::string_view name, const auto& g) {
        using P = std::remove_cvref_t<decltype(g)>;
        if (g.size() == 0) return;
        INFO(name);
        const auto expected = golden.tensor<double, P::rank>("d." + std::string(name));
        CHECK(largest_difference(g, expected) < 1e-9);
      },
      gradient);
}

/// A layer of query, key and value against PyTorch's double backward.
template <class L>
void check_three(const std::string& name, L layer) {
  const auto golden = tangent_golden(name);
  golden.load(layer, "layer.");
  auto data = three_of(golden, "");
  const auto direction = three_of(golden, "direction.");
  if (golden.has("attn_mask")) data.attn_mask = golden.tensor<bool, 2>("attn_mask");
  if (golden.has("key_padding_mask")) data.key_padding_mask = golden.tensor<bool, 2>("key_padding_mask");
  const auto d_dy = golden.tensor<double, 3>("d_dy"), dy = golden.tensor<double, 3>("dy");
  L gradient = zeros_like(layer);
  typename L::Cache cache;
  layer.forward(data.input(), cache);
  CHECK(largest_difference(layer.forward_tangent(direction.input(), cache),
                           golden.tensor<double, 3>("y_tangent")) < 1e-9);
  const auto d = layer.backward_tangent(d_dy, dy, cache, &gradient);
  CHECK(largest_difference(d.input.query, golden.tensor<double, 3>("d.query")) < 1e-9);
  CHECK(largest_difference(d.input.key, golden.tensor<double, 3>("d.key")) < 1e-9);
  CHECK(largest_difference(d.input.value, golden.tensor<double, 3>("d.value")) < 1e-9);
  CHECK(largest_difference(d.tangent.query, golden.tensor<double, 3>("d.direction.query")) < 1e-9);
  CHECK(largest_difference(d.tangent.key, golden.tensor<double, 3>("d.direction.key")) < 1e-9);
  CHECK(largest_difference(d.tangent.value, golden.tensor<double, 3>("d.direction.value")) < 1e-9);
  check_gradients(golden, gradient);
}

/// A layer of one input.
template <class L>
void check_one(const std::string& name, L layer) {
  constexpr std::size_t rank = L::Input::rank;
  const auto golden = tangent_golden(name);
  golden.load(layer, "layer.");
  const auto x = golden.tensor<double, rank>("x"), direction = golden.tensor<double, rank>("direction.x");
  const auto d_dy = golden.tensor<double, rank>("d_dy"), dy = golden.tensor<double, rank>("dy");
  L gradient = zeros_like(layer);
  typename L::Cache cache;
  layer.forward(x, cache);
  CHECK(largest_difference(layer.forward_tangent(direction, cache),
                           golden.tensor<double, rank>("y_tangent")) < 1e-9);
  const auto d = layer.backward_tangent(d_dy, dy, cache, &gradient);
  CHECK(largest_difference(d.input, golden.tensor<double, rank>("d.x")) < 1e-9);
  CHECK(largest_difference(d.tangent, golden.tensor<double, rank>("d.direction.x")) < 1e-9);
  check_gradients(golden, gradient);
}

}  // namespace

TEST_CASE("The tangent of ScaledDotProductAttention agrees with double backward of PyTorch",
          "[attention][tangent][golden]") {
  check_three("scaled_dot_product_attention", Sdpa(0, 2));
}

TEST_CASE("The tangent of MultiheadAttention agrees with double backward of PyTorch",
          "[attention][tangent][golden]") {
  rapt::RandomStream stream(1);
  check_three("multihead_attention", rapt::MultiheadAttention<double>(4, 2, stream));
}

TEST_CASE("The tangent of SelfAttention agrees with double backward of PyTorch",
          "[attention][tangent][golden]") {
  rapt::RandomStream stream(1);
  rapt::SelfAttention<double> layer(4, 2, stream);
  layer.causal = true;
  check_one("self_attention", layer);
}

TEST_CASE("The tangent of SelfAttention2d agrees with double backward of PyTorch",
          "[attention][tangent][golden]") {
  rapt::RandomStream stream(1);
  check_one("self_attention_2d", rapt::SelfAttention2d<double>(8, stream, {.key_width = 2}));
}

TEST_CASE("The tangent of attention over two keys by hand", "[attention][tangent]") {
  // One query q = 1 of width 1, keys 0 and log 3, values 0 and 8: P = (1/4, 3/4), y = 6. In the direction
  // q' = 1: S' = (0, log 3), P' = 3/16 (-log 3, log 3), y' = 8 * 3/16 log 3. In the direction v' = (4, 0):
  // y' = 1. In the direction k' = (1, 0): P' = (3/16, -3/16), y' = -3/2.
  const rapt::Tensor<double, 3> q({1, 1, 1}, {1}), k({1, 2, 1}, {0, std::log(3.0)}), v({1, 2, 1}, {0, 8});
  const rapt::Tensor<double, 3> one({1, 1, 1}, {1}), k_dot({1, 2, 1}, {1, 0}), v_dot({1, 2, 1}, {4, 0});
  const Sdpa layer;
  Sdpa::Cache cache;
  CHECK(layer.forward({.query = q, .key = k, .value = v}, cache)(0, 0, 0) == Catch::Approx(6));
  CHECK(layer.forward_tangent({.query = one}, cache)(0, 0, 0) == Catch::Approx(1.5 * std::log(3.0)));
  CHECK(layer.forward_tangent({.key = k_dot}, cache)(0, 0, 0) == Catch::Approx(-1.5));
  CHECK(layer.forward_tangent({.value = v_dot}, cache)(0, 0, 0) == Catch::Approx(1));
  CHECK(layer.forward_tangent({.query = one, .key = k_dot, .value = v_dot}, cache)(0, 0, 0) ==
        Catch::Approx(1.5 * std::log(3.0) - 0.5));
  CHECK(layer.forward_tangent({}, cache)(0, 0, 0) == 0);
}

TEST_CASE("Parts of a direction that are absent stand for zeros", "[attention][tangent]") {
  rapt_test::Draw draw(7);
  const rapt::MultiheadAttention<double> layer(4, 2, draw.values, {.rotary = true});
  const auto x = draw.normal<double, 3>({2, 3, 4}), z = draw.normal<double, 3>({2, 5, 4});
  const auto direction = draw.normal<double, 3>({2, 3, 4}), d_dy = draw.normal<double, 3>({2, 3, 4});
  const rapt::Tensor<double, 3> zeros({2, 5, 4});
  const auto pass = [&](rapt::AttentionInput<double> dx) {
    rapt::MultiheadAttention<double>::Cache cache;
    auto gradient = zeros_like(layer);
    layer.forward({.query = x, .key = z, .value = z}, cache);
    std::vector<std::vector<double>> numbers{rapt_test::numbers(layer.forward_tangent(dx, cache))};
    const auto d = layer.backward_tangent(d_dy, {}, cache, &gradient);
    for (const auto& view :
         {d.tangent.query, d.tangent.key, d.tangent.value, d.input.query, d.input.key, d.input.value})
      numbers.push_back(rapt_test::numbers(view));
    zip_parameters([&](auto& g) { numbers.push_back(rapt_test::numbers(g)); }, gradient);
    return numbers;
  };
  const auto absent = pass({.query = direction});
  const auto given = pass({.query = direction, .key = zeros, .value = zeros});
  REQUIRE(absent.size() == given.size());
  for (std::size_t k = 0; k < absent.size(); ++k) {
    INFO(k);
    REQUIRE(absent[k].size() == given[k].size());
    for (std::size_t i = 0; i < absent[k].size(); ++i)
      CHECK(absent[k][i] == Catch::Approx(given[k][i]).margin(1e-14));
  }
}

TEST_CASE("The tangent of a query that sees no key is 0 and ignored keys may be NaN",
          "[attention][tangent][mask]") {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  rapt_test::Draw draw(3);
  const rapt::Index batch = 1, queries = 3, keys = 4, width = 2;
  auto q = draw.normal<double, 3>({batch, queries, width}), k = draw.normal<double, 3>({batch, keys, width});
  auto v = draw.normal<double, 3>({batch, keys, width});
  const auto dq = draw.normal<double, 3>({batch, queries, width});
  auto dk = draw.normal<double, 3>({batch, keys, width}), dv = draw.normal<double, 3>({batch, keys, width});
  for (rapt::Index e = 0; e < width; ++e) k(0, 3, e) = v(0, 3, e) = dk(0, 3, e) = dv(0, 3, e) = nan;
  const rapt::Tensor<bool, 2> padding({batch, keys}, {false, false, false, true});
  const rapt::Tensor<bool, 2> mask(
      {queries, keys}, {false, true, false, false, true, true, true, true, false, false, false, false});
  const auto d_dy = draw.normal<double, 3>({batch, queries, width});
  const Sdpa layer;
  Sdpa::Cache cache;
  layer.forward({.query = q, .key = k, .value = v, .key_padding_mask = padding, .attn_mask = mask}, cache);
  const auto y = layer.forward_tangent({.query = dq, .key = dk, .value = dv}, cache);
  const auto d = layer.backward_tangent(d_dy, d_dy, cache, nullptr);
  for (const double number : y) CHECK(std::isfinite(number));
  for (const auto& view :
       {d.tangent.query, d.tangent.key, d.tangent.value, d.input.query, d.input.key, d.input.value}) {
    for (const double number : view) CHECK(std::isfinite(number));
  }
  for (rapt::Index e = 0; e < width; ++e) {
    CHECK(y(0, 1, e) == 0);
    CHECK(d.tangent.query(0, 1, e) == 0);
    CHECK(d.input.query(0, 1, e) == 0);
    CHECK(d.tangent.value(0, 3, e) == 0);
    CHECK(d.input.key(0, 3, e) == 0);
    CHECK(y(0, 0, e) != 0);
  }
}

TEST_CASE("A tangent leaves the streamed pass of attention as it is", "[attention][tangent]") {
  rapt_test::Draw draw(9);
  const rapt::MultiheadAttention<float> layer(8, 2, draw.values);
  const auto x = draw.normal<float, 3>({2, 9, 8}), dy = draw.normal<float, 3>({2, 9, 8});
  rapt::MultiheadAttention<float>::Cache cache, plain;
  layer.forward({.query = x, .key = x, .value = x}, plain);
  const auto expected = layer.backward_self(dy, plain, nullptr);
  layer.forward({.query = x, .key = x, .value = x}, cache);
  layer.forward_tangent({.query = dy, .key = dy, .value = dy}, cache);
  layer.backward_tangent_self(dy, dy, cache, nullptr);
  CHECK(largest_difference(layer.backward_self(dy, cache, nullptr), expected) == 0);
  CHECK(cache.probabilities.size() == 0);
}

TEST_CASE("Tangents of attention name what does not fit", "[attention][tangent][errors]") {
  using rapt_test::attention_error;
  rapt::RandomStream stream(1);
  const rapt::Tensor<double, 3> x({2, 3, 4}), wrong({2, 4, 4});
  const Sdpa sdpa;
  Sdpa::Cache cache;
  sdpa.forward({.query = x, .key = x, .value = x}, cache);
  CHECK(attention_error([&] { sdpa.forward_tangent({.query = x, .key = wrong, .value = x}, cache); }) ==
        "ScaledDotProductAttention::forward_tangent: key has shape (2, 4, 4), expected (2, 3, 4)");
  sdpa.forward_tangent({.query = x, .key = x, .value = x}, cache);
  CHECK(attention_error([&] { sdpa.backward_tangent(wrong, {}, cache, nullptr); }) ==
        "ScaledDotProductAttention::backward_tangent: d_dy has shape (2, 4, 4), expected (2, 3, 4)");
  const rapt::SelfAttention<double> own(4, 2, stream);
  rapt::SelfAttention<double>::Cache own_cache;
  own.forward(x, own_cache);
  own.forward_tangent(x, own_cache);
  CHECK(attention_error([&] { own.forward_tangent(wrong, own_cache); }) ==
        "SelfAttention::forward_tangent: dx has shape (2, 4, 4), expected (2, 3, 4)");
  CHECK(attention_error([&] { own.backward_tangent({}, wrong, own_cache, nullptr); }) ==
        "SelfAttention::backward_tangent: dy has shape (2, 4, 4), expected (2, 3, 4)");
  const rapt::SelfAttention2d<double> image(4, stream);
  rapt::SelfAttention2d<double>::Cache image_cache;
  const rapt::Tensor<double, 4> good({1, 4, 2, 2}), tall({1, 4, 3, 2});
  image.forward(good, image_cache);
  image.forward_tangent(good, image_cache);
  CHECK(attention_error([&] { image.forward_tangent(tall, image_cache); }) ==
        "SelfAttention2d::forward_tangent: dx has shape (1, 4, 3, 2), expected (1, 4, 2, 2)");
  CHECK(attention_error([&] { image.backward_tangent(tall, {}, image_cache, nullptr); }) ==
        "SelfAttention2d::backward_tangent: d_dy has shape (1, 4, 3, 2), expected (1, 4, 2, 2)");
}
