#include <rapt/recommend/candidate_discriminator.hpp>

#include "support/catch.hpp"
#include "support/layer_golden.hpp"
#include "support/layer_properties.hpp"

#include <cmath>
#include <string>
#include <vector>

namespace {

template <class T>
struct CandidateDiscriminatorSample {
  explicit CandidateDiscriminatorSample(rapt_test::Draw& draw) {
    const rapt::Index f = draw.small(), relations = draw.small(), heads = draw.small() - 1, n = draw.size();
    layer = rapt::CandidateDiscriminator<T>(f, relations, {}, draw.small(), draw.values);
    const rapt::Index hidden = std::get<0>(layer.mlp.layers).out(), width = f + relations * heads;
    // The last layers start at 0, which would hide every gradient behind them.
    layer.attention.sharpness = draw.normal<T, 2>({relations, heads});
    std::get<0>(layer.mlp.layers) = rapt::Linear<T>(width, hidden, draw.values);
    std::get<4>(layer.mlp.layers) = rapt::Linear<T>(hidden, 1, draw.values);
    layer.skip = rapt::Linear<T>(width, 1, draw.values, rapt::Bias::no);
    layer.feature_mean = draw.normal<T, 1>({f});
    layer.feature_scale = draw.uniform<T, 1>({f}, 0.5, 2);
    features = draw.normal<T, 2>({n, f});
    prior = draw.normal<T, 2>({n, 1});
    offsets.resize({n + 1});
    offsets(0) = 0;
    for (rapt::Index k = 0; k < n; ++k) offsets(k + 1) = offsets(k) + draw.small() - 1;
    evidence = draw.normal<T, 2>({offsets(n), relations});
  }
  rapt::CandidateDiscriminator<T> layer;
  rapt::Tensor<T, 2> features, prior, evidence;
  rapt::Tensor<rapt::Index, 1> offsets;
  rapt::CandidateInput<T> input() const { return {features, prior, evidence, offsets}; }
};

}  // namespace

RAPT_TEST_LAYER("CandidateDiscriminator", CandidateDiscriminatorSample,
                "[recommend][candidate_discriminator]")

TEST_CASE("CandidateDiscriminator starts from the prior and gives the values worked out by hand",
          "[recommend][candidate_discriminator]") {
  rapt::RandomStream stream(1);
  rapt::CandidateDiscriminator<double> model(1, 1, {0.0}, 1, stream);
  const rapt::Tensor<double, 2> features({2, 1}, {5, 1}), prior({2, 1}, {10, -3}), evidence({2, 1}, {1, 3});
  const rapt::Tensor<rapt::Index, 1> offsets({3}, {0, 2, 2});
  rapt::CandidateDiscriminator<double>::Cache cache;
  const auto judged = [&] {
    const auto y = model.forward({features, prior, evidence, offsets}, cache);
    return std::vector<double>(y.begin(), y.end());
  };
  CHECK(judged() == std::vector<double>{10, -3});

  // u = [(feature - 1) / 2, mean of the evidence] = [2, 2] and [0, 0]
  model.feature_mean(0) = 1;
  model.feature_scale(0) = 0.5;
  model.skip.weight(0, 0) = 2;
  model.skip.weight(0, 1) = 3;
  CHECK(judged() == std::vector<double>{10 + 4 + 6, -3});

  for (auto* layer :
       {&std::get<0>(model.mlp.layers), &std::get<2>(model.mlp.layers), &std::get<4>(model.mlp.layers)}) {
    layer->weight.fill(1);
    layer->bias.fill(0);
  }
  const auto silu = [](double x) { return x / (1 + std::exp(-x)); };
  CHECK(judged()[0] == Catch::Approx(20 + silu(silu(2 + 2))));
  CHECK(judged()[1] == Catch::Approx(-3));
}

TEST_CASE("CandidateDiscriminator takes mean and deviation of the features from a sample",
          "[recommend][candidate_discriminator]") {
  rapt::RandomStream stream(1);
  rapt::CandidateDiscriminator<double> model(2, 1, {}, 1, stream);
  const rapt::Tensor<double, 2> sample({2, 2}, {1, 7, 5, 7});
  model.standardise_by(sample);
  CHECK(model.feature_mean(0) == 3);
  CHECK(model.feature_scale(0) == 0.5);
  CHECK(model.feature_mean(1) == 7);
  CHECK(model.feature_scale(1) == 1);  // constant: only centred
  const rapt::Tensor<double, 2> none({0, 2}), wide({1, 3});
  model.standardise_by(none);
  CHECK(model.feature_mean(0) == 3);
  CHECK_THROWS_WITH(model.standardise_by(wide),
                    "CandidateDiscriminator::standardise_by: sample has shape (1, 3), expected (*, 2)");
}

TEST_CASE("CandidateDiscriminator has the number of parameters of its formula",
          "[recommend][candidate_discriminator]") {
  rapt::RandomStream stream(1);
  const auto count = [](rapt::Index f, rapt::Index c, rapt::Index h, rapt::Index hidden) {
    const rapt::Index width = f + c * h;
    return c * h + width * hidden + hidden + hidden * hidden + hidden + hidden + 1 + width;
  };
  CHECK(parameter_count(rapt::CandidateDiscriminator<float>(7, 2, {0, 1, 4}, 32, stream)) ==
        count(7, 2, 3, 32));
  CHECK(parameter_count(rapt::CandidateDiscriminator<float>(7, 2, {}, 5, stream)) == count(7, 2, 0, 5));
}

TEST_CASE("CandidateDiscriminator names what does not fit", "[recommend][candidate_discriminator][errors]") {
  rapt::RandomStream stream(1);
  const rapt::CandidateDiscriminator<float> model(2, 1, {1.0}, 3, stream);
  rapt::CandidateDiscriminator<float>::Cache cache;
  const rapt::Tensor<float, 2> features({3, 2}), narrow({3, 1}), evidence({4, 1}), wide({4, 2});
  const rapt::Tensor<rapt::Index, 1> offsets({4}, {0, 1, 3, 4}), few({3}, {0, 1, 4}),
      falling({4}, {0, 2, 1, 4});
  const auto& prior = narrow;
  const auto message = [&](rapt::CandidateInput<float> x) {
    try {
      model.forward(x, cache);
    } catch (const std::invalid_argument& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  CHECK(message({features, prior, evidence, offsets}) == "no error");
  CHECK(message({narrow, prior, evidence, offsets}) ==
        "CandidateDiscriminator::forward: features has shape (3, 1), expected (*, 2)");
  CHECK(message({features, features, evidence, offsets}) ==
        "CandidateDiscriminator::forward: prior has shape (3, 2), expected (3, 1)");
  CHECK(message({features, prior, evidence, few}) ==
        "CandidateDiscriminator::forward: evidence_offsets has shape (3), expected (4)");
  CHECK(message({features, prior, wide, offsets}) ==
        "EvidenceAttention::forward: evidence has shape (4, 2), expected (*, 1)");
  CHECK(message({features, prior, evidence, falling}) ==
        "EvidenceAttention::forward: offsets do not rise from 0 to 4");
}

TEST_CASE("CandidateDiscriminator agrees with the formula in PyTorch",
          "[recommend][candidate_discriminator][golden]") {
  const auto golden = rapt_test::layer_golden("candidate_discriminator");
  rapt::RandomStream stream(1);
  rapt::CandidateDiscriminator<double> model(3, 2, {0, 0, 0}, 4, stream);
  golden.load(model, "layer.");
  auto gradient = zeros_like(model);
  const auto features = golden.tensor<double, 2>("features"), prior = golden.tensor<double, 2>("prior"),
             evidence = golden.tensor<double, 2>("evidence"), dy = golden.tensor<double, 2>("dy");
  const auto offsets = golden.tensor<rapt::Index, 1>("offsets");
  rapt::CandidateDiscriminator<double>::Cache cache;

  const auto y = model.forward({features, prior, evidence, offsets}, cache);
  const auto dx = model.backward(dy, cache, &gradient);

  using rapt::testing::largest_difference;
  CHECK(largest_difference(y, golden.tensor<double, 2>("y")) < 1e-10);
  CHECK(largest_difference(dx.features, golden.tensor<double, 2>("dfeatures")) < 1e-10);
  CHECK(largest_difference(dx.prior, golden.tensor<double, 2>("dprior")) < 1e-10);
  CHECK(largest_difference(dx.evidence, golden.tensor<double, 2>("devidence")) < 1e-10);
  rapt_test::check_parameter_gradients(golden, gradient);
}
