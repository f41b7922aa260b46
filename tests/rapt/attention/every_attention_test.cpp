// What holds for every kind of attention: the defects of the programs that this library grew out of, each as
// a test over all kinds.
#include <rapt/attention/additive_attention.hpp>
#include <rapt/attention/concat_attention.hpp>
#include <rapt/attention/dot_attention.hpp>
#include <rapt/attention/general_attention.hpp>
#include <rapt/attention/location_attention.hpp>
#include <rapt/attention/multihead_attention.hpp>
#include <rapt/attention/scaled_dot_product_attention.hpp>
#include <rapt/attention/uniform_attention.hpp>

#include "rapt/attention/attention_data.hpp"
#include "support/catch.hpp"

#include <cmath>
#include <limits>

namespace {

constexpr rapt::Index every_width = 6, every_batch = 3, every_queries = 5, every_keys = 7;

// f(name, layer, whether the scores read the keys) for every kind.
template <class F>
void for_every_attention(F&& f) {
  rapt::RandomStream stream(12);
  const rapt::Index e = every_width;
  f("uniform", rapt::UniformAttention<double>{}, false);
  f("location", rapt::LocationAttention<double>(e, every_keys, stream), false);
  f("dot", rapt::DotAttention<double>{}, true);
  f("scaled dot", rapt::ScaledDotProductAttention<double>{}, true);
  f("general", rapt::GeneralAttention<double>(e, e, stream), true);
  f("additive", rapt::AdditiveAttention<double>(e, e, 4, stream), true);
  f("concat", rapt::ConcatAttention<double>(e, e, 4, stream), true);
  f("multi-head", rapt::MultiheadAttention<double>(e, 3, stream), true);
}

rapt_test::AttentionData<double> every_input(std::uint64_t seed) {
  rapt_test::Draw draw(seed);
  rapt_test::AttentionData<double> data;
  data.query = draw.normal<double, 3>({every_batch, every_queries, every_width});
  data.key = draw.normal<double, 3>({every_batch, every_keys, every_width});
  data.value = draw.normal<double, 3>({every_batch, every_keys, every_width});
  return data;
}

// Also NaN where NaN is expected.
template <class A, class B>
bool every_same(const A& a, const B& b) {
  if (a.shape() != b.shape()) return false;
  for (rapt::Index i = 0; i < a.size(); ++i) {
    const double x = a.data()[i], y = b.data()[i];
    if (std::isnan(x) != std::isnan(y) || std::abs(x - y) > 1e-12) return false;
  }
  return true;
}

template <class L>
struct EveryPass {  // one forward and backward, copied out of the cache
  rapt::Tensor<double, 3> y, d_query, d_key, d_value;
  rapt::Tensor<double, 4> weights;
  L gradient;

  EveryPass(const L& layer, const rapt_test::AttentionData<double>& data) : gradient(zeros_like(layer)) {
    typename L::Cache cache;
    y.copy_from(layer.forward(data.input(rapt::NeedWeights::per_head), cache));
    weights.copy_from(cache.weights_per_head());
    rapt::Tensor<double, 3> dy(y.shape());
    rapt::RandomStream stream(5);
    fill_normal(dy.view(), 0, 1, stream);
    const auto dx = layer.backward(dy, cache, &gradient);
    d_query.copy_from(dx.query);
    d_key.copy_from(dx.key);
    d_value.copy_from(dx.value);

    // Where nobody asks for the weights, they need not be in memory: the same numbers.
    CHECK(every_same(layer.forward(data.input(), cache), y));
    auto again = zeros_like(layer);
    const auto streamed = layer.backward(dy, cache, &again);
    CHECK(every_same(streamed.query, d_query));
    CHECK(every_same(streamed.key, d_key));
    CHECK(every_same(streamed.value, d_value));
    zip_parameters([](auto& a, auto& b) { CHECK(every_same(a, b)); }, again, gradient);
  }
};

void every_row_set(rapt::Tensor<double, 3>& tensor, rapt::Index b, rapt::Index row, double number) {
  for (rapt::Index e = 0; e < tensor.extent(2); ++e) tensor(b, row, e) = number;
}

double every_row_size(const rapt::Tensor<double, 3>& tensor, rapt::Index b, rapt::Index row) {
  return tensor[b].matrix().row(row).cwiseAbs().maxCoeff();
}

using rapt::testing::largest_difference;

}  // namespace

TEST_CASE("Attention weights sum to 1 over the keys", "[attention][seed]") {  // seed defect 1
  const auto data = every_input(1);
  for_every_attention([&](const char* name, const auto& layer, bool) {
    INFO(name);
    const EveryPass pass(layer, data);
    CHECK(pass.weights.extent(0) == every_batch);
    CHECK(pass.weights.extent(2) == every_queries);
    CHECK(pass.weights.extent(3) == every_keys);
    for (const double sum : Eigen::VectorXd(pass.weights.matrix().rowwise().sum())) {
      CHECK(sum == Catch::Approx(1).epsilon(1e-12));
    }
  });
}

TEST_CASE("A change of the keys changes the weights and one of the values does not",
          "[attention][seed]") {  // 2
  const auto data = every_input(1);
  auto other_key = data, other_value = data;
  other_key.key = every_input(2).key;
  other_value.value = every_input(2).value;
  for_every_attention([&](const char* name, const auto& layer, bool reads_keys) {
    INFO(name);
    const EveryPass pass(layer, data), keyed(layer, other_key), valued(layer, other_value);
    CHECK((largest_difference(pass.weights, keyed.weights) > 1e-3) == reads_keys);
    CHECK(largest_difference(pass.weights, valued.weights) == 0);
    CHECK(largest_difference(pass.y, valued.y) > 1e-2);
  });
}

TEST_CASE("A masked key has weight exactly 0 and gradient exactly 0 be it NaN", "[attention][seed]") {  // 3
  auto data = every_input(1);
  data.key_padding_mask = rapt::Tensor<bool, 2>({every_batch, every_keys});
  data.key_padding_mask(1, 2) = true;
  for_every_attention([&](const char* name, const auto& layer, bool) {
    INFO(name);
    auto poisoned = data;
    every_row_set(poisoned.key, 1, 2, std::numeric_limits<double>::quiet_NaN());
    every_row_set(poisoned.value, 1, 2, std::numeric_limits<double>::infinity());
    const EveryPass clean(layer, data), pass(layer, poisoned);
    for (rapt::Index h = 0; h < pass.weights.extent(1); ++h) {
      for (rapt::Index i = 0; i < every_queries; ++i) CHECK(pass.weights(1, h, i, 2) == 0);
    }
    CHECK(every_row_size(pass.d_key, 1, 2) == 0);
    CHECK(every_row_size(pass.d_value, 1, 2) == 0);
    CHECK(largest_difference(pass.y, clean.y) < 1e-12);
    CHECK(largest_difference(pass.d_query, clean.d_query) < 1e-12);
    CHECK(largest_difference(pass.d_key, clean.d_key) < 1e-12);
    CHECK(largest_difference(pass.d_value, clean.d_value) < 1e-12);
    auto g = pass.gradient, expected = clean.gradient;
    zip_parameters([](auto& a, auto& b) { CHECK(largest_difference(a, b) < 1e-12); }, g, expected);
  });
}

TEST_CASE("A query that sees no key has weights 0 and gradients 0 and no NaN", "[attention][seed]") {  // 3
  auto data = every_input(1);
  data.attn_mask = rapt::Tensor<bool, 2>({every_queries, every_keys});
  for (rapt::Index j = 0; j < every_keys; ++j) data.attn_mask(2, j) = true;
  for (rapt::Index b = 0; b < every_batch; ++b)
    every_row_set(data.query, b, 2, std::numeric_limits<double>::quiet_NaN());
  for_every_attention([&](const char* name, const auto& layer, bool) {
    INFO(name);
    const EveryPass pass(layer, data);
    for (rapt::Index b = 0; b < every_batch; ++b) {
      for (rapt::Index h = 0; h < pass.weights.extent(1); ++h) {
        for (rapt::Index j = 0; j < every_keys; ++j) CHECK(pass.weights(b, h, 2, j) == 0);
      }
      // multi-head adds its output bias, which is 0 here
      CHECK(every_row_size(pass.y, b, 2) == 0);
      CHECK(every_row_size(pass.d_query, b, 2) == 0);
    }
    CHECK(pass.y.array().isFinite().all());
    CHECK(pass.d_query.array().isFinite().all());
    CHECK(pass.d_key.array().isFinite().all());
    CHECK(pass.d_value.array().isFinite().all());
    auto gradient = pass.gradient;
    zip_parameters([](auto& g) { CHECK(g.array().isFinite().all()); }, gradient);
  });
}

TEST_CASE("The parameters of every score get a gradient", "[attention][seed]") {  // 4
  const auto data = every_input(1);
  for_every_attention([&](const char* name, const auto& layer, bool) {
    const EveryPass pass(layer, data);
    auto gradient = pass.gradient;
    named_parameters(
        [&](std::string_view parameter, auto& g) {
          INFO(name << " " << parameter);
          if (g.size() != 0) CHECK(g.matrix().cwiseAbs().maxCoeff() > 1e-4);
        },
        gradient);
  });
}

TEST_CASE("A permutation of the source permutes the weights and leaves the output",
          "[attention][seed]") {  // 7
  const auto data = every_input(1);
  auto turned = data;
  const auto from = [](rapt::Index j) { return (3 * j + 1) % every_keys; };
  for (rapt::Index b = 0; b < every_batch; ++b) {
    for (rapt::Index j = 0; j < every_keys; ++j) {
      turned.key[b].matrix().row(j) = data.key[b].matrix().row(from(j));
      turned.value[b].matrix().row(j) = data.value[b].matrix().row(from(j));
    }
  }
  for_every_attention([&](const char* name, const auto& layer, bool) {
    if (std::string(name) == "location") return;  // reads positions, and nothing else
    INFO(name);
    const EveryPass pass(layer, data), other(layer, turned);
    CHECK(largest_difference(pass.y, other.y) < 1e-12);
    for (rapt::Index j = 0; j < every_keys; ++j) {
      CHECK(other.weights(1, 0, 2, j) == Catch::Approx(pass.weights(1, 0, 2, from(j))));
    }
  });
}

TEST_CASE("A sample does not notice what the other samples are", "[attention][seed]") {  // 8
  const auto data = every_input(1);
  auto other = data;
  for (rapt::Index j = 0; j < every_keys; ++j) {
    every_row_set(other.key, 0, j, 50);
    every_row_set(other.value, 0, j, std::numeric_limits<double>::quiet_NaN());
  }
  for_every_attention([&](const char* name, const auto& layer, bool) {
    INFO(name);
    const EveryPass pass(layer, data), changed(layer, other);
    for (const rapt::Index b : {1, 2}) {
      CHECK(largest_difference(pass.y[b], changed.y[b]) == 0);
      CHECK(largest_difference(pass.weights[b], changed.weights[b]) == 0);
      CHECK(largest_difference(pass.d_key[b], changed.d_key[b]) == 0);
    }
  });
}
