#include <rapt/nn/max_pool_2d.hpp>

#include "support/catch.hpp"
#include "support/image_golden.hpp"
#include "support/layer_properties.hpp"
#include "support/tangent_properties.hpp"

#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

namespace {

template <class T>
struct MaxPool2dSample {
  explicit MaxPool2dSample(rapt_test::Draw& draw) {
    const rapt::PerAxis kernel(draw.small(), draw.small());
    rapt::MaxPool2dOptions options;
    if (draw.small() > 2) options.stride = rapt::PerAxis(draw.small(), draw.small());
    if (draw.small() > 2) options.padding = {kernel.height / 2, kernel.width / 2};
    // A dilation of at most 2 leaves each window a position of the image.
    if (draw.small() > 3) options.dilation = {1, 2};
    options.ceil_mode = draw.small() > 3;
    layer = rapt::MaxPool2d<T>(kernel, options);
    x = draw.normal<T, 4>({draw.pick(std::array<rapt::Index, 4>{0, 1, 2, 3}), draw.size(),
                           kernel.height - 1 + draw.positive(), 2 * (kernel.width - 1) + draw.small()});
  }
  rapt::MaxPool2d<T> layer;
  rapt::Tensor<T, 4> x;
  auto input() const { return x.view(); }
};

std::vector<double> max_pool_numbers(const auto& view) { return {view.begin(), view.end()}; }

}  // namespace

RAPT_TEST_LAYER("MaxPool2d", MaxPool2dSample, "[nn][max_pool_2d]")
RAPT_TEST_TANGENT("MaxPool2d", MaxPool2dSample, "[nn][max_pool_2d]")

TEMPLATE_TEST_CASE("MaxPool2d gives the values worked out by hand", "[nn][max_pool_2d]", float, double) {
  using T = TestType;
  using Numbers = std::vector<double>;
  const rapt::Tensor<T, 4> x({1, 1, 2, 4}, {1, 3, 8, 4, 5, 3, 8, 0});
  typename rapt::MaxPool2d<T>::Cache cache;

  const rapt::MaxPool2d<T> halves(2);
  CHECK(halves.output_shape({5, 6, 7, 8}) == rapt::Shape<4>{5, 6, 3, 4});
  CHECK(max_pool_numbers(halves.forward(x, cache)) == Numbers{5, 8});
  const rapt::Tensor<T, 4> dy({1, 1, 1, 2}, {4, -7});
  // Of the two eights the first.
  CHECK(max_pool_numbers(halves.backward(dy, cache, nullptr)) == Numbers{0, 0, -7, 0, 4, 0, 0, 0});
  const rapt::Tensor<T, 4> direction({1, 1, 2, 4}, {1, 2, 3, 4, 5, 6, 7, 8});
  CHECK(max_pool_numbers(halves.forward_tangent(direction, cache)) == Numbers{5, 3});

  // Overlapping windows: both gradients of the first eight.
  const rapt::MaxPool2d<T> overlapping({1, 2}, {.stride = rapt::PerAxis(2, 1)});
  CHECK(max_pool_numbers(overlapping.forward(x, cache)) == Numbers{3, 8, 8});
  const rapt::Tensor<T, 4> three({1, 1, 1, 3}, {1, 2, 4});
  CHECK(max_pool_numbers(overlapping.backward(three, cache, nullptr)) == Numbers{0, 1, 6, 0, 0, 0, 0, 0});

  // The padding never wins, not even over negative numbers.
  const rapt::Tensor<T, 4> negative({1, 1, 1, 2}, {-3, -5});
  const rapt::MaxPool2d<T> padded(2, {.padding = 1});
  CHECK(max_pool_numbers(padded.forward(negative, cache)) == Numbers{-3, -5});
  CHECK(parameter_count(padded) == 0);
}

TEST_CASE("MaxPool2d sends the gradient of a NaN to it", "[nn][max_pool_2d]") {
  const rapt::MaxPool2d<float> layer(2);
  rapt::MaxPool2d<float>::Cache cache;
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const rapt::Tensor<float, 4> x({1, 1, 2, 2}, {9, nan, 3, 4}), dy({1, 1, 1, 1}, {2});
  CHECK(std::isnan(layer.forward(x, cache)(0, 0, 0, 0)));
  CHECK(max_pool_numbers(layer.backward(dy, cache, nullptr)) == std::vector<double>{0, 2, 0, 0});
}

TEST_CASE("MaxPool2d says what does not fit", "[nn][max_pool_2d][errors]") {
  using Catch::Matchers::Message;
  using Layer = rapt::MaxPool2d<float>;
  CHECK_THROWS_MATCHES(Layer(0), std::invalid_argument,
                       Message("MaxPool2d: kernel_size is (0, 0), expected at least 1 each"));
  CHECK_THROWS_MATCHES(Layer(3, {.dilation = {1, 0}}), std::invalid_argument,
                       Message("MaxPool2d: dilation is (1, 0), expected at least 1 each"));
  CHECK_THROWS_MATCHES(Layer(3, {.padding = {1, 2}}), std::invalid_argument,
                       Message("MaxPool2d: padding is (1, 2), expected at most half of kernel_size (3, 3)"));
  const Layer layer(3, {.dilation = 2});
  Layer::Cache cache;
  const rapt::Tensor<float, 4> x({2, 3, 4, 9}), good({2, 3, 6, 9}), dy({2, 3, 1, 3});
  CHECK_THROWS_MATCHES(
      layer.forward(x, cache), rapt::ShapeError,
      Message("MaxPool2d::forward: x has shape (2, 3, 4, 9), too small for kernel_size (3, 3) "
              "with padding (0, 0) and dilation (2, 2)"));
  layer.forward(good, cache);
  CHECK_THROWS_MATCHES(layer.backward(dy, cache, nullptr), rapt::ShapeError,
                       Message("MaxPool2d::backward: dy has shape (2, 3, 1, 3), expected (2, 3, 1, 2)"));
}

TEST_CASE("MaxPool2d agrees with PyTorch", "[nn][max_pool_2d][golden]") {
  using Layer = rapt::MaxPool2d<double>;
  const auto golden = rapt_test::layer_golden("max_pool_2d");
  using rapt_test::check_image_case;
  check_image_case(golden, "even", Layer(2));
  check_image_case(golden, "padded", Layer(3, {.stride = 2, .padding = 1}));
  check_image_case(golden, "dilated",
                   Layer({2, 3}, {.stride = rapt::PerAxis(1, 2), .padding = 1, .dilation = {3, 2}}));
  check_image_case(golden, "ceil",
                   Layer({3, 2}, {.stride = rapt::PerAxis(2, 3), .padding = {1, 0}, .ceil_mode = true}));
  check_image_case(golden, "ties", Layer(3, {.stride = 1, .padding = 1}));
}
