#include <rapt/nn/conv_transpose_2d.hpp>

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
struct ConvTranspose2dSample {
  explicit ConvTranspose2dSample(rapt_test::Draw& draw) : layer(made(draw)), x(image(draw, layer)) {}
  static rapt::ConvTranspose2d<T> made(rapt_test::Draw& draw) {
    using rapt::Index;
    const Index groups = draw.pick(std::array<Index, 4>{1, 1, 2, 3});
    const Index in = groups * draw.pick(std::array<Index, 4>{1, 2, 3, 5});
    const Index out = groups * draw.pick(std::array<Index, 5>{1, 2, 4, 7, 9});
    const auto pair = [&] { return rapt::PerAxis(1 + draw.small() % 3, 1 + draw.small() % 3); };
    const rapt::PerAxis kernel(draw.small() % 4 + 1, draw.small() % 4 + 1);
    const rapt::PerAxis stride = pair(), dilation = pair(), padding = pair();
    const auto more = [&](Index step, Index spread) { return draw.size() % std::max(step, spread); };
    const Index more_rows = more(stride.height, dilation.height),
                more_columns = more(stride.width, dilation.width);
    return {in,
            out,
            kernel,
            draw.values,
            {stride,
             {padding.height - 1, padding.width - 1},
             {more_rows, more_columns},
             dilation,
             groups,
             draw.small() % 2 == 0 ? rapt::Bias::no : rapt::Bias::yes}};
  }
  // From the smallest image that gives an output.
  static rapt::Tensor<T, 4> image(rapt_test::Draw& draw, const rapt::ConvTranspose2d<T>& layer) {
    using rapt::Index;
    const auto extent = [&](Index kernel, Index stride, Index dilation, Index padding) {
      const Index missing = 2 * padding - (kernel - 1) * dilation;
      return 1 + (missing > 0 ? (missing + stride - 1) / stride : 0) +
             draw.pick(std::array<Index, 6>{0, 1, 2, 3, 5, 8});
    };
    const rapt::PerAxis kernel = layer.kernel_size();
    const Index batch = draw.pick(std::array<Index, 5>{0, 1, 2, 3, 5});
    const Index height =
        extent(kernel.height, layer.stride.height, layer.dilation.height, layer.padding.height);
    const Index width = extent(kernel.width, layer.stride.width, layer.dilation.width, layer.padding.width);
    return draw.normal<T, 4>({batch, layer.in_channels(), height, width});
  }
  rapt::ConvTranspose2d<T> layer;
  rapt::Tensor<T, 4> x;
  auto input() const { return x.view(); }
};

// What an unsuitable ConvTranspose2d says.
template <class Action>
std::string conv_transpose_2d_error(Action&& action) {
  try {
    action();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "nothing";
}

}  // namespace

RAPT_TEST_LAYER("ConvTranspose2d", ConvTranspose2dSample, "[nn][conv_transpose_2d]")
RAPT_TEST_TANGENT("ConvTranspose2d", ConvTranspose2dSample, "[nn][conv_transpose_2d]")

TEMPLATE_TEST_CASE("ConvTranspose2d::forward gives the values worked out by hand", "[nn][conv_transpose_2d]",
                   float, double) {
  rapt::ConvTranspose2d<TestType> layer;
  layer.weight = rapt::Tensor<TestType, 4>({1, 1, 2, 2}, {1, 2, 3, 4});
  layer.bias = rapt::Tensor<TestType, 1>({1}, {100});
  const rapt::Tensor<TestType, 4> x({1, 1, 1, 2}, {1, 10});
  typename rapt::ConvTranspose2d<TestType>::Cache cache;

  const auto plain = layer.forward(x, cache);
  CHECK(plain.shape() == rapt::Shape<4>{1, 1, 2, 3});
  CHECK(std::vector<TestType>(plain.begin(), plain.end()) ==
        std::vector<TestType>{101, 112, 120, 103, 134, 140});

  layer.stride = {1, 3};
  layer.padding = {1, 0};
  layer.output_padding = {0, 1};
  layer.dilation = {2, 1};
  const auto spread = layer.forward(x, cache);
  // rows -1 and 1 of the plain result's rows stand apart; only row 0, which no tap reaches, remains
  CHECK(spread.shape() == rapt::Shape<4>{1, 1, 1, 6});
  CHECK(std::vector<TestType>(spread.begin(), spread.end()) ==
        std::vector<TestType>{100, 100, 100, 100, 100, 100});

  layer.padding = 0;
  const auto wide = layer.forward(x, cache);
  CHECK(wide.shape() == rapt::Shape<4>{1, 1, 3, 6});
  CHECK(std::vector<TestType>(wide.begin(), wide.end()) ==
        std::vector<TestType>{101, 102, 100, 110, 120, 100, 100, 100, 100, 100, 100, 100, 103, 104, 100, 130,
                              140, 100});
}

TEST_CASE("ConvTranspose2d::backward gives the values worked out by hand", "[nn][conv_transpose_2d]") {
  rapt::ConvTranspose2d<double> layer;
  layer.weight = rapt::Tensor<double, 4>({1, 1, 1, 2}, {2, 3});
  layer.bias = rapt::Tensor<double, 1>({1}, {0});
  layer.stride = {1, 2};
  const rapt::Tensor<double, 4> x({1, 1, 1, 2}, {10, 20}), dy({1, 1, 1, 4}, {1, 2, 3, 4});
  rapt::ConvTranspose2d<double>::Cache cache;
  auto gradient = zeros_like(layer);

  layer.forward(x, cache);
  const auto dx = layer.backward(dy, cache, &gradient);

  CHECK(std::vector<double>(dx.begin(), dx.end()) == std::vector<double>{8, 18});
  CHECK(std::vector<double>(gradient.weight.begin(), gradient.weight.end()) == std::vector<double>{70, 100});
  CHECK(gradient.bias(0) == 10);
}

TEST_CASE("ConvTranspose2d names the shapes that do not fit", "[nn][conv_transpose_2d][errors]") {
  rapt::RandomStream stream(1);
  const rapt::ConvTranspose2d<float> layer(3, 8, {3, 5}, stream, {.stride = 2, .padding = {0, 2}});
  rapt::ConvTranspose2d<float>::Cache cache;
  const rapt::Tensor<float, 4> channels({2, 4, 9, 9}), none({2, 3, 0, 9}), good({2, 3, 2, 4}),
      dy({2, 8, 5, 5});
  CHECK(conv_transpose_2d_error([&] { layer.forward(channels, cache); }) ==
        "ConvTranspose2d::forward: x has shape (2, 4, 9, 9), expected (*, 3, *, *)");
  CHECK(conv_transpose_2d_error([&] { layer.forward(none, cache); }) ==
        "ConvTranspose2d::forward: x has shape (2, 3, 0, 9), with kernel (3, 5), stride (2, 2), padding (0, "
        "2), "
        "output_padding (0, 0) and dilation (1, 1) the output would be empty");
  layer.forward(good, cache);
  CHECK(conv_transpose_2d_error([&] { layer.backward(dy, cache, nullptr); }) ==
        "ConvTranspose2d::backward: dy has shape (2, 8, 5, 5), expected (2, 8, 5, 7)");
  CHECK(conv_transpose_2d_error([&] { layer.forward_tangent(none, cache); }) ==
        "ConvTranspose2d::forward_tangent: dx has shape (2, 3, 0, 9), expected (2, 3, 2, 4)");
}

TEST_CASE("ConvTranspose2d refuses settings that do not fit together", "[nn][conv_transpose_2d][errors]") {
  rapt::RandomStream stream(1);
  const auto made = [&](rapt::Index in, rapt::Index out, const rapt::ConvTranspose2dOptions& options) {
    return conv_transpose_2d_error([&] { rapt::ConvTranspose2d<float>(in, out, 3, stream, options); });
  };
  CHECK(made(6, 9, {.stride = 2, .output_padding = 1, .groups = 3}) == "nothing");
  CHECK(made(6, 9, {.output_padding = {1, 2}, .dilation = {2, 3}}) == "nothing");
  CHECK(made(6, 9, {.stride = 2, .output_padding = {0, 2}}) ==
        "ConvTranspose2d: output_padding is (0, 2), expected at least 0 and below stride (2, 2) or dilation "
        "(1, 1) on each axis");
  CHECK(made(6, 9, {.output_padding = {0, -1}}) ==
        "ConvTranspose2d: output_padding is (0, -1), expected at least 0 and below stride (1, 1) or dilation "
        "(1, 1) on each axis");
  CHECK(made(6, 9, {.groups = 2}) == "ConvTranspose2d: out_channels is 9, expected a multiple of groups = 2");
  CHECK(made(6, -3, {}) == "ConvTranspose2d: out_channels is -3, expected at least 0");
  CHECK(made(6, 9, {.stride = 0}) ==
        "ConvTranspose2d: stride is (0, 0), expected from 1 to 1048576 on each axis");
}

TEST_CASE("ConvTranspose2d checks settings that change before it writes", "[nn][conv_transpose_2d][errors]") {
  using Layer = rapt::ConvTranspose2d<double>;
  rapt::RandomStream stream(1);
  const rapt::Tensor<double, 4> x({2, 4, 5, 5});
  const auto forward_error = [&](auto&& change) {
    Layer layer(4, 4, 3, stream);
    Layer::Cache cache;
    change(layer);
    const auto text = conv_transpose_2d_error([&] { layer.forward(x, cache); });
    CHECK(cache.x.absent());
    CHECK(cache.y.size() == 0);
    return text;
  };
  const std::string range = " to 1048576 on each axis", where = "ConvTranspose2d::forward: ";
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

TEST_CASE("ConvTranspose2d checks settings and gradient against its forward",
          "[nn][conv_transpose_2d][errors]") {
  using Layer = rapt::ConvTranspose2d<double>;
  rapt::RandomStream stream(1);
  const rapt::Tensor<double, 4> x({2, 4, 5, 5});
  Layer layer(4, 4, 3, stream, {.stride = 2, .padding = 1}), gradient = layer;
  Layer::Cache cache;
  const auto dy = layer.forward(x, cache);
  layer.forward_tangent(x, cache);
  const auto all = [&](Layer* to) {
    return std::array{conv_transpose_2d_error([&] { layer.backward(dy, cache, to); }),
                      conv_transpose_2d_error([&] { layer.backward_tangent(dy, dy, cache, to); })};
  };
  Layer small(4, 4, 1, stream);
  CHECK(all(&small) ==
        std::array<std::string, 2>{
            "ConvTranspose2d::backward: gradient->weight has shape (4, 4, 1, 1), expected (4, 4, 3, 3)",
            "ConvTranspose2d::backward_tangent: gradient->weight has shape (4, 4, 1, 1), expected (4, 4, 3, "
            "3)"});
  Layer other(4, 4, 3, stream, {.bias = rapt::Bias::no});
  CHECK(all(&other) == std::array<std::string, 2>{
                           "ConvTranspose2d::backward: gradient->bias has shape (0), expected (4)",
                           "ConvTranspose2d::backward_tangent: gradient->bias has shape (0), expected (4)"});
  const std::string settings = "forward's y has shape (2, 4, 9, 9), expected ";
  layer.stride = 1;
  CHECK(all(&gradient) == std::array{"ConvTranspose2d::backward: " + settings + "(2, 4, 5, 5)",
                                     "ConvTranspose2d::backward_tangent: " + settings + "(2, 4, 5, 5)"});
  CHECK(conv_transpose_2d_error([&] { layer.forward_tangent(x, cache); }) ==
        "ConvTranspose2d::forward_tangent: " + settings + "(2, 4, 5, 5)");
  layer.stride = 2;
  layer.padding = 0;
  CHECK(all(&gradient)[0] == "ConvTranspose2d::backward: " + settings + "(2, 4, 11, 11)");
  layer.padding = 1;
  CHECK(all(&gradient)[0] == "nothing");
}

TEST_CASE("ConvTranspose2d does no work for no images", "[nn][conv_transpose_2d]") {
  rapt::RandomStream stream(1);
  const rapt::ConvTranspose2d<double> layer(4, 4, 3, stream, {.stride = 1 << 20});
  auto gradient = layer;
  rapt::ConvTranspose2d<double>::Cache cache;
  const rapt::Tensor<double, 4> none({0, 4, 6, 6});
  const auto y = layer.forward(none, cache);
  CHECK(y.shape() == rapt::Shape<4>{0, 4, 5 * (1 << 20) + 3, 5 * (1 << 20) + 3});
  CHECK(layer.backward(y, cache, &gradient).shape() == none.shape());
}

TEST_CASE("ConvTranspose2d has in times out over groups times kernel plus out parameters",
          "[nn][conv_transpose_2d]") {
  rapt::RandomStream stream(1);
  CHECK(parameter_count(rapt::ConvTranspose2d<float>(6, 9, {3, 5}, stream, {.groups = 3})) == 6 * 3 * 15 + 9);
  CHECK(parameter_count(rapt::ConvTranspose2d<float>(6, 9, 4, stream, {.bias = rapt::Bias::no})) ==
        6 * 9 * 16);
}

TEST_CASE("ConvTranspose2d begins within the bound that PyTorch takes from its outputs",
          "[nn][conv_transpose_2d]") {
  rapt::RandomStream stream(1);
  const rapt::ConvTranspose2d<double> layer(64, 8, {3, 5}, stream, {.groups = 2});
  const double bound = 1 / std::sqrt(4.0 * 15);
  double largest = 0;
  for (const double w : layer.weight) largest = std::max(largest, std::abs(w));
  CHECK(largest <= bound);
  CHECK(largest > 0.99 * bound);
}

TEST_CASE("ConvTranspose2d agrees with PyTorch", "[nn][conv_transpose_2d][golden]") {
  rapt::ConvTranspose2d<double> usual, uneven, depthwise;
  usual.stride = 2;
  usual.padding = 1;
  uneven.stride = {2, 3};
  uneven.padding = {1, 0};
  uneven.output_padding = {1, 2};
  uneven.dilation = {2, 1};
  uneven.groups = 2;
  depthwise.stride = 2;
  depthwise.groups = 5;
  rapt_test::check_layer_golden("conv_transpose_2d", usual);
  rapt_test::check_layer_golden("conv_transpose_2d_uneven", uneven);
  rapt_test::check_layer_golden("conv_transpose_2d_depthwise", depthwise);
}

TEST_CASE("ConvTranspose2d agrees with a double backward of PyTorch", "[nn][conv_transpose_2d][golden]") {
  rapt::ConvTranspose2d<double> layer;
  layer.stride = 2;
  layer.padding = 1;
  rapt_test::check_tangent_golden("conv_transpose_2d_tangent", layer);
}
