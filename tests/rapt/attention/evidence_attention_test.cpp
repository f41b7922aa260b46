#include <rapt/attention/evidence_attention.hpp>

#include "support/catch.hpp"
#include "support/layer_golden.hpp"
#include "support/layer_properties.hpp"

#include <cmath>
#include <string>

namespace {

template <class T>
struct EvidenceAttentionSample {
  explicit EvidenceAttentionSample(rapt_test::Draw& draw) {
    const rapt::Index channels = draw.small(), lists = draw.size();
    offsets.resize({lists + 1});
    offsets(0) = 0;
    for (rapt::Index n = 0; n < lists; ++n) offsets(n + 1) = offsets(n) + draw.size();
    layer.sharpness = draw.normal<T, 2>({channels, draw.small()});
    evidence = draw.normal<T, 2>({offsets(lists), channels});
  }
  rapt::EvidenceAttention<T> layer;
  rapt::Tensor<rapt::Index, 1> offsets;
  rapt::Tensor<T, 2> evidence;
  rapt::EvidenceInput<T> input() const { return {evidence, offsets}; }
};

}  // namespace

RAPT_TEST_LAYER("EvidenceAttention", EvidenceAttentionSample, "[attention][evidence]")

TEST_CASE("EvidenceAttention lies between the mean and the maximum", "[attention][evidence]") {
  const rapt::EvidenceAttention<double> layer(1, {0.0, std::log(2.0), 1000.0});
  const rapt::Tensor<double, 2> evidence({3, 1}, {1, 3, 2});
  const rapt::Tensor<rapt::Index, 1> offsets({3}, {0, 0, 3});
  rapt::EvidenceAttention<double>::Cache cache;

  const auto y = layer.forward({evidence, offsets}, cache);

  CHECK(y(0, 0) == 0);  // an empty list
  CHECK(y(1, 0) == Catch::Approx(2));
  // weights 2^1 : 2^3 : 2^2 over 14
  CHECK(y(1, 1) == Catch::Approx((2 * 1 + 8 * 3 + 4 * 2) / 14.0));
  CHECK(y(1, 2) == Catch::Approx(3));
  CHECK(parameter_count(layer) == 3);
}

TEST_CASE("EvidenceAttention names what does not fit", "[attention][evidence][errors]") {
  const rapt::EvidenceAttention<float> layer(2, {1.0});
  rapt::EvidenceAttention<float>::Cache cache;
  const rapt::Tensor<float, 2> evidence({3, 2}), wide({3, 4});
  const rapt::Tensor<rapt::Index, 1> offsets({2}, {0, 3}), wrong({2}, {0, 2});
  const auto message = [&](rapt::EvidenceInput<float> x) {
    try {
      layer.forward(x, cache);
    } catch (const std::invalid_argument& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  CHECK(message({wide, offsets}) == "EvidenceAttention::forward: evidence has shape (3, 4), expected (*, 2)");
  CHECK(message({evidence, wrong}) == "EvidenceAttention::forward: offsets do not rise from 0 to 3");
}

TEST_CASE("EvidenceAttention agrees with the formula in PyTorch", "[attention][evidence][golden]") {
  const auto golden = rapt_test::layer_golden("evidence_attention");
  rapt::EvidenceAttention<double> layer;
  golden.load(layer, "layer.");
  auto gradient = zeros_like(layer);
  const auto evidence = golden.tensor<double, 2>("evidence"), dy = golden.tensor<double, 2>("dy");
  const auto offsets = golden.tensor<rapt::Index, 1>("offsets");
  rapt::EvidenceAttention<double>::Cache cache;

  const auto y = layer.forward({evidence, offsets}, cache);
  const auto dx = layer.backward(dy, cache, &gradient);

  using rapt::testing::largest_difference;
  CHECK(largest_difference(y, golden.tensor<double, 2>("y")) < 1e-10);
  CHECK(largest_difference(dx.evidence, golden.tensor<double, 2>("devidence")) < 1e-10);
  rapt_test::check_parameter_gradients(golden, gradient);
}
