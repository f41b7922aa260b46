#include <rapt/gan/clip_weights.hpp>

#include <rapt/nn/batch_norm_1d.hpp>
#include <rapt/nn/linear.hpp>

#include "support/catch.hpp"

#include <cmath>
#include <limits>

TEST_CASE("clip_weights bounds every weight from both sides and keeps NaN", "[gan][clip_weights]") {
  rapt::Linear<float> layer;
  layer.weight = rapt::Tensor<float, 2>({2, 2}, {0.5f, -0.02f, 0.01f, -3});
  layer.bias = rapt::Tensor<float, 1>({2}, {std::numeric_limits<float>::quiet_NaN(), 0});
  rapt::clip_weights(layer, 0.01);
  CHECK(layer.weight(0, 0) == 0.01f);
  CHECK(layer.weight(0, 1) == -0.01f);
  CHECK(layer.weight(1, 0) == 0.01f);
  CHECK(layer.weight(1, 1) == -0.01f);
  CHECK(std::isnan(layer.bias(0)));
  CHECK(layer.bias(1) == 0);
  CHECK_THROWS_MATCHES(rapt::clip_weights(layer, -1), std::invalid_argument,
                       Catch::Matchers::Message("clip_weights: limit is -1, expected at least 0"));
}

TEST_CASE("clip_weights leaves buffers alone", "[gan][clip_weights]") {
  rapt::BatchNorm1d<double> norm(3);
  norm.running_mean.fill(5);
  rapt::clip_weights(norm, 0.5);
  CHECK(norm.weight(0) == 0.5);
  CHECK(norm.running_mean(0) == 5);
  CHECK(norm.running_var(0) == 1);
}
