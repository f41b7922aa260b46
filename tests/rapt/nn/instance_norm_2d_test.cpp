#include <rapt/nn/instance_norm_2d.hpp>

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
struct InstanceNorm2dSample {
  // Channels of one or two pixels hardly depend on them: there rounding is all one would compare.
  explicit InstanceNorm2dSample(rapt_test::Draw& draw)
      : layer(draw.pick(std::array<rapt::Index, 5>{0, 1, 2, 3, 7}),
              draw.pick(std::array<rapt::Index, 3>{0, 1, 2}) == 0 ? rapt::Affine::no : rapt::Affine::yes,
              draw.pick(std::array<rapt::Index, 2>{0, 1}) == 0 ? rapt::RunningStatistics::no
                                                               : rapt::RunningStatistics::yes),
        x(draw.normal<T, 4>({draw.pick(std::array<rapt::Index, 4>{0, 1, 2, 3}), layer.num_features,
                             draw.pick(std::array<rapt::Index, 5>{1, 2, 3, 4, 5}),
                             draw.pick(std::array<rapt::Index, 5>{0, 3, 5, 8, 17})},
                            2)) {
    layer.weight = draw.normal<T, 1>(layer.weight.shape());
    layer.bias = draw.normal<T, 1>(layer.bias.shape());
    layer.running_mean = draw.normal<T, 1>(layer.running_mean.shape());
    layer.running_var = draw.uniform<T, 1>(layer.running_var.shape(), 0.5, 2);
  }
  rapt::InstanceNorm2d<T> layer;
  rapt::Tensor<T, 4> x;
  auto input() const { return x.view(); }
};

}  // namespace

RAPT_TEST_LAYER("InstanceNorm2d", InstanceNorm2dSample, "[nn][instance_norm_2d]")
RAPT_TEST_TANGENT("InstanceNorm2d", InstanceNorm2dSample, "[nn][instance_norm_2d]")

TEMPLATE_TEST_CASE("InstanceNorm2d gives the values worked out by hand", "[nn][instance_norm_2d]", float,
                   double) {
  using T = TestType;
  rapt::InstanceNorm2d<T> layer(1, rapt::Affine::yes, rapt::RunningStatistics::no, 3.0);
  layer.weight(0) = 10;
  layer.bias(0) = 7;
  // Image 0 is 3, 5: mean 4, variance 1, z = (-1, 1) / sqrt(1 + 3). Image 1 is 8, 4: mean 6, variance 4.
  const rapt::Tensor<T, 4> x({2, 1, 1, 2}, {3, 5, 8, 4}), dy({2, 1, 1, 2}, {4, 1, 0, 0});
  typename rapt::InstanceNorm2d<T>::Cache cache;
  auto gradient = zeros_like(layer);
  const auto y = layer.forward(x, cache);
  CHECK(y(0, 0, 0, 0) == T(2));
  CHECK(y(0, 0, 0, 1) == T(12));
  CHECK(y(1, 0, 0, 0) == Catch::Approx(7 + 20 / std::sqrt(7.0)));
  // mean of dy 2.5, of dy z -0.75: dx = 10 / 2 (4 - 2.5 - 0.375, 1 - 2.5 + 0.375)
  const auto dx = layer.backward(dy, cache, &gradient);
  CHECK(std::vector<T>(dx.begin(), dx.end()) == std::vector<T>{5.625, -5.625, 0, 0});
  CHECK(gradient.weight(0) == T(-1.5));
  CHECK(gradient.bias(0) == T(5));
}

TEST_CASE("InstanceNorm2d moves its averages by the mean over the images", "[nn][instance_norm_2d]") {
  rapt::InstanceNorm2d<double> layer(1, rapt::Affine::no, rapt::RunningStatistics::yes, 3.0, 0.25);
  const rapt::Tensor<double, 4> x({2, 1, 1, 2}, {3, 5, 8, 4}), none({0, 1, 1, 2});
  rapt::InstanceNorm2d<double>::Cache cache;
  layer.running_var(0) = 13;
  CHECK(layer.forward(x, cache)(0, 0, 0, 1) == 1.25);  // 5 / sqrt(13 + 3)
  absorb(layer, cache);                                // a prediction proposes nothing
  CHECK(layer.running_mean(0) == 0);
  start_training(cache, rapt::RandomStream(1));
  layer.forward(none, cache);
  absorb(layer, cache);
  CHECK(layer.running_mean(0) == 0);
  CHECK(layer.forward(x, cache)(0, 0, 0, 1) == 0.5);
  absorb(layer, cache);
  CHECK(layer.running_mean(0) == 0.25 * (4 + 6) / 2);
  CHECK(layer.running_var(0) == 0.75 * 13 + 0.25 * (2 + 8) / 2);  // unbiased variances 2 and 8
}

TEST_CASE("InstanceNorm2d without averages predicts as it trains and absorbs nothing",
          "[nn][instance_norm_2d]") {
  rapt_test::Draw draw(4);
  rapt::InstanceNorm2d<double> layer(2);
  const auto x = draw.normal<double, 4>({2, 2, 3, 3});
  rapt::InstanceNorm2d<double>::Cache predicting, training;
  start_training(training, rapt::RandomStream(1));
  CHECK(rapt::testing::largest_difference(layer.forward(x, predicting), layer.forward(x, training)) == 0);
  absorb(layer, training);
  CHECK(layer.running_mean.size() == 0);
}

TEST_CASE("InstanceNorm2d has parameters and buffers only where asked", "[nn][instance_norm_2d]") {
  using rapt::Affine;
  using rapt::RunningStatistics;
  CHECK(parameter_count(rapt::InstanceNorm2d<double>(7)) == 0);
  const rapt::InstanceNorm2d<double> layer(7, Affine::yes, RunningStatistics::yes, 1e-3, 0.2);
  CHECK(parameter_count(layer) == 2 * 7);
  for (const double w : layer.weight) CHECK(w == 1);
  const auto single = rapt::cast<float>(layer);
  CHECK(single.eps == 1e-3);
  CHECK(single.momentum == 0.2);
  CHECK(single.num_features == 7);
  CHECK(single.running_var(6) == 1);
}

TEST_CASE("InstanceNorm2d checks its settings and shapes", "[nn][instance_norm_2d][errors]") {
  using Catch::Matchers::Message;
  using rapt::Affine;
  using rapt::RunningStatistics;
  using Norm = rapt::InstanceNorm2d<float>;
  CHECK_THROWS_MATCHES(Norm(3, Affine::no, RunningStatistics::no, -0.5), std::invalid_argument,
                       Message("InstanceNorm2d: eps is -0.5, expected at least 0"));
  CHECK_THROWS_MATCHES(Norm(3, Affine::no, RunningStatistics::no, 1e-5, 1.5), std::invalid_argument,
                       Message("InstanceNorm2d: momentum is 1.5, expected 0 <= momentum <= 1"));
  Norm layer(3), other(2, Affine::no, RunningStatistics::yes);
  Norm::Cache cache;
  const rapt::Tensor<float, 4> x({2, 4, 2, 2}), good({2, 3, 2, 2}), one({2, 3, 1, 1});
  CHECK_THROWS_MATCHES(layer.forward(x, cache), rapt::ShapeError,
                       Message("InstanceNorm2d::forward: x has shape (2, 4, 2, 2), expected (*, 3, *, *)"));
  CHECK_THROWS_MATCHES(layer.forward(one, cache), std::invalid_argument,
                       Message("InstanceNorm2d::forward: x has shape (2, 3, 1, 1), but one pixel has no "
                               "variance; expected H W at least 2"));
  layer.forward(good, cache);
  CHECK_THROWS_MATCHES(layer.backward(x, cache, nullptr), rapt::ShapeError,
                       Message("InstanceNorm2d::backward: dy has shape (2, 4, 2, 2), expected (2, 3, 2, 2)"));
  CHECK_THROWS_MATCHES(other.absorb(cache), rapt::ShapeError,
                       Message("InstanceNorm2d::absorb: mean has shape (6), expected (4)"));
}

TEST_CASE("InstanceNorm2d checks what changed after its constructor", "[nn][instance_norm_2d][errors]") {
  using Catch::Matchers::Message;
  const rapt::InstanceNorm2d<double> good(3, rapt::Affine::yes, rapt::RunningStatistics::yes);
  const rapt::Tensor<double, 4> x({2, 3, 2, 2});
  rapt::InstanceNorm2d<double>::Cache cache;
  start_training(cache, rapt::RandomStream(1));
  good.forward(x, cache);
  auto layer = good;
  layer.running_mean.resize({2});
  CHECK_THROWS_MATCHES(layer.absorb(cache), rapt::ShapeError,
                       Message("InstanceNorm2d::absorb: running_mean has shape (2), expected (3)"));
  layer = good;
  layer.running_var.resize({2});
  CHECK_THROWS_MATCHES(layer.absorb(cache), rapt::ShapeError,
                       Message("InstanceNorm2d::absorb: running_var has shape (2), expected (3)"));
  layer = good;
  layer.momentum = 1.5;
  CHECK_THROWS_MATCHES(layer.absorb(cache), std::invalid_argument,
                       Message("InstanceNorm2d::absorb: momentum is 1.5, expected 0 <= momentum <= 1"));
  CHECK(layer.running_var(0) == 1);
  layer.eps = -9;
  rapt::InstanceNorm2d<double>::Cache fresh;
  CHECK_THROWS_MATCHES(layer.forward(x, fresh), std::invalid_argument,
                       Message("InstanceNorm2d::forward: eps is -9, expected at least 0"));
  CHECK(fresh.pass.y.size() == 0);
}

TEST_CASE("InstanceNorm2d agrees with PyTorch in prediction and training", "[nn][instance_norm_2d][golden]") {
  using rapt::Affine;
  using rapt::RunningStatistics;
  rapt_test::check_layer_golden("instance_norm_2d", rapt::InstanceNorm2d<double>(3));
  const rapt::InstanceNorm2d<double> kept(3, Affine::yes, RunningStatistics::yes);
  rapt_test::check_layer_golden("instance_norm_2d_prediction", kept);
  rapt::InstanceNorm2d<double>::Cache cache;
  start_training(cache, rapt::RandomStream(1));
  rapt_test::check_layer_golden("instance_norm_2d_training", kept, cache);

  const auto before = rapt_test::layer_golden("instance_norm_2d_before");
  const auto after = rapt_test::layer_golden("instance_norm_2d_training");
  auto layer = kept;
  layer.running_mean = before.tensor<double, 1>("before.running_mean");
  layer.running_var = before.tensor<double, 1>("before.running_var");
  const auto x = after.tensor<double, 4>("x");
  layer.forward(x, cache);
  layer.absorb(cache);
  using rapt::testing::largest_difference;
  CHECK(largest_difference(layer.running_mean, after.tensor<double, 1>("layer.running_mean")) < 1e-10);
  CHECK(largest_difference(layer.running_var, after.tensor<double, 1>("layer.running_var")) < 1e-10);
}

TEST_CASE("InstanceNorm2d has the tangent of a double backward in PyTorch",
          "[nn][instance_norm_2d][tangent][golden]") {
  const rapt::InstanceNorm2d<double> layer(2, rapt::Affine::yes, rapt::RunningStatistics::yes);
  rapt_test::check_tangent_golden("instance_norm_2d_tangent_prediction", layer);
  rapt::InstanceNorm2d<double>::Cache cache;
  start_training(cache, rapt::RandomStream(1));
  rapt_test::check_tangent_golden("instance_norm_2d_tangent_training", layer, cache);
}
