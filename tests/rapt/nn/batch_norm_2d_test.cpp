#include <rapt/nn/batch_norm_2d.hpp>

#include "support/catch.hpp"
#include "support/layer_golden.hpp"
#include "support/layer_properties.hpp"
#include "support/tangent_golden.hpp"
#include "support/tangent_properties.hpp"

#include <cmath>
#include <string>
#include <vector>

namespace {

template <class T>
struct BatchNorm2dSample {
  // One pixel cannot be trained on, and two of them become -1 and 1 whatever they were.
  explicit BatchNorm2dSample(rapt_test::Draw& draw)
      : layer(draw.pick(std::array<rapt::Index, 5>{0, 1, 2, 3, 7})),
        x(draw.normal<T, 4>({draw.pick(std::array<rapt::Index, 4>{0, 1, 2, 5}), layer.channels(),
                             draw.pick(std::array<rapt::Index, 5>{1, 2, 3, 4, 5}),
                             draw.pick(std::array<rapt::Index, 4>{3, 5, 8, 17})},
                            2)) {
    layer.weight = draw.normal<T, 1>(layer.weight.shape());
    layer.bias = draw.normal<T, 1>(layer.bias.shape());
    layer.running_mean = draw.normal<T, 1>(layer.bias.shape());
    layer.running_var = draw.uniform<T, 1>(layer.bias.shape(), 0.5, 2);
  }
  rapt::BatchNorm2d<T> layer;
  rapt::Tensor<T, 4> x;
  auto input() const { return x.view(); }
};

std::vector<double> batch_norm_2d_numbers(const auto& view) { return {view.begin(), view.end()}; }

}  // namespace

RAPT_TEST_LAYER("BatchNorm2d", BatchNorm2dSample, "[nn][batch_norm_2d]")
RAPT_TEST_TANGENT("BatchNorm2d", BatchNorm2dSample, "[nn][batch_norm_2d]")

TEMPLATE_TEST_CASE("BatchNorm2d gives the values worked out by hand", "[nn][batch_norm_2d]", float, double) {
  using T = TestType;
  rapt::BatchNorm2d<T> layer(2, 3.0, 0.5);
  layer.weight = rapt::Tensor<T, 1>({2}, {10, 1});
  layer.bias = rapt::Tensor<T, 1>({2}, {7, 0});
  layer.running_mean = rapt::Tensor<T, 1>({2}, {2, 1});
  layer.running_var = rapt::Tensor<T, 1>({2}, {13, 1});
  // two images of two channels and one pixel: channel 0 is 3, 5, channel 1 is 1, 1
  const rapt::Tensor<T, 4> x({2, 2, 1, 1}, {3, 1, 5, 1}), dy({2, 2, 1, 1}, {4, 6, 1, 2});
  typename rapt::BatchNorm2d<T>::Cache cache;
  auto gradient = zeros_like(layer);

  // prediction: (x - 2) / sqrt(13 + 3), (x - 1) / sqrt(1 + 3)
  auto y = layer.forward(x, cache);
  CHECK(batch_norm_2d_numbers(y) == std::vector<double>{9.5, 0, 14.5, 0});
  CHECK(batch_norm_2d_numbers(layer.backward(dy, cache, &gradient)) == std::vector<double>{10, 3, 2.5, 1});
  CHECK(batch_norm_2d_numbers(gradient.weight) == std::vector<double>{1 + 0.75, 0});
  CHECK(batch_norm_2d_numbers(gradient.bias) == std::vector<double>{5, 8});

  // training: channel 0 has mean 4, variance 1, so z = (-1, 1) / sqrt(1 + 3)
  start_training(cache, rapt::RandomStream(1));
  y = layer.forward(x, cache);
  CHECK(batch_norm_2d_numbers(y) == std::vector<double>{2, 0, 12, 0});
  // mean of dy 2.5, of dy z -0.75: dx = 10 / 2 (4 - 2.5 - 0.375, 1 - 2.5 + 0.375)
  const auto dx = layer.backward(dy, cache, nullptr);
  CHECK(dx(0, 0, 0, 0) == T(5.625));
  CHECK(dx(1, 0, 0, 0) == T(-5.625));
  // a constant channel: scale 1 / sqrt(3), mean of dy 4
  CHECK(dx(0, 1, 0, 0) == Catch::Approx(2 / std::sqrt(3.0)));
}

TEST_CASE("BatchNorm2d moves its averages when it absorbs and not before", "[nn][batch_norm_2d]") {
  rapt::BatchNorm2d<double> layer(1, 1e-5, 0.25);
  const rapt::Tensor<double, 4> x({1, 1, 1, 2}, {3, 5});
  rapt::BatchNorm2d<double>::Cache cache;
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

TEST_CASE("BatchNorm2d keeps the variance of pixels far from 0", "[nn][batch_norm_2d]") {
  rapt::BatchNorm2d<float> layer(1, 0.0);
  rapt::Tensor<float, 4> x({4, 1, 3, 3});
  for (rapt::Index i = 0; i < x.size(); ++i) x.data()[i] = 1e4f + static_cast<float>(i % 2);
  rapt::BatchNorm2d<float>::Cache cache;
  start_training(cache, rapt::RandomStream(1));
  const auto y = layer.forward(x, cache);
  for (rapt::Index i = 0; i < x.size(); ++i)
    CHECK(y.data()[i] == Catch::Approx(i % 2 == 0 ? -1 : 1).margin(0.01));
}

TEST_CASE("BatchNorm2d refuses to train on one pixel and passes none", "[nn][batch_norm_2d][errors]") {
  rapt::BatchNorm2d<float> layer(3);
  rapt::BatchNorm2d<float>::Cache cache;
  const rapt::Tensor<float, 4> one({1, 3, 1, 1}), none({0, 3, 4, 4}), flat({2, 3, 4, 0});
  CHECK_NOTHROW(layer.forward(one, cache));
  start_training(cache, rapt::RandomStream(1));
  CHECK_THROWS_MATCHES(layer.forward(one, cache), std::invalid_argument,
                       Catch::Matchers::Message(
                           "BatchNorm2d::forward: x has shape (1, 3, 1, 1), but one pixel has no variance to "
                           "train on; expected B H W at least 2"));
  CHECK(layer.forward(none, cache).size() == 0);
  layer.absorb(cache);
  CHECK(layer.forward(flat, cache).size() == 0);
  layer.absorb(cache);
  for (const float v : layer.running_var) CHECK(v == 1);
}

TEST_CASE("BatchNorm2d checks its settings and shapes", "[nn][batch_norm_2d][errors]") {
  using Catch::Matchers::Message;
  CHECK_THROWS_MATCHES(rapt::BatchNorm2d<float>(3, -0.5), std::invalid_argument,
                       Message("BatchNorm2d: eps is -0.5, expected at least 0"));
  CHECK_THROWS_MATCHES(rapt::BatchNorm2d<float>(3, 1e-5, 1.5), std::invalid_argument,
                       Message("BatchNorm2d: momentum is 1.5, expected 0 <= momentum <= 1"));
  rapt::BatchNorm2d<float> layer(3), other(2);
  rapt::BatchNorm2d<float>::Cache cache;
  const rapt::Tensor<float, 4> x({2, 4, 2, 2}), good({2, 3, 2, 2});
  CHECK_THROWS_MATCHES(layer.forward(x, cache), rapt::ShapeError,
                       Message("BatchNorm2d::forward: x has shape (2, 4, 2, 2), expected (*, 3, *, *)"));
  start_training(cache, rapt::RandomStream(1));
  layer.forward(good, cache);
  CHECK_THROWS_MATCHES(layer.backward(x, cache, nullptr), rapt::ShapeError,
                       Message("BatchNorm2d::backward: dy has shape (2, 4, 2, 2), expected (2, 3, 2, 2)"));
  CHECK_THROWS_MATCHES(other.absorb(cache), rapt::ShapeError,
                       Message("BatchNorm2d::absorb: mean has shape (3), expected (2)"));
}

TEST_CASE("BatchNorm2d checks what changed after its constructor", "[nn][batch_norm_2d][errors]") {
  using Catch::Matchers::Message;
  const rapt::BatchNorm2d<double> good(3);
  const rapt::Tensor<double, 4> x({2, 3, 2, 2});
  rapt::BatchNorm2d<double>::Cache cache, fresh;
  start_training(cache, rapt::RandomStream(1));
  good.forward(x, cache);
  auto layer = good;
  layer.running_mean.resize({2});
  CHECK_THROWS_MATCHES(layer.absorb(cache), rapt::ShapeError,
                       Message("BatchNorm2d::absorb: running_mean has shape (2), expected (3)"));
  layer = good;
  layer.running_var.resize({2});
  CHECK_THROWS_MATCHES(layer.absorb(cache), rapt::ShapeError,
                       Message("BatchNorm2d::absorb: running_var has shape (2), expected (3)"));
  layer = good;
  layer.momentum = -0.5;
  CHECK_THROWS_MATCHES(layer.absorb(cache), std::invalid_argument,
                       Message("BatchNorm2d::absorb: momentum is -0.5, expected 0 <= momentum <= 1"));
  CHECK(layer.running_var(0) == 1);
  layer.eps = -9;
  CHECK_THROWS_MATCHES(layer.forward(x, fresh), std::invalid_argument,
                       Message("BatchNorm2d::forward: eps is -9, expected at least 0"));
  CHECK(fresh.pass.y.size() == 0);
}

TEST_CASE("BatchNorm2d has two parameters and two buffers a channel", "[nn][batch_norm_2d]") {
  const rapt::BatchNorm2d<double> layer(7, 1e-3, 0.2);
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

TEST_CASE("BatchNorm2d agrees with PyTorch in prediction and training", "[nn][batch_norm_2d][golden]") {
  rapt_test::check_layer_golden("batch_norm_2d_prediction", rapt::BatchNorm2d<double>{});

  rapt::BatchNorm2d<double>::Cache cache;
  start_training(cache, rapt::RandomStream(1));
  rapt_test::check_layer_golden("batch_norm_2d_training", rapt::BatchNorm2d<double>{}, cache);

  const auto before = rapt_test::layer_golden("batch_norm_2d_before");
  const auto after = rapt_test::layer_golden("batch_norm_2d_training");
  rapt::BatchNorm2d<double> layer(3);
  layer.running_mean = before.tensor<double, 1>("before.running_mean");
  layer.running_var = before.tensor<double, 1>("before.running_var");
  const auto x = after.tensor<double, 4>("x");
  layer.forward(x, cache);
  layer.absorb(cache);
  using rapt::testing::largest_difference;
  CHECK(largest_difference(layer.running_mean, after.tensor<double, 1>("layer.running_mean")) < 1e-10);
  CHECK(largest_difference(layer.running_var, after.tensor<double, 1>("layer.running_var")) < 1e-10);
}

TEST_CASE("BatchNorm2d has the tangent of a double backward in PyTorch",
          "[nn][batch_norm_2d][tangent][golden]") {
  const rapt::BatchNorm2d<double> layer(2);
  rapt_test::check_tangent_golden("batch_norm_2d_tangent_prediction", layer);
  rapt::BatchNorm2d<double>::Cache cache;
  start_training(cache, rapt::RandomStream(1));
  rapt_test::check_tangent_golden("batch_norm_2d_tangent_training", layer, cache);
}
