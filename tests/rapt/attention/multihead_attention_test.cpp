#include <rapt/attention/multihead_attention.hpp>
#include <rapt/attention/scaled_dot_product_attention.hpp>

#include "rapt/attention/attention_data.hpp"
#include "support/catch.hpp"
#include "support/layer_properties.hpp"
#include "support/tangent_properties.hpp"

#include <cmath>

namespace {

template <class T>
struct MultiheadAttentionSample {
  explicit MultiheadAttentionSample(rapt_test::Draw& draw) {
    const rapt::Index key_heads = draw.pick(std::array<rapt::Index, 3>{1, 2, 3});
    const rapt::Index heads = key_heads * draw.pick(std::array<rapt::Index, 4>{1, 1, 2, 3});
    const rapt::Index head = draw.small(), width = heads * head;
    const auto yes = [&] { return draw.pick(std::array<rapt::Index, 2>{0, 1}) == 1; };
    rapt::MultiheadAttentionOptions options;
    if (yes()) options.dropout = 0.3;
    if (yes()) options.bias = rapt::Bias::no;
    if (yes()) {
      options.key_width = draw.small();
      options.value_width = draw.small();
    }
    options.key_value_heads = key_heads;
    options.rotary = head % 2 == 0;
    if (yes()) options.rotary_positions.pairs = rapt::RotaryPairs::halves;
    layer = rapt::MultiheadAttention<T>(width, heads, draw.values, options);
    for (T& b : layer.in_proj_bias) b = rapt::normal<T>(draw.values);
    data = {draw, width, layer.key_width(), layer.value_width(), heads};
    if (draw.small() == 1) need_weights = rapt::NeedWeights::averaged;  // the path that keeps them
  }
  rapt::NeedWeights need_weights = rapt::NeedWeights::none;
  rapt::MultiheadAttention<T> layer;
  rapt_test::AttentionData<T> data;
  auto input() const { return data.input(need_weights); }
};

// Two heads of width 1 with unit projections: head h sees column h of everything.
rapt::MultiheadAttention<double> multihead_of_units() {
  rapt::MultiheadAttention<double> layer;
  layer.in_proj_weight = rapt::Tensor<double, 2>({6, 2}, {1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1});
  layer.in_proj_bias = rapt::Tensor<double, 1>({6});
  layer.out_proj.weight = rapt::Tensor<double, 2>({2, 2}, {1, 0, 0, 1});
  layer.out_proj.bias = rapt::Tensor<double, 1>({2}, {100, 200});
  layer.heads = 2;
  return layer;
}

}  // namespace

RAPT_TEST_LAYER("MultiheadAttention", MultiheadAttentionSample, "[attention][multihead]")
RAPT_TEST_TANGENT("MultiheadAttention", MultiheadAttentionSample, "[attention][multihead]")

TEST_CASE("MultiheadAttention gives the values worked out by hand", "[attention][multihead]") {
  const auto layer = multihead_of_units();
  // head 0: scores 0 and log 3; head 1: equal scores
  const rapt::Tensor<double, 3> q({1, 1, 2}, {1, 0}), k({1, 2, 2}, {0, 7, std::log(3.0), 9}),
      v({1, 2, 2}, {8, 10, 4, 20});
  rapt::MultiheadAttention<double>::Cache cache;

  const auto y =
      layer.forward({.query = q, .key = k, .value = v, .need_weights = rapt::NeedWeights::per_head}, cache);

  CHECK(y(0, 0, 0) == Catch::Approx(105));
  CHECK(y(0, 0, 1) == Catch::Approx(215));
  const auto w = cache.weights_per_head();
  CHECK(w.shape() == rapt::Shape<4>{1, 2, 1, 2});
  CHECK(w(0, 0, 0, 0) == Catch::Approx(0.25));
  CHECK(w(0, 0, 0, 1) == Catch::Approx(0.75));
  CHECK(w(0, 1, 0, 0) == Catch::Approx(0.5));
}

TEST_CASE("MultiheadAttention returns weights only as asked", "[attention][multihead]") {
  const auto layer = multihead_of_units();
  const rapt::Tensor<double, 3> q({1, 1, 2}, {1, 0}), k({1, 2, 2}, {0, 7, std::log(3.0), 9});
  rapt::MultiheadAttention<double>::Cache cache;
  rapt::AttentionInput<double> x{q, k, k};

  layer.forward(x, cache);
  CHECK(cache.weights().absent());
  CHECK(cache.weights_per_head().absent());
  x.need_weights = rapt::NeedWeights::averaged;
  layer.forward(x, cache);
  CHECK(cache.weights_per_head().absent());
  CHECK(cache.weights()(0, 0, 0) == Catch::Approx(0.375));
  CHECK(cache.weights()(0, 0, 1) == Catch::Approx(0.625));
}

TEST_CASE("A query of MultiheadAttention that sees no key gives the output bias", "[attention][multihead]") {
  const auto layer = multihead_of_units();
  const rapt::Tensor<double, 3> q({1, 1, 2}, {1, 0}), k({1, 2, 2}), dy({1, 1, 2}, {1, 1});
  const rapt::Tensor<bool, 2> padding({1, 2}, {true, true});
  rapt::MultiheadAttention<double>::Cache cache;
  auto gradient = zeros_like(layer);

  const auto y = layer.forward({.query = q, .key = k, .value = k, .key_padding_mask = padding}, cache);
  layer.backward(dy, cache, &gradient);

  CHECK(rapt_test::numbers(y) == std::vector<double>{100, 200});
  for (const double g : gradient.in_proj_weight) CHECK(g == 0);
  CHECK(gradient.out_proj.bias(1) == 1);
}

TEST_CASE("Padding of keys changes nothing in MultiheadAttention be it NaN", "[attention][multihead][mask]") {
  rapt_test::Draw draw(2);
  const rapt::MultiheadAttention<double> layer(6, 2, draw.values);
  const auto q = draw.normal<double, 3>({1, 3, 6}), dy = draw.normal<double, 3>({1, 3, 6});
  auto k = draw.normal<double, 3>({1, 4, 6}), v = draw.normal<double, 3>({1, 4, 6});
  const rapt::Tensor<bool, 2> padding({1, 4}, {false, true, false, true});
  // the same two keys without their padding
  rapt::Tensor<double, 3> short_k({1, 2, 6}), short_v({1, 2, 6});
  for (const rapt::Index j : {0, 1}) {
    short_k[0].matrix().row(j) = k[0].matrix().row(2 * j);
    short_v[0].matrix().row(j) = v[0].matrix().row(2 * j);
  }
  for (const rapt::Index j : {1, 3}) {
    k[0].matrix().row(j).setConstant(std::nan(""));
    v[0].matrix().row(j).setConstant(std::nan(""));
  }
  rapt::MultiheadAttention<double>::Cache cache, short_cache;
  auto gradient = zeros_like(layer), expected = gradient;

  const auto y = layer.forward({.query = q, .key = k, .value = v, .key_padding_mask = padding}, cache);
  const auto short_y = layer.forward({q, short_k, short_v}, short_cache);
  const auto dx = layer.backward(dy, cache, &gradient);
  const auto short_dx = layer.backward(dy, short_cache, &expected);

  using rapt::testing::largest_difference;
  CHECK(largest_difference(y, short_y) < 1e-12);
  CHECK(largest_difference(dx.query, short_dx.query) < 1e-12);
  zip_parameters([](auto& g, auto& e) { CHECK(largest_difference(g, e) < 1e-12); }, gradient, expected);
  for (rapt::Index e = 0; e < 6; ++e) {
    CHECK(dx.key(0, 1, e) == 0);
    CHECK(dx.value(0, 3, e) == 0);
    CHECK(dx.key(0, 2, e) == Catch::Approx(short_dx.key(0, 1, e)));
  }
}

TEST_CASE("MultiheadAttention agrees with PyTorch under every mask at once",
          "[attention][multihead][golden]") {
  rapt::MultiheadAttention<double> layer;
  layer.heads = 2;
  rapt_test::check_attention_golden("multihead_attention", layer);
}

TEST_CASE("MultiheadAttention agrees with PyTorch where key and value have widths of their own",
          "[attention][multihead][golden]") {
  rapt::MultiheadAttention<double> layer;
  layer.heads = 3;
  rapt_test::check_attention_golden("multihead_attention_widths", layer, rapt::NeedWeights::per_head);
}

TEST_CASE("MultiheadAttention over fewer heads of keys and values agrees with PyTorch",
          "[attention][multihead][golden]") {
  rapt::RandomStream stream(1);
  rapt_test::check_attention_golden("multihead_attention_grouped",
                                    rapt::MultiheadAttention<double>(8, 4, stream, {.key_value_heads = 2}));
}

TEST_CASE("MultiheadAttention with rotary positions agrees with PyTorch", "[attention][multihead][golden]") {
  rapt::RandomStream stream(1);
  rapt_test::check_attention_golden(
      "multihead_attention_rotary",
      rapt::MultiheadAttention<double>(8, 2, stream, {.key_value_heads = 1, .rotary = true}));
  rapt_test::check_attention_golden(
      "multihead_attention_rotary_halves",
      rapt::MultiheadAttention<double>(
          12, 2, stream,
          {.rotary = true,
           .rotary_positions = {
               .base = 100, .pairs = rapt::RotaryPairs::halves, .rotary_width = 4, .first_position = 3}}));
}

TEST_CASE("Rotary positions of MultiheadAttention are those of RotaryPositions", "[attention][multihead]") {
  rapt_test::Draw draw(8);
  // Unit projections: the heads see what RotaryPositions gives.
  auto layer = multihead_of_units();
  const rapt::Index e = 4;
  layer.in_proj_weight = rapt::Tensor<double, 2>({3 * e, e});
  for (rapt::Index row = 0; row < 3 * e; ++row) layer.in_proj_weight(row, row % e) = 1;
  layer.in_proj_bias = {};
  layer.out_proj.weight = rapt::Tensor<double, 2>({e, e});
  for (rapt::Index row = 0; row < e; ++row) layer.out_proj.weight(row, row) = 1;
  layer.out_proj.bias = rapt::Tensor<double, 1>({e});
  layer.rotary = rapt::RotaryPositions<double>(e, 2);
  const auto x = draw.normal<double, 3>({2, 5, e}), v = draw.normal<double, 3>({2, 5, e});
  rapt::RotaryPositions<double>::Cache turned;
  rapt::ScaledDotProductAttention<double>::Cache plain;
  rapt::MultiheadAttention<double>::Cache cache;
  const auto z = layer.rotary.forward(x, turned);
  const auto expected = rapt::ScaledDotProductAttention<double>(0, 2).forward({z, z, v}, plain);
  CHECK(rapt::testing::largest_difference(layer.forward({x, x, v}, cache), expected) < 1e-14);
}

TEST_CASE("MultiheadAttention over fewer heads of keys and values has fewer parameters",
          "[attention][multihead]") {
  rapt::RandomStream stream(1);
  const rapt::Index e = 12, heads = 6, d = e / heads;
  for (const rapt::Index shared : {1, 2, 3, 6}) {
    const rapt::MultiheadAttention<float> layer(e, heads, stream, {.key_value_heads = shared});
    const rapt::Index k = shared * d;
    CHECK(parameter_count(layer) == 2 * e * e + 2 * k * e + 2 * e + 2 * k);
    const rapt::MultiheadAttention<float> wide(e, heads, stream,
                                               {.key_width = 5, .value_width = 7, .key_value_heads = shared});
    CHECK(parameter_count(wide) == 2 * e * e + k * (5 + 7) + 2 * e + 2 * k);
  }
}

TEST_CASE("The gradient of MultiheadAttention of x to itself is the sum of three", "[attention][multihead]") {
  rapt_test::Draw draw(9);
  const rapt::MultiheadAttention<double> layer(12, 6, draw.values, {.key_value_heads = 2, .rotary = true});
  const auto x = draw.normal<double, 3>({2, 5, 12}), dy = draw.normal<double, 3>({2, 5, 12});
  const auto other = draw.normal<double, 3>({2, 4, 12});
  rapt::MultiheadAttention<double>::Cache cache, self_cache;
  auto gradient = zeros_like(layer), self_gradient = gradient;
  const rapt::AttentionInput<double> input{.query = x, .key = x, .value = x, .causal = true};
  layer.forward(input, cache);
  layer.forward(input, self_cache);
  const auto dx = layer.backward(dy, cache, &gradient);
  const auto sum = layer.backward_self(dy, self_cache, &self_gradient);
  const Eigen::MatrixXd expected = dx.query.matrix() + dx.key.matrix() + dx.value.matrix();
  CHECK((sum.matrix() - expected).cwiseAbs().maxCoeff() < 1e-13);
  zip_parameters([](auto& a, auto& b) { CHECK(rapt::testing::largest_difference(a, b) == 0); }, gradient,
                 self_gradient);
  CHECK(layer.backward_self(dy, self_cache, nullptr, rapt::InputGradient::skip).absent());

  layer.forward({.query = x, .key = other, .value = other}, cache);
  CHECK(rapt_test::attention_error([&] { layer.backward_self(dy, cache, nullptr); }) ==
        "MultiheadAttention::backward_self: key has shape (2, 4, 12), expected (2, 5, 12)");
  CHECK(rapt_test::attention_error([&] { layer.backward_self(other, cache, nullptr); }) ==
        "MultiheadAttention::backward_self: dy has shape (2, 4, 12), expected (2, 5, 12)");
}

TEST_CASE("MultiheadAttention has the parameters of PyTorch", "[attention][multihead]") {
  rapt::RandomStream stream(1);
  const rapt::Index e = 6;
  CHECK(parameter_count(rapt::MultiheadAttention<float>(e, 2, stream)) == 4 * e * e + 4 * e);
  const rapt::MultiheadAttentionOptions options{.bias = rapt::Bias::no, .key_width = 5, .value_width = 7};
  CHECK(parameter_count(rapt::MultiheadAttention<float>(e, 2, stream, options)) == 2 * e * e + e * 5 + e * 7);
  std::vector<std::string> names;
  rapt::MultiheadAttention<float> layer(e, 2, stream);
  named_parameters(
      [&](std::string_view name, auto& p) {
        if (p.size() != 0) names.emplace_back(name);
      },
      layer);
  CHECK(names ==
        std::vector<std::string>{"in_proj_weight", "in_proj_bias", "out_proj.weight", "out_proj.bias"});
}

TEST_CASE("Two MultiheadAttentions of one seed are equal", "[attention][multihead]") {
  rapt::RandomStream first(3), second(3);
  rapt::MultiheadAttention<float> a(6, 2, first), b(6, 2, second);
  const float bound = std::sqrt(6.0f / 24.0f);  // Xavier of (3E, E)
  zip_parameters([](auto& p, auto& q) { CHECK(rapt_test::numbers(p) == rapt_test::numbers(q)); }, a, b);
  CHECK(a.in_proj_weight.matrix().cwiseAbs().maxCoeff() <= bound);
  CHECK(a.in_proj_weight.matrix().cwiseAbs().maxCoeff() > 0.8f * bound);
}

TEST_CASE("MultiheadAttention names settings changed by hand that do not fit",
          "[attention][multihead][errors]") {
  using L = rapt::MultiheadAttention<float>;
  rapt::RandomStream stream(1);
  const rapt::Tensor<float, 3> x({1, 3, 8});
  const auto forward = [&](auto&& change) {
    L layer(8, 2, stream, {.rotary = true});
    change(layer);
    L::Cache cache;
    return rapt_test::attention_error([&] { layer.forward({x, x, x}, cache); });
  };
  CHECK(forward([](L&) {}) == "no error");
  CHECK(forward([](L& l) { l.heads = 0; }) ==
        "MultiheadAttention::forward: heads 0 is not a multiple of key_value_heads 0");
  CHECK(forward([](L& l) { l.heads = 3; }) ==
        "MultiheadAttention::forward: width 8 is not a multiple of heads 3");
  CHECK(forward([](L& l) { l.key_value_heads = 3; }) ==
        "MultiheadAttention::forward: heads 2 is not a multiple of key_value_heads 3");
  CHECK(forward([](L& l) { l.dropout = 1; }) == "MultiheadAttention::forward: dropout 1 is not in [0, 1)");
  CHECK(forward([](L& l) { l.heads = 8; }) ==
        "MultiheadAttention::forward: rotary_width is 4, expected an even number up to the head's width 1");
  CHECK(forward([](L& l) { l.rotary.rotary_width = 3; }) ==
        "MultiheadAttention::forward: rotary_width is 3, expected an even number up to the head's width 4");
  CHECK(forward([](L& l) { l.rotary.rotary_width = -2; }) ==
        "MultiheadAttention::forward: rotary_width is -2, expected an even number up to the head's width 4");
  // Parameters that fit such heads make them no better.
  CHECK(forward([](L& l) {
          l.heads = 4;
          l.key_value_heads = 3;
          l.in_proj_weight = rapt::Tensor<float, 2>({8 + 2 * 6, 8});
          l.in_proj_bias = rapt::Tensor<float, 1>({8 + 2 * 6});
          l.rotary.rotary_width = 2;
        }) == "MultiheadAttention::forward: heads 4 is not a multiple of key_value_heads 3");
}

TEST_CASE("MultiheadAttention names what does not fit", "[attention][multihead][errors]") {
  using L = rapt::MultiheadAttention<float>;
  rapt::RandomStream stream(1);
  const L layer(4, 2, stream, {.key_width = 6, .value_width = 7});
  const rapt::Tensor<float, 3> q({2, 3, 4}), k({2, 5, 6}), v({2, 5, 7}), dy({2, 3, 5});
  L::Cache cache;
  const auto forward = [&](const rapt::AttentionInput<float>& x) {
    return rapt_test::attention_error([&] { layer.forward(x, cache); });
  };
  CHECK(forward({k, k, v}) == "MultiheadAttention::forward: query has shape (2, 5, 6), expected (*, *, 4)");
  CHECK(forward({q, v, v}) == "MultiheadAttention::forward: key has shape (2, 5, 7), expected (2, *, 6)");
  CHECK(forward({q, k, k}) == "MultiheadAttention::forward: value has shape (2, 5, 6), expected (2, 5, 7)");
  CHECK(forward({q, k, v}) == "no error");
  CHECK(rapt_test::attention_error([&] { layer.backward(dy, cache, nullptr); }) ==
        "MultiheadAttention::backward: dy has shape (2, 3, 5), expected (2, 3, 4)");
  const auto make = [&](rapt::Index width, rapt::Index heads, double dropout) {
    return rapt_test::attention_error([&] { L(width, heads, stream, {.dropout = dropout}); });
  };
  CHECK(make(6, 4, 0) == "MultiheadAttention: width 6 is not a multiple of heads 4");
  CHECK(make(6, 0, 0) == "MultiheadAttention: width 6 is not a multiple of heads 0");
  CHECK(make(6, 2, 1.5) == "MultiheadAttention: dropout 1.5 is not in [0, 1)");
  const auto shared = [&](rapt::Index heads, rapt::Index key_heads, bool rotary = false) {
    return rapt_test::attention_error(
        [&] { L(12, heads, stream, {.key_value_heads = key_heads, .rotary = rotary}); });
  };
  CHECK(shared(6, 4) == "MultiheadAttention: heads 6 is not a multiple of key_value_heads 4");
  CHECK(shared(6, -2) == "MultiheadAttention: heads 6 is not a multiple of key_value_heads -2");
  CHECK(shared(4, 2, true) == "RotaryPositions: head width 3 is odd, expected pairs");
  L other(4, 2, stream);
  const rapt::Tensor<float, 1> slopes({3});
  CHECK(rapt_test::attention_error([&] {
          other.forward({.query = q, .key = q, .value = q, .alibi_slopes = slopes}, cache);
        }) == "MultiheadAttention::forward: alibi_slopes has shape (3), expected (2)");
  other.key_value_heads = 1;
  CHECK(rapt_test::attention_error([&] {
          other.forward({q, q, q}, cache);
        }) == "MultiheadAttention::forward: in_proj_weight has shape (12, 4), expected (8, 4)");
  other.in_proj_weight = rapt::Tensor<float, 2>({8, 4});
  CHECK(rapt_test::attention_error([&] {
          other.forward({q, q, q}, cache);
        }) == "MultiheadAttention::forward: in_proj_bias has shape (12), expected (8)");
  other = layer;
  other.key_value_heads = 1;
  CHECK(rapt_test::attention_error([&] {
          other.forward({q, k, v}, cache);
        }) == "MultiheadAttention::forward: k_proj_weight has shape (4, 6), expected (2, *)");
}
