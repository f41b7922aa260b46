#include <rapt/nn/pixel_shuffle.hpp>

#include "support/catch.hpp"
#include "support/image_golden.hpp"
#include "support/layer_properties.hpp"
#include "support/tangent_properties.hpp"

#include <array>
#include <stdexcept>
#include <vector>

namespace {

template <class T>
struct PixelShuffleSample {
  explicit PixelShuffleSample(rapt_test::Draw& draw)
      : layer(draw.pick(std::array<rapt::Index, 3>{1, 2, 3})),
        x(draw.normal<T, 4>({draw.pick(std::array<rapt::Index, 4>{0, 1, 2, 3}),
                             draw.small() * layer.upscale_factor * layer.upscale_factor, draw.small(),
                             draw.size()})) {}
  rapt::PixelShuffle<T> layer;
  rapt::Tensor<T, 4> x;
  auto input() const { return x.view(); }
};

std::vector<double> pixel_shuffle_numbers(const auto& view) { return {view.begin(), view.end()}; }

}  // namespace

RAPT_TEST_LAYER("PixelShuffle", PixelShuffleSample, "[nn][pixel_shuffle]")
RAPT_TEST_TANGENT("PixelShuffle", PixelShuffleSample, "[nn][pixel_shuffle]")

TEMPLATE_TEST_CASE("PixelShuffle gives the values worked out by hand", "[nn][pixel_shuffle]", float, double) {
  using T = TestType;
  using Numbers = std::vector<double>;
  const rapt::Tensor<T, 4> x({1, 4, 1, 2}, {1, 2, 3, 4, 5, 6, 7, 8});
  const rapt::PixelShuffle<T> layer;
  typename rapt::PixelShuffle<T>::Cache cache;
  const auto y = layer.forward(x, cache);
  CHECK(y.shape() == rapt::Shape<4>{1, 1, 2, 4});
  CHECK(pixel_shuffle_numbers(y) == Numbers{1, 3, 2, 4, 5, 7, 6, 8});
  const rapt::Tensor<T, 4> dy({1, 1, 2, 4}, {1, 2, 3, 4, 5, 6, 7, 8});
  CHECK(pixel_shuffle_numbers(layer.backward(dy, cache, nullptr)) == Numbers{1, 3, 2, 4, 5, 7, 6, 8});
  CHECK(layer.output_shape({5, 12, 7, 8}) == rapt::Shape<4>{5, 3, 14, 16});
  CHECK(parameter_count(layer) == 0);
}

TEST_CASE("PixelShuffle says what does not fit", "[nn][pixel_shuffle][errors]") {
  using Catch::Matchers::Message;
  using Layer = rapt::PixelShuffle<float>;
  CHECK_THROWS_MATCHES(Layer(0), std::invalid_argument,
                       Message("PixelShuffle: upscale_factor is 0, expected 1 to 2^20"));
  const Layer layer(3);
  Layer::Cache cache;
  const rapt::Tensor<float, 4> x({2, 12, 4, 5}), good({2, 18, 4, 5}), dy({2, 2, 12, 14});
  CHECK_THROWS_MATCHES(layer.forward(x, cache), rapt::ShapeError,
                       Message("PixelShuffle::forward: x has shape (2, 12, 4, 5), expected a multiple of 9 "
                               "channels for upscale_factor 3"));
  layer.forward(good, cache);
  CHECK_THROWS_MATCHES(
      layer.backward(dy, cache, nullptr), rapt::ShapeError,
      Message("PixelShuffle::backward: dy has shape (2, 2, 12, 14), expected (2, 2, 12, 15)"));
  const rapt::TensorView<const float, 4> high(nullptr, {0, 9, rapt::Index{1} << 62, 1});
  CHECK_THROWS_MATCHES(layer.forward(high, cache), std::overflow_error,
                       Message("PixelShuffle::forward: 4611686018427387904 * 3 does not fit 63 bits"));
}

TEST_CASE("PixelShuffle keeps the factor of its forward", "[nn][pixel_shuffle][errors]") {
  const rapt::Tensor<float, 4> x({1, 4, 1, 2}, {1, 2, 3, 4, 5, 6, 7, 8});
  for (const rapt::Index factor : {0, 1, 3, 4}) {
    rapt::PixelShuffle<float> layer(2);
    rapt::PixelShuffle<float>::Cache cache;
    const auto y = layer.forward(x, cache);
    layer.upscale_factor = factor;
    CHECK(pixel_shuffle_numbers(layer.backward(y, cache, nullptr)) == pixel_shuffle_numbers(x));
    CHECK(pixel_shuffle_numbers(layer.forward_tangent(x, cache)) == pixel_shuffle_numbers(y));
    const auto gradient = layer.backward_tangent(y, y, cache, nullptr);
    CHECK(pixel_shuffle_numbers(gradient.tangent) == pixel_shuffle_numbers(x));
    CHECK(pixel_shuffle_numbers(gradient.input) == pixel_shuffle_numbers(x));
  }
}

TEST_CASE("PixelShuffle agrees with PyTorch", "[nn][pixel_shuffle][golden]") {
  const auto golden = rapt_test::layer_golden("pixel_shuffle");
  rapt_test::check_image_case(golden, "two", rapt::PixelShuffle<double>(2));
  rapt_test::check_image_case(golden, "three", rapt::PixelShuffle<double>(3));
}
