#include <rapt/nn/avg_pool_2d.hpp>

#include "support/catch.hpp"
#include "support/image_golden.hpp"
#include "support/layer_properties.hpp"
#include "support/tangent_properties.hpp"

#include <stdexcept>
#include <vector>

namespace {

template <class T>
struct AvgPool2dSample {
  explicit AvgPool2dSample(rapt_test::Draw& draw) {
    const rapt::PerAxis kernel(draw.small(), draw.small());
    rapt::AvgPool2dOptions options;
    if (draw.small() > 2) options.stride = rapt::PerAxis(draw.small(), draw.small());
    if (draw.small() > 2) options.padding = {kernel.height / 2, kernel.width / 2};
    options.ceil_mode = draw.small() > 3;
    options.count_include_pad = draw.small() > 2;
    layer = rapt::AvgPool2d<T>(kernel, options);
    x = draw.normal<T, 4>({draw.pick(std::array<rapt::Index, 4>{0, 1, 2, 3}), draw.size(),
                           kernel.height - 1 + draw.positive(), kernel.width - 1 + draw.small()});
  }
  rapt::AvgPool2d<T> layer;
  rapt::Tensor<T, 4> x;
  auto input() const { return x.view(); }
};

std::vector<double> avg_pool_numbers(const auto& view) { return {view.begin(), view.end()}; }

}  // namespace

RAPT_TEST_LAYER("AvgPool2d", AvgPool2dSample, "[nn][avg_pool_2d]")
RAPT_TEST_TANGENT("AvgPool2d", AvgPool2dSample, "[nn][avg_pool_2d]")

TEMPLATE_TEST_CASE("AvgPool2d gives the values worked out by hand", "[nn][avg_pool_2d]", float, double) {
  using T = TestType;
  using Numbers = std::vector<double>;
  const rapt::Tensor<T, 4> x({1, 1, 2, 4}, {1, 3, 0, 4, 5, 7, 8, 0});
  typename rapt::AvgPool2d<T>::Cache cache;

  const rapt::AvgPool2d<T> halves(2);
  CHECK(halves.output_shape({5, 6, 7, 8}) == rapt::Shape<4>{5, 6, 3, 4});
  CHECK(avg_pool_numbers(halves.forward(x, cache)) == Numbers{4, 3});
  const rapt::Tensor<T, 4> dy({1, 1, 1, 2}, {4, -8});
  CHECK(avg_pool_numbers(halves.backward(dy, cache, nullptr)) == Numbers{1, 1, -2, -2, 1, 1, -2, -2});

  // One zero on each side: the upper left window holds one number of four.
  const rapt::AvgPool2d<T> padded(2, {.padding = 1});
  CHECK(avg_pool_numbers(padded.forward(x, cache)) == Numbers{0.25, 0.75, 1, 1.25, 3.75, 0});
  const rapt::AvgPool2d<T> left_out(2, {.padding = 1, .count_include_pad = false});
  CHECK(avg_pool_numbers(left_out.forward(x, cache)) == Numbers{1, 1.5, 4, 5, 7.5, 0});

  // A last window of one column that only ceil_mode makes.
  const rapt::AvgPool2d<T> ceil({2, 3}, {.ceil_mode = true});
  CHECK(ceil.stride == rapt::PerAxis(2, 3));
  CHECK(avg_pool_numbers(ceil.forward(x, cache)) == Numbers{4, 2});
  CHECK(parameter_count(ceil) == 0);
}

TEST_CASE("AvgPool2d says what does not fit", "[nn][avg_pool_2d][errors]") {
  using Catch::Matchers::Message;
  using Layer = rapt::AvgPool2d<float>;
  CHECK_THROWS_MATCHES(Layer(0), std::invalid_argument,
                       Message("AvgPool2d: kernel_size is (0, 0), expected at least 1 each"));
  CHECK_THROWS_MATCHES(Layer({2, 3}, {.stride = rapt::PerAxis(1, -1)}), std::invalid_argument,
                       Message("AvgPool2d: stride is (1, -1), expected at least 1 each"));
  CHECK_THROWS_MATCHES(Layer(3, {.padding = {1, 2}}), std::invalid_argument,
                       Message("AvgPool2d: padding is (1, 2), expected at most half of kernel_size (3, 3)"));
  Layer layer(3);
  Layer::Cache cache;
  const rapt::Tensor<float, 4> x({2, 3, 2, 9}), good({2, 3, 6, 9}), dy({2, 3, 2, 4});
  CHECK_THROWS_MATCHES(
      layer.forward(x, cache), rapt::ShapeError,
      Message("AvgPool2d::forward: x has shape (2, 3, 2, 9), too small for kernel_size (3, 3) "
              "with padding (0, 0) and dilation (1, 1)"));
  layer.forward(good, cache);
  CHECK_THROWS_MATCHES(layer.backward(dy, cache, nullptr), rapt::ShapeError,
                       Message("AvgPool2d::backward: dy has shape (2, 3, 2, 4), expected (2, 3, 2, 3)"));
  layer.stride = 0;
  CHECK_THROWS_MATCHES(layer.forward(good, cache), std::invalid_argument,
                       Message("AvgPool2d: stride is (0, 0), expected at least 1 each"));
}

TEST_CASE("AvgPool2d agrees with PyTorch", "[nn][avg_pool_2d][golden]") {
  using Layer = rapt::AvgPool2d<double>;
  const auto golden = rapt_test::layer_golden("avg_pool_2d");
  using rapt_test::check_image_case;
  check_image_case(golden, "even", Layer(2));
  check_image_case(golden, "padded", Layer(3, {.stride = 2, .padding = 1}));
  check_image_case(golden, "left_out", Layer(3, {.stride = 2, .padding = 1, .count_include_pad = false}));
  check_image_case(golden, "ceil",
                   Layer({3, 2}, {.stride = rapt::PerAxis(2, 3), .padding = {1, 0}, .ceil_mode = true}));
  check_image_case(
      golden, "ceil_left_out",
      Layer({4, 5}, {.stride = 3, .padding = {2, 1}, .ceil_mode = true, .count_include_pad = false}));
}
