#include <rapt/recommend/profile_generator.hpp>

#include "support/catch.hpp"
#include "support/layer_golden.hpp"
#include "support/layer_properties.hpp"

#include <cmath>
#include <string>
#include <vector>

namespace {

template <class T>
struct ProfileGeneratorSample {
  explicit ProfileGeneratorSample(rapt_test::Draw& draw) {
    const rapt::Index items = draw.positive(), heads = draw.small(), profiles = draw.size();
    const bool attends = draw.small() != 1;
    layer = rapt::ProfileGenerator<T>(
        items, {draw.small(), attends ? heads * draw.small() : 0, heads, draw.small()}, draw.values);
    layer.dense_bias = draw.normal<T, 1>({layer.dense_width()});
    offsets.resize({profiles + 1});
    offsets(0) = 0;
    for (rapt::Index b = 0; b < profiles; ++b) offsets(b + 1) = offsets(b) + draw.small() - 1;  // empty too
    ids = draw.indices<1>({offsets(profiles)}, items);
  }
  rapt::ProfileGenerator<T> layer;
  rapt::Tensor<rapt::Index, 1> ids, offsets;
  rapt::ProfileInput input() const { return {ids, offsets}; }
};

template <class T, std::size_t Rank>
void profile_generator_set(rapt::Tensor<T, Rank>& parameter, std::vector<T> values) {
  REQUIRE(parameter.size() == static_cast<rapt::Index>(values.size()));
  std::copy(values.begin(), values.end(), parameter.begin());
}

}  // namespace

RAPT_TEST_LAYER("ProfileGenerator", ProfileGeneratorSample, "[recommend][profile_generator]")

TEST_CASE("ProfileGenerator without attention gives the values worked out by hand",
          "[recommend][profile_generator]") {
  rapt::RandomStream stream(1);
  rapt::ProfileGenerator<double> model(2, {1, 0, 2, 1}, stream);
  profile_generator_set(model.dense.weight, {1, 2});
  profile_generator_set(model.dense_bias, {0.5});
  profile_generator_set(model.code.weight, {3});
  profile_generator_set(model.code.bias, {-1});
  profile_generator_set(model.scores.weight, {2, -1});
  profile_generator_set(model.scores.bias, {0.1, 0.2});
  const rapt::Tensor<rapt::Index, 1> ids({2}, {0, 1}), offsets({3}, {0, 0, 2});
  rapt::ProfileGenerator<double>::Cache cache;

  const auto y = model.forward({ids, offsets}, cache);

  const double empty = std::tanh(3 * std::tanh(0.5) - 1),
               both = std::tanh(3 * std::tanh((1 + 2) / std::sqrt(2.0) + 0.5) - 1);
  CHECK(y(0, 0) == Catch::Approx(2 * empty + 0.1));
  CHECK(y(0, 1) == Catch::Approx(-empty + 0.2));
  CHECK(y(1, 0) == Catch::Approx(2 * both + 0.1));
  CHECK(y(1, 1) == Catch::Approx(-both + 0.2));
}

TEST_CASE("ProfileGenerator attends in two hops as worked out by hand", "[recommend][profile_generator]") {
  rapt::RandomStream stream(1);
  rapt::ProfileGenerator<double> model(2, {0, 1, 1, 1}, stream);
  profile_generator_set(model.key.weight, {0, std::log(3.0)});
  profile_generator_set(model.value.weight, {0.8, 0.4});
  profile_generator_set(model.first.seed, {1});
  profile_generator_set(model.second.seed, {-2});
  profile_generator_set(model.query.weight, {4});
  profile_generator_set(model.query.bias, {1});
  profile_generator_set(model.code.weight, {1, 10});
  profile_generator_set(model.code.bias, {-6});
  profile_generator_set(model.scores.weight, {2, -1});
  profile_generator_set(model.scores.bias, {0, 0});
  const rapt::Tensor<rapt::Index, 1> ids({2}, {0, 1}), offsets({2}, {0, 2});
  rapt::ProfileGenerator<double>::Cache cache;

  const auto y = model.forward({ids, offsets}, cache);

  // first: weights 1 : 3, so 0.5; second asks with -2 + 4 * 0.5 + 1 = 1, so the same
  CHECK(cache.first.weights(0, 0) == Catch::Approx(0.25));
  CHECK(cache.second.weights(0, 0) == Catch::Approx(0.25));
  CHECK(y(0, 0) == Catch::Approx(2 * std::tanh(0.5 + 10 * 0.5 - 6)));
  CHECK(y(0, 1) == Catch::Approx(-std::tanh(0.5 + 10 * 0.5 - 6)));
}

TEST_CASE("ProfileGenerator has the number of parameters of its formula", "[recommend][profile_generator]") {
  rapt::RandomStream stream(1);
  const rapt::Index items = 11, dense = 5, attention = 6, code = 4;
  const auto count = [&](rapt::Index a) {
    return items * dense + dense + 2 * items * a + 2 * a + a * a + a + (dense + 2 * a) * code + code +
           code * items + items;
  };
  CHECK(parameter_count(rapt::ProfileGenerator<float>(items, {dense, attention, 3, code}, stream)) ==
        count(attention));
  CHECK(parameter_count(rapt::ProfileGenerator<float>(items, {dense, 0, 3, code}, stream)) == count(0));
}

TEST_CASE("ProfileGenerator names what does not fit", "[recommend][profile_generator][errors]") {
  rapt::RandomStream stream(1);
  const rapt::ProfileGenerator<float> model(3, {2, 2, 1, 2}, stream);
  rapt::ProfileGenerator<float>::Cache cache;
  const rapt::Tensor<rapt::Index, 1> ids({2}, {0, 3}), known({2}, {0, 2}), offsets({2}, {0, 2}),
      falling({2}, {0, 1});
  CHECK_THROWS_AS(model.forward({ids, offsets}, cache), std::out_of_range);
  CHECK_THROWS_WITH(model.forward({known, falling}, cache),
                    "EmbeddingBag::forward: offsets do not rise from 0 to 2");
  CHECK_THROWS_WITH(rapt::ProfileGenerator<float>(3, {2, 5, 2, 2}, stream),
                    "AttentionPooling: width 5 is not a multiple of heads 2");
  model.forward({known, offsets}, cache);
  const rapt::Tensor<float, 2> dy({1, 4});
  CHECK_THROWS_WITH(model.backward(dy, cache, nullptr),
                    "ProfileGenerator::backward: dy has shape (1, 4), expected (1, 3)");
}

TEST_CASE("ProfileGenerator agrees with the formula in PyTorch", "[recommend][profile_generator][golden]") {
  const auto golden = rapt_test::layer_golden("profile_generator");
  rapt::RandomStream stream(1);
  rapt::ProfileGenerator<double> model(7, {3, 4, 2, 5}, stream);
  golden.load(model, "layer.");
  auto gradient = zeros_like(model);
  const auto ids = golden.tensor<rapt::Index, 1>("ids"), offsets = golden.tensor<rapt::Index, 1>("offsets");
  const auto dy = golden.tensor<double, 2>("dy");
  rapt::ProfileGenerator<double>::Cache cache;

  const auto y = model.forward({ids, offsets}, cache);
  model.backward(dy, cache, &gradient);

  CHECK(rapt::testing::largest_difference(y, golden.tensor<double, 2>("y")) < 1e-10);
  rapt_test::check_parameter_gradients(golden, gradient);
}
