#include <rapt/gan/minibatch_std_dev.hpp>

#include <rapt/nn/avg_pool_2d.hpp>
#include <rapt/nn/conv_2d.hpp>
#include <rapt/nn/flatten.hpp>
#include <rapt/nn/linear.hpp>
#include <rapt/nn/sequential.hpp>
#include <rapt/nn/tanh.hpp>
#include <rapt/nn/upsample.hpp>

#include "support/catch.hpp"
#include "support/image_golden.hpp"
#include "support/layer_properties.hpp"
#include "support/tangent_properties.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>
#include <vector>

namespace {

// A batch that makes whole groups, few of them, or less than one.
rapt::Index minibatch_of(rapt_test::Draw& draw, rapt::Index group_size) {
  const rapt::Index groups = draw.pick(std::array<rapt::Index, 4>{0, 1, 2, 3});
  if (group_size == 0) return draw.size();
  return draw.small() == 1 ? std::min<rapt::Index>(group_size, draw.small()) : groups * group_size;
}

template <class T>
struct MinibatchStdDevSample {
  explicit MinibatchStdDevSample(rapt_test::Draw& draw)
      : layer(draw.pick(std::array<rapt::Index, 5>{0, 1, 3, 4, 5}), draw.small() > 3 ? 1e-8 : 0.1) {
    const rapt::Index batch = minibatch_of(draw, layer.group_size);
    x = draw.normal<T, 4>({batch, draw.size(), draw.small(), draw.positive()});
  }
  rapt::MinibatchStdDev<T> layer;
  rapt::Tensor<T, 4> x;
  auto input() const { return x.view(); }
};

template <class T>
struct MinibatchStdDevRowsSample {
  explicit MinibatchStdDevRowsSample(rapt_test::Draw& draw)
      : layer(draw.pick(std::array<rapt::Index, 4>{0, 2, 3, 4}), 0.01) {
    // Several chunks of features, but few samples: what a single number weighs must stay far above rounding.
    const bool wide = draw.small() == 1;
    const rapt::Index batch = minibatch_of(draw, layer.group_size);
    x = draw.normal<T, 2>(
        {wide ? std::min<rapt::Index>(batch, layer.group_size) : batch, wide ? 300 : draw.size()});
  }
  rapt::MinibatchStdDev<T, 2> layer;
  rapt::Tensor<T, 2> x;
  auto input() const { return x.view(); }
};

std::vector<double> minibatch_numbers(const auto& view) { return {view.begin(), view.end()}; }

}  // namespace

RAPT_TEST_LAYER("MinibatchStdDev", MinibatchStdDevSample, "[gan][minibatch_std_dev]")
RAPT_TEST_TANGENT("MinibatchStdDev", MinibatchStdDevSample, "[gan][minibatch_std_dev]")
RAPT_TEST_LAYER("MinibatchStdDev of rows", MinibatchStdDevRowsSample, "[gan][minibatch_std_dev]")
RAPT_TEST_TANGENT("MinibatchStdDev of rows", MinibatchStdDevRowsSample, "[gan][minibatch_std_dev]")

TEMPLATE_TEST_CASE("MinibatchStdDev gives the values worked out by hand", "[gan][minibatch_std_dev]", float,
                   double) {
  using T = TestType;
  using Numbers = std::vector<double>;
  // Without eps, groups of two: samples 0 and 2, with deviations 1 and 3, and samples 1 and 3, with 0 and 2.
  const rapt::Tensor<T, 4> x({4, 1, 1, 2}, {1, 1, 5, 0, 3, 7, 5, 4});
  const rapt::MinibatchStdDev<T> layer(2, 0);
  typename rapt::MinibatchStdDev<T>::Cache cache;
  const auto y = layer.forward(x, cache);
  CHECK(y.shape() == rapt::Shape<4>{4, 2, 1, 2});
  CHECK(minibatch_numbers(y) == Numbers{1, 1, 2, 2, 5, 0, 1, 1, 3, 7, 2, 2, 5, 4, 1, 1});

  // Group sums of the channel's gradient: 4 and 8. dx = dy + sum / (2 features 2 samples) (x - mu) / sigma
  const rapt::Tensor<T, 4> dy({4, 2, 1, 2}, {1, 2, 1, 0, 3, 4, 8, 0, 5, 6, 0, 3, 7, 8, 0, 0});
  CHECK(minibatch_numbers(layer.backward(dy, cache, nullptr)) == Numbers{0, 1, 3, 2, 6, 7, 7, 10});

  // s' = mean of (x - mu) x' / (2 sigma): (-1 + 2) / 2, (-3 + 1) / 2 and 0 where sigma is 0, (4 - 1) / 2
  const rapt::Tensor<T, 4> dx({4, 1, 1, 2}, {1, 3, 9, 1, 2, 1, 7, 4});
  const auto dy_tangent = layer.forward_tangent(dx, cache);
  CHECK(minibatch_numbers(dy_tangent) ==
        Numbers{1, 3, -0.25, -0.25, 9, 1, 0.75, 0.75, 2, 1, -0.25, -0.25, 7, 4, 0.75, 0.75});

  const rapt::MinibatchStdDev<T, 2> rows(0, 0);
  typename rapt::MinibatchStdDev<T, 2>::Cache row_cache;
  const rapt::Tensor<T, 2> three({3, 2}, {0, 2, 3, 2, 3, 2});  // deviations sqrt(2) and 0
  const auto z = rows.forward(three, row_cache);
  CHECK(z.shape() == rapt::Shape<2>{3, 3});
  CHECK(z(0, 2) == Catch::Approx(std::sqrt(2.0) / 2));
  CHECK(parameter_count(rows) == 0);
}

TEST_CASE("Equal samples have no deviation and count as without derivatives", "[gan][minibatch_std_dev]") {
  // Without eps the root is not differentiable at 0: first and second derivatives count as 0 there.
  const rapt::MinibatchStdDev<double, 2> layer(0, 0);
  rapt::MinibatchStdDev<double, 2>::Cache cache;
  const rapt::Tensor<double, 2> x({2, 2}, {3, 5, 3, 5}), dx({2, 2}, {1, 2, -3, 4});
  const rapt::Tensor<double, 2> dy({2, 3}, {1, 2, 7, 3, 4, 9});
  CHECK(layer.forward(x, cache)(0, 2) == 0);
  CHECK(minibatch_numbers(layer.backward(dy, cache, nullptr)) == std::vector<double>{1, 2, 3, 4});
  CHECK(minibatch_numbers(layer.forward_tangent(dx, cache)) == std::vector<double>{1, 2, 0, -3, 4, 0});
  const auto by = layer.backward_tangent(dy, {}, cache, nullptr);
  CHECK(minibatch_numbers(by.tangent) == std::vector<double>{1, 2, 3, 4});
  CHECK(minibatch_numbers(by.input) == std::vector<double>{0, 0, 0, 0});

  // With it the root is smooth: sigma = sqrt(eps), and only its second derivative is not 0.
  const rapt::MinibatchStdDev<double, 2> smooth(0, 0.25);
  CHECK(smooth.forward(x, cache)(0, 2) == 0.5);
  CHECK(minibatch_numbers(smooth.backward(dy, cache, nullptr)) == std::vector<double>{1, 2, 3, 4});
  CHECK(minibatch_numbers(smooth.forward_tangent(dx, cache)) == std::vector<double>{1, 2, 0, -3, 4, 0});
  // (7 + 9) / (2 features 2 samples) (x' - mu') / sigma
  const auto bent = smooth.backward_tangent(dy, {}, cache, nullptr);
  CHECK(minibatch_numbers(bent.input) == std::vector<double>{16, -8, -16, 8});
}

TEST_CASE("A sample alone has the deviation of eps", "[gan][minibatch_std_dev]") {
  const rapt::MinibatchStdDev<double, 2> layer(4, 0.25);
  rapt::MinibatchStdDev<double, 2>::Cache cache;
  const rapt::Tensor<double, 2> one({1, 3}, {3, 5, 7}), none({0, 3}), bare({2, 0});
  CHECK(layer.forward(one, cache)(0, 3) == 0.5);
  CHECK(layer.forward(none, cache).shape() == rapt::Shape<2>{0, 4});
  CHECK(minibatch_numbers(layer.forward(bare, cache)) == std::vector<double>{0, 0});
}

TEST_CASE("MinibatchStdDev says what does not fit", "[gan][minibatch_std_dev][errors]") {
  using Catch::Matchers::Message;
  using Layer = rapt::MinibatchStdDev<float>;
  CHECK_THROWS_MATCHES(Layer(-1), std::invalid_argument,
                       Message("MinibatchStdDev: group_size is -1, expected at least 0"));
  CHECK_THROWS_MATCHES(Layer(4, -0.5), std::invalid_argument,
                       Message("MinibatchStdDev: eps is -0.5, expected at least 0"));
  const Layer layer;
  Layer::Cache cache;
  const rapt::Tensor<float, 4> x({6, 2, 3, 3}), good({8, 2, 3, 3}), dy({8, 2, 3, 3}), wide({8, 3, 3, 3});
  CHECK_THROWS_MATCHES(
      layer.forward(x, cache), rapt::ShapeError,
      Message("MinibatchStdDev::forward: x has shape (6, 2, 3, 3), but 6 samples do not make "
              "groups of 4"));
  layer.forward(good, cache);
  CHECK_THROWS_MATCHES(
      layer.backward(dy, cache, nullptr), rapt::ShapeError,
      Message("MinibatchStdDev::backward: dy has shape (8, 2, 3, 3), expected (8, 3, 3, 3)"));
  CHECK_THROWS_MATCHES(
      layer.forward_tangent(x, cache), rapt::ShapeError,
      Message("MinibatchStdDev::forward_tangent: dx has shape (6, 2, 3, 3), expected (8, 2, 3, 3)"));
  layer.forward_tangent(good, cache);
  CHECK_THROWS_MATCHES(
      layer.backward_tangent(dy, {}, cache, nullptr), rapt::ShapeError,
      Message("MinibatchStdDev::backward_tangent: d_dy has shape (8, 2, 3, 3), expected (8, 3, 3, 3)"));
  CHECK_THROWS_MATCHES(
      layer.backward_tangent(wide, dy, cache, nullptr), rapt::ShapeError,
      Message("MinibatchStdDev::backward_tangent: dy has shape (8, 2, 3, 3), expected (8, 3, 3, 3)"));
}

TEST_CASE("MinibatchStdDev keeps no tangent of another forward", "[gan][minibatch_std_dev][errors]") {
  using Catch::Matchers::Message;
  rapt::MinibatchStdDev<double> layer(2);
  rapt::MinibatchStdDev<double>::Cache cache;
  const rapt::Tensor<double, 4> x({2, 4, 3, 3}), dy({2, 5, 3, 3});
  const auto text = Message(
      "MinibatchStdDev::backward_tangent: dx of forward_tangent has shape (0, 0, 0, 0), expected (2, 4, 3, "
      "3)");
  layer.forward(x, cache);
  CHECK_THROWS_MATCHES(layer.backward_tangent(dy, {}, cache, nullptr), rapt::ShapeError, text);
  layer.forward_tangent(x, cache);
  CHECK(layer.backward_tangent(dy, {}, cache, nullptr).tangent.shape() == x.shape());
  // Twice as many groups: mean and deviation of the tangent before are too few numbers for them.
  layer.group_size = 1;
  layer.forward(x, cache);
  CHECK_THROWS_MATCHES(layer.backward_tangent(dy, {}, cache, nullptr), rapt::ShapeError, text);
  CHECK(layer.backward_tangent({}, dy, cache, nullptr).input.shape() == x.shape());
  layer.forward_tangent(x, cache);
  CHECK(layer.backward_tangent(dy, {}, cache, nullptr).tangent.shape() == x.shape());
}

TEST_CASE("MinibatchStdDev agrees with PyTorch twice", "[gan][minibatch_std_dev][golden]") {
  const auto golden = rapt_test::layer_golden("minibatch_std_dev_tangent");
  using rapt_test::check_tangent_case;
  check_tangent_case(golden, "groups", rapt::MinibatchStdDev<double>());
  check_tangent_case(golden, "batch", rapt::MinibatchStdDev<double>(0, 0.5));
  check_tangent_case(golden, "small_batch", rapt::MinibatchStdDev<double>());
  check_tangent_case(golden, "rows", rapt::MinibatchStdDev<double, 2>(2));
}

TEST_CASE("A critic of images with MinibatchStdDev can be differentiated twice", "[gan][minibatch_std_dev]") {
  rapt::RandomStream stream(5);
  using rapt::Sequential;
  const Sequential critic(rapt::Upsample<double>({.scale_factor = 2, .mode = rapt::UpsampleMode::bilinear}),
                          rapt::Conv2d<double>(2, 3, 3, stream, {.padding = 1}), rapt::Tanh<double, 4>(),
                          rapt::AvgPool2d<double>(2), rapt::MinibatchStdDev<double>(2, 0.01),
                          rapt::Flatten<double>(), rapt::Linear<double>(4 * 3 * 4, 1, stream));
  rapt_test::Draw draw(6);
  const auto x = draw.normal<double, 4>({4, 2, 3, 4});
  CHECK(rapt::testing::check_gradient(critic, x).worst < 1e-6);
  const auto report = rapt::testing::check_tangent(critic, x, rapt::testing::Adjoints::both);
  INFO("worst at " << report.where);
  CHECK(report.worst < 1e-6);
}
