#include <rapt/nn/batch_norm_1d.hpp>

#include <rapt/nn/linear.hpp>
#include <rapt/nn/residual.hpp>
#include <rapt/nn/sequential.hpp>

#include "support/catch.hpp"
#include "support/layer_golden.hpp"
#include "support/layer_properties.hpp"
#include "support/tangent_golden.hpp"
#include "support/tangent_properties.hpp"

#include <cmath>
#include <vector>

namespace {

template <class T>
struct BatchNorm1dSample {
  // One row cannot be trained on; without rows there is nothing to compare but the shapes.
  explicit BatchNorm1dSample(rapt_test::Draw& draw)
      : layer(draw.pick(std::array<rapt::Index, 6>{0, 1, 4, 31, 33, 67})),
        x(draw.normal<T, 2>({draw.pick(std::array<rapt::Index, 5>{0, 3, 5, 8, 17}), layer.width()}, 2)) {
    layer.weight = draw.normal<T, 1>(layer.weight.shape());
    layer.bias = draw.normal<T, 1>(layer.bias.shape());
    layer.running_mean = draw.normal<T, 1>(layer.bias.shape());
    layer.running_var = draw.uniform<T, 1>(layer.bias.shape(), 0.5, 2);
  }
  rapt::BatchNorm1d<T> layer;
  rapt::Tensor<T, 2> x;
  auto input() const { return x.view(); }
};

std::vector<double> batch_norm_numbers(const auto& view) { return {view.begin(), view.end()}; }

}  // namespace

RAPT_TEST_LAYER("BatchNorm1d", BatchNorm1dSample, "[nn][batch_norm_1d]")
RAPT_TEST_TANGENT("BatchNorm1d", BatchNorm1dSample, "[nn][batch_norm_1d]")

TEMPLATE_TEST_CASE("BatchNorm1d gives the values worked out by hand", "[nn][batch_norm_1d]", float, double) {
  using T = TestType;
  rapt::BatchNorm1d<T> layer(1, 3.0, 0.5);
  layer.weight(0) = 10;
  layer.bias(0) = 7;
  layer.running_mean(0) = 2;
  layer.running_var(0) = 13;
  const rapt::Tensor<T, 2> x({2, 1}, {3, 5}), dy({2, 1}, {4, 1});
  typename rapt::BatchNorm1d<T>::Cache cache;
  auto gradient = zeros_like(layer);

  // prediction: (x - 2) / sqrt(13 + 3)
  auto y = layer.forward(x, cache);
  CHECK(batch_norm_numbers(y) == std::vector<double>{9.5, 14.5});
  CHECK(batch_norm_numbers(layer.backward(dy, cache, &gradient)) == std::vector<double>{10, 2.5});
  CHECK(gradient.weight(0) == T(1 + 0.75));
  CHECK(gradient.bias(0) == T(5));

  // training: mean 4, variance 1, z = (-1, 1) / sqrt(1 + 3)
  start_training(cache, rapt::RandomStream(1));
  y = layer.forward(x, cache);
  CHECK(batch_norm_numbers(y) == std::vector<double>{2, 12});
  // mean of dy 2.5, of dy z -0.75: dx = 10 / 2 (4 - 2.5 - 0.375, 1 - 2.5 + 0.375)
  CHECK(batch_norm_numbers(layer.backward(dy, cache, nullptr)) == std::vector<double>{5.625, -5.625});
}

TEST_CASE("BatchNorm1d moves its averages when it absorbs and not before", "[nn][batch_norm_1d]") {
  rapt::BatchNorm1d<double> layer(1, 1e-5, 0.25);
  const rapt::Tensor<double, 2> x({2, 1}, {3, 5});
  rapt::BatchNorm1d<double>::Cache cache;
  layer.forward(x, cache);
  absorb(layer, cache);  // a prediction proposes nothing
  CHECK(layer.running_mean(0) == 0);
  start_training(cache, rapt::RandomStream(1));
  layer.forward(x, cache);
  CHECK(layer.running_mean(0) == 0);
  absorb(layer, cache);
  CHECK(layer.running_mean(0) == 0.75 * 0 + 0.25 * 4);
  CHECK(layer.running_var(0) == 0.75 * 1 + 0.25 * 2);  // the unbiased variance of 3 and 5
  stop_training(cache);
  layer.forward(x, cache);
  absorb(layer, cache);
  CHECK(layer.running_mean(0) == 1);
}

TEST_CASE("BatchNorm1d absorbs inside Sequential and Residual", "[nn][batch_norm_1d]") {
  rapt::RandomStream stream(1);
  rapt::Residual block(rapt::Sequential(rapt::Linear<double>(3, 3, stream), rapt::BatchNorm1d<double>(3)));
  rapt_test::Draw draw(1);
  const auto x = draw.normal<double, 2>({6, 3});
  decltype(block)::Cache cache;
  start_training(cache, rapt::RandomStream(1));
  block.forward(x, cache);
  absorb(block, cache);
  const auto& norm = std::get<1>(block.layer.layers);
  const auto& seen = std::get<1>(cache.layer);
  for (rapt::Index c = 0; c < 3; ++c) {
    CHECK(norm.running_mean(c) == Catch::Approx(0.1 * seen.mean(c)));
    CHECK(norm.running_mean(c) != 0);
  }
}

TEST_CASE("BatchNorm1d refuses to train on one row and passes none", "[nn][batch_norm_1d][errors]") {
  rapt::BatchNorm1d<float> layer(3);
  rapt::BatchNorm1d<float>::Cache cache;
  const rapt::Tensor<float, 2> one({1, 3}), none({0, 3});
  CHECK_NOTHROW(layer.forward(one, cache));
  start_training(cache, rapt::RandomStream(1));
  CHECK_THROWS_MATCHES(layer.forward(one, cache), std::invalid_argument,
                       Catch::Matchers::Message(
                           "BatchNorm1d::forward: x has shape (1, 3), but one row has no variance to train "
                           "on; expected at least 2 rows"));
  CHECK(layer.forward(none, cache).size() == 0);
  layer.absorb(cache);
  for (const float v : layer.running_var) CHECK(v == 1);
}

TEST_CASE("BatchNorm1d checks its settings and shapes", "[nn][batch_norm_1d][errors]") {
  using Catch::Matchers::Message;
  CHECK_THROWS_MATCHES(rapt::BatchNorm1d<float>(3, -0.5), std::invalid_argument,
                       Message("BatchNorm1d: eps is -0.5, expected at least 0"));
  CHECK_THROWS_MATCHES(rapt::BatchNorm1d<float>(3, 1e-5, 1.5), std::invalid_argument,
                       Message("BatchNorm1d: momentum is 1.5, expected 0 <= momentum <= 1"));
  rapt::BatchNorm1d<float> layer(3), other(2);
  rapt::BatchNorm1d<float>::Cache cache;
  const rapt::Tensor<float, 2> x({2, 4}), good({2, 3});
  CHECK_THROWS_MATCHES(layer.forward(x, cache), rapt::ShapeError,
                       Message("BatchNorm1d::forward: x has shape (2, 4), expected (*, 3)"));
  start_training(cache, rapt::RandomStream(1));
  layer.forward(good, cache);
  CHECK_THROWS_MATCHES(layer.backward(x, cache, nullptr), rapt::ShapeError,
                       Message("BatchNorm1d::backward: dy has shape (2, 4), expected (2, 3)"));
  CHECK_THROWS_MATCHES(other.absorb(cache), rapt::ShapeError,
                       Message("BatchNorm1d::absorb: mean has shape (3), expected (2)"));
}

TEST_CASE("BatchNorm1d checks what changed after its constructor", "[nn][batch_norm_1d][errors]") {
  using Catch::Matchers::Message;
  const rapt::BatchNorm1d<double> good(3);
  const rapt::Tensor<double, 2> x({4, 3});
  rapt::BatchNorm1d<double>::Cache cache, fresh;
  start_training(cache, rapt::RandomStream(1));
  good.forward(x, cache);
  auto layer = good;
  layer.running_mean.resize({2});
  CHECK_THROWS_MATCHES(layer.absorb(cache), rapt::ShapeError,
                       Message("BatchNorm1d::absorb: running_mean has shape (2), expected (3)"));
  layer = good;
  layer.running_var.resize({2});
  CHECK_THROWS_MATCHES(layer.absorb(cache), rapt::ShapeError,
                       Message("BatchNorm1d::absorb: running_var has shape (2), expected (3)"));
  layer = good;
  layer.momentum = -0.5;
  CHECK_THROWS_MATCHES(layer.absorb(cache), std::invalid_argument,
                       Message("BatchNorm1d::absorb: momentum is -0.5, expected 0 <= momentum <= 1"));
  CHECK(layer.running_var(0) == 1);
  layer.eps = -9;
  CHECK_THROWS_MATCHES(layer.forward(x, fresh), std::invalid_argument,
                       Message("BatchNorm1d::forward: eps is -9, expected at least 0"));
  CHECK(fresh.y.size() == 0);
  fresh = {};
  layer = good;
  layer.running_var.resize({2});
  CHECK_THROWS_MATCHES(layer.forward(x, fresh), rapt::ShapeError,
                       Message("BatchNorm1d::forward: running_var has shape (2), expected (3)"));
}

TEST_CASE("BatchNorm1d has two parameters and two buffers a column", "[nn][batch_norm_1d]") {
  const rapt::BatchNorm1d<double> layer(7, 1e-3, 0.2);
  CHECK(parameter_count(layer) == 2 * 7);
  std::string names;
  named_buffers(
      [&](std::string_view name, auto& b) { names += std::string(name) + rapt::to_string(b.shape()); },
      layer);
  CHECK(names == "running_mean(7)running_var(7)");
  const auto single = rapt::cast<float>(layer);
  CHECK(single.eps == 1e-3);
  CHECK(single.momentum == 0.2);
  CHECK(single.running_var(6) == 1);
}

TEST_CASE("BatchNorm1d agrees with PyTorch in prediction and training", "[nn][batch_norm_1d][golden]") {
  rapt_test::check_layer_golden("batch_norm_1d_prediction", rapt::BatchNorm1d<double>{});

  rapt::BatchNorm1d<double>::Cache cache;
  start_training(cache, rapt::RandomStream(1));
  rapt_test::check_layer_golden("batch_norm_1d_training", rapt::BatchNorm1d<double>{}, cache);

  const auto before = rapt_test::layer_golden("batch_norm_1d_before");
  const auto after = rapt_test::layer_golden("batch_norm_1d_training");
  rapt::BatchNorm1d<double> layer(3);
  layer.running_mean = before.tensor<double, 1>("before.running_mean");
  layer.running_var = before.tensor<double, 1>("before.running_var");
  const auto x = after.tensor<double, 2>("x");
  layer.forward(x, cache);
  layer.absorb(cache);
  using rapt::testing::largest_difference;
  CHECK(largest_difference(layer.running_mean, after.tensor<double, 1>("layer.running_mean")) < 1e-10);
  CHECK(largest_difference(layer.running_var, after.tensor<double, 1>("layer.running_var")) < 1e-10);
}

TEST_CASE("BatchNorm1d has the tangent of a double backward in PyTorch",
          "[nn][batch_norm_1d][tangent][golden]") {
  const rapt::BatchNorm1d<double> layer(3);
  rapt_test::check_tangent_golden("batch_norm_1d_tangent_prediction", layer);
  rapt::BatchNorm1d<double>::Cache cache;
  start_training(cache, rapt::RandomStream(1));
  rapt_test::check_tangent_golden("batch_norm_1d_tangent_training", layer, cache);
}
