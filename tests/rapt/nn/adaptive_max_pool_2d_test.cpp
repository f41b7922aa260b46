#include <rapt/nn/adaptive_max_pool_2d.hpp>

#include "support/catch.hpp"
#include "support/image_golden.hpp"
#include "support/layer_properties.hpp"
#include "support/tangent_properties.hpp"

#include <stdexcept>
#include <vector>

namespace {

template <class T>
struct AdaptiveMaxPool2dSample {
  explicit AdaptiveMaxPool2dSample(rapt_test::Draw& draw)
      : layer(rapt::PerAxis(draw.small(), draw.positive())),
        x(draw.normal<T, 4>({draw.pick(std::array<rapt::Index, 4>{0, 1, 2, 3}), draw.size(), draw.positive(),
                             draw.positive()})) {
    if (draw.small() == 1) layer.output_size = 1;
    if (draw.small() == 2) layer.output_size.width = rapt::any;
  }
  rapt::AdaptiveMaxPool2d<T> layer;
  rapt::Tensor<T, 4> x;
  auto input() const { return x.view(); }
};

std::vector<double> adaptive_max_numbers(const auto& view) { return {view.begin(), view.end()}; }

}  // namespace

RAPT_TEST_LAYER("AdaptiveMaxPool2d", AdaptiveMaxPool2dSample, "[nn][adaptive_max_pool_2d]")
RAPT_TEST_TANGENT("AdaptiveMaxPool2d", AdaptiveMaxPool2dSample, "[nn][adaptive_max_pool_2d]")

TEMPLATE_TEST_CASE("AdaptiveMaxPool2d gives the values worked out by hand", "[nn][adaptive_max_pool_2d]",
                   float, double) {
  using T = TestType;
  using Numbers = std::vector<double>;
  const rapt::Tensor<T, 4> x({1, 2, 1, 4}, {1, 3, 0, 4, 8, 7, 8, 0});
  typename rapt::AdaptiveMaxPool2d<T>::Cache cache;

  const rapt::AdaptiveMaxPool2d<T> global;
  CHECK(adaptive_max_numbers(global.forward(x, cache)) == Numbers{4, 8});
  const rapt::Tensor<T, 4> dy({1, 2, 1, 1}, {4, -7});
  CHECK(adaptive_max_numbers(global.backward(dy, cache, nullptr)) == Numbers{0, 0, 0, 4, -7, 0, 0, 0});

  // Columns 0 to 1, 1 to 2, 2 to 3; the one row is read twice.
  const rapt::AdaptiveMaxPool2d<T> three({2, 3});
  CHECK(three.output_shape({5, 6, 7, 8}) == rapt::Shape<4>{5, 6, 2, 3});
  CHECK(adaptive_max_numbers(three.forward(x, cache)) == Numbers{3, 3, 4, 3, 3, 4, 8, 8, 8, 8, 8, 8});
  CHECK(parameter_count(three) == 0);
}

TEST_CASE("AdaptiveMaxPool2d says what does not fit", "[nn][adaptive_max_pool_2d][errors]") {
  using Catch::Matchers::Message;
  using Layer = rapt::AdaptiveMaxPool2d<float>;
  CHECK_THROWS_MATCHES(Layer({3, 0}), std::invalid_argument,
                       Message("AdaptiveMaxPool2d: output_size is (3, 0), expected at least 1 each"));
  const Layer layer({rapt::any, 2});
  Layer::Cache cache;
  const rapt::Tensor<float, 4> x({2, 3, 0, 9}), good({2, 3, 6, 9}), dy({2, 3, 2, 2});
  CHECK_THROWS_MATCHES(
      layer.forward(x, cache), rapt::ShapeError,
      Message("AdaptiveMaxPool2d::forward: x has shape (2, 3, 0, 9), expected a height and a "
              "width of at least 1"));
  layer.forward(good, cache);
  CHECK_THROWS_MATCHES(
      layer.backward(dy, cache, nullptr), rapt::ShapeError,
      Message("AdaptiveMaxPool2d::backward: dy has shape (2, 3, 2, 2), expected (2, 3, 6, 2)"));
}

TEST_CASE("AdaptiveMaxPool2d agrees with PyTorch", "[nn][adaptive_max_pool_2d][golden]") {
  using Layer = rapt::AdaptiveMaxPool2d<double>;
  const auto golden = rapt_test::layer_golden("adaptive_max_pool_2d");
  using rapt_test::check_image_case;
  check_image_case(golden, "global", Layer(1));
  check_image_case(golden, "uneven", Layer({3, 4}));
  check_image_case(golden, "grown", Layer({5, 7}));
  check_image_case(golden, "ties", Layer({2, 3}));
}
