#include <rapt/nn/conv_transpose_2d.hpp>

#include <rapt/testing/golden.hpp>

#include "support/catch.hpp"
#include "support/layer_properties.hpp"
#include "support/tangent_properties.hpp"

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
