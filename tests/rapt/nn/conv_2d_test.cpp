#include <rapt/nn/conv_2d.hpp>

#include <rapt/testing/golden.hpp>

#include "support/catch.hpp"
#include "support/layer_properties.hpp"
#include "support/tangent_properties.hpp"

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
