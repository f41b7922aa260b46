#include <rapt/nn/conv_2d.hpp>

#include "support/catch.hpp"
#include "support/layer_golden.hpp"
#include "support/layer_properties.hpp"
#include "support/tangent_golden.hpp"
#include "support/tangent_properties.hpp"

#include <array>
#include <string>
#include <vector>

namespace {

template <class T>
struct Conv2dSample {
  explicit Conv2dSample(rapt_test::Draw& draw) : layer(made(draw)), x(image(draw, layer)) {}
  static rapt::Conv2d<T> made(rapt_test::Draw& draw) {
    const rapt::Index groups = draw.pick(std::array<rapt::Index, 4>{1, 1, 2, 3});
    const rapt::Index in = groups * draw.pick(std::array<rapt::Index, 4>{1, 2, 3, 5});
    const rapt::Index out = groups * draw.pick(std::array<rapt::Index, 5>{1, 2, 4, 7, 9});
    const auto pair = [&] { return rapt::PerAxis(1 + draw.small() % 3, 1 + draw.small() % 3); };
    const rapt::PerAxis kernel(draw.small() % 4 + 1, draw.small() % 4 + 1);
    const rapt::PerAxis stride = pair(), dilation = pair(), padding = pair();
    return {in,
            out,
            kernel,
            draw.values,
            {stride,
             {padding.height - 1, padding.width - 1},
             dilation,
             groups,
             draw.small() % 2 == 0 ? rapt::Bias::no : rapt::Bias::yes}};
  }
  // The smallest image that gives an output, and some more.
  static rapt::Tensor<T, 4> image(rapt_test::Draw& draw, const rapt::Conv2d<T>& layer) {
    const auto extent = [&](rapt::Index kernel, rapt::Index dilation, rapt::Index padding) {
      return std::max<rapt::Index>((kernel - 1) * dilation + 1 - 2 * padding, 1) +
             draw.pick(std::array<rapt::Index, 6>{0, 1, 2, 3, 5, 9});
    };
    const rapt::PerAxis kernel = layer.kernel_size();
    const rapt::Index batch = draw.pick(std::array<rapt::Index, 5>{0, 1, 2, 3, 5});
    const rapt::Index height = extent(kernel.height, layer.dilation.height, layer.padding.height);
    const rapt::Index width = extent(kernel.width, layer.dilation.width, layer.padding.width);
    return draw.normal<T, 4>({batch, layer.in_channels(), height, width});
  }
  rapt::Conv2d<T> layer;
  rapt::Tensor<T, 4> x;
  auto input() const { return x.view(); }
};

// What an unsuitable Conv2d says.
template <class Action>
std::string conv_2d_error(Action&& action) {
  try {
    action();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "nothing";
}

}  // namespace

RAPT_TEST_LAYER("Conv2d", Conv2dSample, "[nn][conv_2d]")
RAPT_TEST_TANGENT("Conv2d", Conv2dSample, "[nn][conv_2d]")

TEMPLATE_TEST_CASE("Conv2d::forward gives the values worked out by hand", "[nn][conv_2d]", float, double) {
  rapt::Conv2d<TestType> layer;
  layer.weight = rapt::Tensor<TestType, 4>({1, 1, 2, 2}, {1, 2, 3, 4});
  layer.bias = rapt::Tensor<TestType, 1>({1}, {100});
  const rapt::Tensor<TestType, 4> x({1, 1, 2, 3}, {1, 2, 3, 4, 5, 6});
  typename rapt::Conv2d<TestType>::Cache cache;

  const auto plain = layer.forward(x, cache);
  CHECK(std::vector<TestType>(plain.begin(), plain.end()) == std::vector<TestType>{137, 147});

  layer.padding = 1;
  layer.stride = {2, 3};
  const auto padded = layer.forward(x, cache);
  CHECK(padded.shape() == rapt::Shape<4>{1, 1, 2, 2});
  // 4 x00; 3 x02; 2 x10; 1 x12
  CHECK(std::vector<TestType>(padded.begin(), padded.end()) == std::vector<TestType>{104, 109, 108, 106});
}

TEST_CASE("One Conv2d applied twice before backward adds both gradients", "[nn][conv_2d]") {
  rapt::Conv2d<double> layer;
  layer.weight = rapt::Tensor<double, 4>({1, 1, 1, 2}, {2, 3});
  layer.bias = rapt::Tensor<double, 1>({1}, {0});
  const rapt::Tensor<double, 4> a({1, 1, 1, 3}, {1, 2, 3}), b({1, 1, 1, 3}, {10, 20, 30});
  const rapt::Tensor<double, 4> dy({1, 1, 1, 2}, {1, -1});
  rapt::Conv2d<double>::Cache first, second;
  auto gradient = zeros_like(layer);

  layer.forward(a, first);
  layer.forward(b, second);
  layer.backward(dy, first, &gradient);
  const auto dx = layer.backward(dy, second, &gradient);

  CHECK(std::vector<double>(gradient.weight.begin(), gradient.weight.end()) == std::vector<double>{-11, -11});
  CHECK(gradient.bias(0) == 0);
  CHECK(std::vector<double>(dx.begin(), dx.end()) == std::vector<double>{2, 1, -3});
}

TEST_CASE("Conv2d names the shapes that do not fit", "[nn][conv_2d][errors]") {
  rapt::RandomStream stream(1);
  const rapt::Conv2d<float> layer(3, 8, {3, 5}, stream, {.padding = {0, 1}});
  rapt::Conv2d<float>::Cache cache;
  const rapt::Tensor<float, 4> channels({2, 4, 9, 9}), low({2, 3, 2, 9}), good({2, 3, 3, 4}),
      dy({2, 8, 1, 1});
  CHECK(conv_2d_error([&] { layer.forward(channels, cache); }) ==
        "Conv2d::forward: x has shape (2, 4, 9, 9), expected (*, 3, *, *)");
  CHECK(conv_2d_error([&] { layer.forward(low, cache); }) ==
        "Conv2d::forward: x has shape (2, 3, 2, 9), padded by (0, 1) smaller than the kernel (3, 5) with "
        "dilation (1, 1): the output would be empty");
  layer.forward(good, cache);
  CHECK(conv_2d_error([&] { layer.backward(dy, cache, nullptr); }) ==
        "Conv2d::backward: dy has shape (2, 8, 1, 1), expected (2, 8, 1, 2)");
  CHECK(conv_2d_error([&] { layer.forward_tangent(low, cache); }) ==
        "Conv2d::forward_tangent: dx has shape (2, 3, 2, 9), expected (2, 3, 3, 4)");
}

TEST_CASE("Conv2d refuses settings that do not fit together", "[nn][conv_2d][errors]") {
  rapt::RandomStream stream(1);
  const auto made = [&](rapt::Index in, rapt::Index out, rapt::PerAxis kernel,
                        const rapt::Conv2dOptions& options) {
    return conv_2d_error([&] { rapt::Conv2d<float>(in, out, kernel, stream, options); });
  };
  CHECK(made(6, 9, 3, {.groups = 3}) == "nothing");
  CHECK(made(6, 9, 3, {.groups = 0}) == "Conv2d: groups is 0, expected at least 1");
  CHECK(made(6, 9, 3, {.groups = 4}) == "Conv2d: in_channels is 6, expected a multiple of groups = 4");
  CHECK(made(6, 9, 3, {.groups = 2}) == "Conv2d: out_channels is 9, expected a multiple of groups = 2");
  CHECK(made(-1, 9, 3, {}) == "Conv2d: in_channels is -1, expected at least 0");
  CHECK(made(6, 9, {3, 0}, {}) == "Conv2d: kernel_size is (3, 0), expected from 1 to 1048576 on each axis");
  CHECK(made(6, 9, 3, {.stride = {0, 2}}) ==
        "Conv2d: stride is (0, 2), expected from 1 to 1048576 on each axis");
  CHECK(made(6, 9, 3, {.padding = -1}) ==
        "Conv2d: padding is (-1, -1), expected from 0 to 1048576 on each axis");
  CHECK(made(6, 9, 3, {.dilation = {1, 2000000}}) ==
        "Conv2d: dilation is (1, 2000000), expected from 1 to 1048576 on each axis");
}

TEST_CASE("Conv2d checks settings that change before it writes", "[nn][conv_2d][errors]") {
  using Layer = rapt::Conv2d<double>;
  rapt::RandomStream stream(1);
  const rapt::Tensor<double, 4> x({2, 4, 5, 5});
  const auto forward_error = [&](auto&& change) {
    Layer layer(4, 4, 3, stream);
    Layer::Cache cache;
    change(layer);
    const auto text = conv_2d_error([&] { layer.forward(x, cache); });
    CHECK(cache.x.absent());
    CHECK(cache.y.size() == 0);
    return text;
  };
  const std::string range = " to 1048576 on each axis", where = "Conv2d::forward: ";
  CHECK(forward_error([](Layer& l) { l.stride = 0; }) == where + "stride is (0, 0), expected from 1" + range);
  const rapt::Index huge = rapt::Index{1} << 62;
  const std::string text = "4611686018427387904", both = "(" + text + ", " + text + ")";
  CHECK(forward_error([&](Layer& l) { l.stride = huge; }) ==
        where + "stride is " + both + ", expected from 1" + range);
  CHECK(forward_error([&](Layer& l) { l.padding = huge; }) ==
        where + "padding is " + both + ", expected from 0" + range);
  CHECK(forward_error([&](Layer& l) { l.dilation = huge; }) ==
        where + "dilation is " + both + ", expected from 1" + range);
  CHECK(forward_error([&](Layer& l) { l.groups = huge; }) ==
        where + "groups is " + text + ", expected at most 1048576");
  CHECK(forward_error([](Layer& l) { l.bias.resize({2}); }) == where + "bias has shape (2), expected (4)");
}

TEST_CASE("Conv2d checks settings and gradient against its forward", "[nn][conv_2d][errors]") {
  using Layer = rapt::Conv2d<double>;
  rapt::RandomStream stream(1);
  const rapt::Tensor<double, 4> x({2, 4, 5, 5});
  Layer layer(4, 4, 3, stream, {.stride = 2, .padding = 1}), gradient = layer;
  Layer::Cache cache;
  const auto dy = layer.forward(x, cache);
  layer.forward_tangent(x, cache);
  const auto all = [&](Layer* to) {
    return std::array{conv_2d_error([&] { layer.backward(dy, cache, to); }),
                      conv_2d_error([&] { layer.backward_tangent(dy, dy, cache, to); })};
  };
  Layer small(4, 4, 1, stream);
  CHECK(all(&small) ==
        std::array<std::string, 2>{
            "Conv2d::backward: gradient->weight has shape (4, 4, 1, 1), expected (4, 4, 3, 3)",
            "Conv2d::backward_tangent: gradient->weight has shape (4, 4, 1, 1), expected (4, 4, 3, 3)"});
  Layer other(4, 4, 3, stream, {.bias = rapt::Bias::no});
  CHECK(all(&other) ==
        std::array<std::string, 2>{"Conv2d::backward: gradient->bias has shape (0), expected (4)",
                                   "Conv2d::backward_tangent: gradient->bias has shape (0), expected (4)"});
  const std::string settings = "forward's y has shape (2, 4, 3, 3), expected ";
  layer.stride = 1;
  CHECK(all(&gradient) == std::array{"Conv2d::backward: " + settings + "(2, 4, 5, 5)",
                                     "Conv2d::backward_tangent: " + settings + "(2, 4, 5, 5)"});
  CHECK(conv_2d_error([&] { layer.forward_tangent(x, cache); }) ==
        "Conv2d::forward_tangent: " + settings + "(2, 4, 5, 5)");
  layer.stride = 2;
  layer.padding = 3;
  CHECK(all(&gradient)[0] == "Conv2d::backward: " + settings + "(2, 4, 5, 5)");
  layer.padding = 1;
  CHECK(all(&gradient)[0] == "nothing");
}

TEST_CASE("Conv2d has out times in over groups times kernel plus out parameters", "[nn][conv_2d]") {
  rapt::RandomStream stream(1);
  CHECK(parameter_count(rapt::Conv2d<float>(6, 9, {3, 5}, stream, {.groups = 3})) == 9 * 2 * 15 + 9);
  CHECK(parameter_count(rapt::Conv2d<float>(6, 9, 4, stream, {.bias = rapt::Bias::no})) == 9 * 6 * 16);
}

TEST_CASE("Conv2d begins within the bound of its fan in", "[nn][conv_2d]") {
  rapt::RandomStream stream(1);
  const rapt::Conv2d<double> layer(8, 64, {3, 5}, stream, {.groups = 2});
  const double bound = 1 / std::sqrt(4.0 * 15);
  double largest = 0, square = 0;
  for (const double w : layer.weight) {
    largest = std::max(largest, std::abs(w));
    square += w * w;
  }
  CHECK(largest <= bound);
  CHECK(largest > 0.99 * bound);
  CHECK(square / static_cast<double>(layer.weight.size()) == Approx(bound * bound / 3).epsilon(0.1));
  for (const double b : layer.bias) CHECK(std::abs(b) <= bound);
}

TEST_CASE("Conv2d agrees with PyTorch", "[nn][conv_2d][golden]") {
  rapt::Conv2d<double> uneven, depthwise;
  uneven.stride = {2, 3};
  uneven.padding = {1, 2};
  uneven.dilation = {2, 1};
  uneven.groups = 2;
  depthwise.stride = 2;
  depthwise.padding = 1;
  depthwise.groups = 5;
  rapt_test::check_layer_golden("conv_2d", rapt::Conv2d<double>{});
  rapt_test::check_layer_golden("conv_2d_uneven", uneven);
  rapt_test::check_layer_golden("conv_2d_depthwise", depthwise);
  rapt_test::check_layer_golden("conv_2d_pointwise", rapt::Conv2d<double>{});
}

TEST_CASE("Conv2d agrees with a double backward of PyTorch", "[nn][conv_2d][golden]") {
  rapt::Conv2d<double> layer;
  layer.stride = 2;
  layer.padding = 1;
  layer.groups = 2;
  rapt_test::check_tangent_golden("conv_2d_tangent", layer);
}
