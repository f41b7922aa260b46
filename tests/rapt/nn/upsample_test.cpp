#include <rapt/nn/upsample.hpp>

#include "support/catch.hpp"
#include "support/image_golden.hpp"
#include "support/layer_properties.hpp"
#include "support/tangent_properties.hpp"

#include <array>
#include <cstddef>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

template <class T>
struct UpsampleSample {
  explicit UpsampleSample(rapt_test::Draw& draw) {
    rapt::UpsampleOptions options;
    if (draw.small() > 2) {
      options.size = {draw.positive(), draw.positive()};
    } else {
      constexpr std::array factors{1.0, 1.5, 2.0, 2.3, 3.0};
      options.scale_factor = {factors[static_cast<std::size_t>(draw.small() - 1)],
                              factors[static_cast<std::size_t>(draw.small() - 1)]};
    }
    if (draw.small() > 2) {
      options.mode = rapt::UpsampleMode::bilinear;
      options.align_corners = draw.small() > 3;
    }
    layer = rapt::Upsample<T>(options);
    x = draw.normal<T, 4>(
        {draw.pick(std::array<rapt::Index, 4>{0, 1, 2, 3}), draw.size(), draw.small(), draw.positive()});
  }
  rapt::Upsample<T> layer;
  rapt::Tensor<T, 4> x;
  auto input() const { return x.view(); }
};

std::vector<double> upsample_numbers(const auto& view) { return {view.begin(), view.end()}; }

}  // namespace

RAPT_TEST_LAYER("Upsample", UpsampleSample, "[nn][upsample]")
RAPT_TEST_TANGENT("Upsample", UpsampleSample, "[nn][upsample]")

TEMPLATE_TEST_CASE("Upsample gives the values worked out by hand", "[nn][upsample]", float, double) {
  using T = TestType;
  using Numbers = std::vector<double>;
  const rapt::Tensor<T, 4> x({1, 1, 2, 2}, {0, 4, 8, 16});
  typename rapt::Upsample<T>::Cache cache;

  const rapt::Upsample<T> nearest;  // doubles
  CHECK(nearest.output_shape({5, 6, 7, 8}) == rapt::Shape<4>{5, 6, 14, 16});
  CHECK(upsample_numbers(nearest.forward(x, cache)) ==
        Numbers{0, 0, 4, 4, 0, 0, 4, 4, 8, 8, 16, 16, 8, 8, 16, 16});
  const rapt::Tensor<T, 4> dy({1, 1, 4, 4}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16});
  CHECK(upsample_numbers(nearest.backward(dy, cache, nullptr)) == Numbers{14, 22, 46, 54});

  const rapt::Upsample<T> bilinear({.size = {1, 4}, .mode = rapt::UpsampleMode::bilinear});
  // The row between both, (4, 10), at 0, 1/4, 3/4, 1.
  CHECK(upsample_numbers(bilinear.forward(x, cache)) == Numbers{4, 5.5, 8.5, 10});
  const rapt::Tensor<T, 4> d({1, 1, 1, 4}, {2, 4, 8, 16});
  CHECK(upsample_numbers(bilinear.backward(d, cache, nullptr)) == Numbers{3.5, 11.5, 3.5, 11.5});

  const rapt::Upsample<T> corners(
      {.size = {1, 3}, .mode = rapt::UpsampleMode::bilinear, .align_corners = true});
  CHECK(upsample_numbers(corners.forward(x, cache)) == Numbers{0, 2, 4});
  CHECK(parameter_count(corners) == 0);
}

TEST_CASE("Upsample steps by the scale factor even where the size was rounded down", "[nn][upsample]") {
  rapt::Upsample<double>::Cache cache;
  const rapt::Tensor<double, 4> x({1, 1, 1, 3}, {0, 1, 2});
  const rapt::Upsample<double> by_factor({.scale_factor = {1, 1.5}});  // 4 columns, steps of 2/3
  CHECK(upsample_numbers(by_factor.forward(x, cache)) == std::vector<double>{0, 0, 1, 2});
  const rapt::Upsample<double> by_size({.size = {1, 4}});  // steps of 3/4
  CHECK(upsample_numbers(by_size.forward(x, cache)) == std::vector<double>{0, 0, 1, 2});
  const rapt::Upsample<double> mixed({.scale_factor = {1, 1.5}, .mode = rapt::UpsampleMode::bilinear});
  const auto y = mixed.forward(x, cache);
  CHECK(y(0, 0, 0, 1) == Catch::Approx(1.5 * 2 / 3 - 0.5));
  CHECK(y(0, 0, 0, 3) == Catch::Approx(3.5 * 2 / 3 - 0.5));
}

TEST_CASE("Upsample says what does not fit", "[nn][upsample][errors]") {
  using Catch::Matchers::Message;
  using Layer = rapt::Upsample<float>;
  using Options = rapt::UpsampleOptions;
  const auto expected = [](const std::string& got) {
    return Message("Upsample: " + got +
                   ", expected one of them greater than 0 (scale_factor at most 2^20) and the other 0");
  };
  CHECK_THROWS_MATCHES(Layer(Options{}), std::invalid_argument,
                       expected("size is (0, 0) and scale_factor (0, 0)"));
  CHECK_THROWS_MATCHES(Layer({.size = 3, .scale_factor = 2}), std::invalid_argument,
                       expected("size is (3, 3) and scale_factor (2, 2)"));
  CHECK_THROWS_MATCHES(Layer({.size = {3, 0}}), std::invalid_argument,
                       expected("size is (3, 0) and scale_factor (0, 0)"));
  CHECK_THROWS_MATCHES(Layer({.scale_factor = {1.5, -2}}), std::invalid_argument,
                       expected("size is (0, 0) and scale_factor (1.5, -2)"));
  CHECK_THROWS_MATCHES(Layer({.scale_factor = std::numeric_limits<double>::quiet_NaN()}),
                       std::invalid_argument, expected("size is (0, 0) and scale_factor (nan, nan)"));
  CHECK_THROWS_MATCHES(Layer({.scale_factor = 2, .align_corners = true}), std::invalid_argument,
                       Message("Upsample: align_corners is for bilinear, but mode is nearest"));

  const Layer layer({.scale_factor = {0.5, 2}});
  Layer::Cache cache;
  const rapt::Tensor<float, 4> x({2, 3, 1, 9}), good({2, 3, 5, 9}), dy({2, 3, 2, 9});
  CHECK_THROWS_MATCHES(layer.forward(x, cache), rapt::ShapeError,
                       Message("Upsample::forward: x has shape (2, 3, 1, 9), which gives (2, 3, 0, 18), "
                               "expected heights and widths of at least 1"));
  layer.forward(good, cache);
  CHECK_THROWS_MATCHES(layer.backward(dy, cache, nullptr), rapt::ShapeError,
                       Message("Upsample::backward: dy has shape (2, 3, 2, 9), expected (2, 3, 2, 18)"));
}

TEST_CASE("Upsample agrees with PyTorch", "[nn][upsample][golden]") {
  using Layer = rapt::Upsample<double>;
  constexpr auto bilinear = rapt::UpsampleMode::bilinear;
  const auto golden = rapt_test::layer_golden("upsample");
  using rapt_test::check_image_case;
  check_image_case(golden, "nearest", Layer());
  check_image_case(golden, "nearest_size", Layer({.size = {5, 3}}));
  check_image_case(golden, "nearest_scale", Layer({.scale_factor = {1.7, 0.6}}));
  check_image_case(golden, "bilinear", Layer({.scale_factor = 2, .mode = bilinear}));
  check_image_case(golden, "bilinear_size", Layer({.size = {5, 3}, .mode = bilinear}));
  check_image_case(golden, "bilinear_scale", Layer({.scale_factor = {1.7, 0.6}, .mode = bilinear}));
  check_image_case(golden, "corners", Layer({.scale_factor = 2, .mode = bilinear, .align_corners = true}));
  check_image_case(golden, "corners_size", Layer({.size = {1, 5}, .mode = bilinear, .align_corners = true}));
  const auto twice = rapt_test::layer_golden("upsample_bilinear_tangent");
  using rapt_test::check_tangent_case;
  check_tangent_case(twice, "doubled", Layer({.scale_factor = 2, .mode = bilinear}));
  check_tangent_case(twice, "corners", Layer({.size = {4, 7}, .mode = bilinear, .align_corners = true}));
}

TEMPLATE_TEST_CASE("Upsample takes the positions that PyTorch takes", "[nn][upsample][golden]", float,
                   double) {
  using Layer = rapt::Upsample<TestType>;
  const auto golden = rapt_test::layer_golden("upsample_nearest_indices");
  typename Layer::Cache cache;
  const auto check = [&](const std::string& name, rapt::Index in, const Layer& layer) {
    INFO(name);
    rapt::Tensor<TestType, 4> row({1, 1, 1, in});
    for (rapt::Index i = 0; i < in; ++i) row(0, 0, 0, i) = static_cast<TestType>(i);
    const auto expected = golden.tensor<double, 1>(name);
    CHECK(upsample_numbers(layer.forward(row, cache)) == upsample_numbers(expected));
  };
  for (const rapt::Index in : {1, 2, 3, 5, 7, 10, 29}) {
    const std::string middle = "." + std::to_string(in) + ".";
    for (const rapt::Index out : {1, 2, 3, 6, 7, 11, 41}) {
      check("size" + middle + std::to_string(out), in, Layer({.size = {1, out}}));
    }
    for (const std::string factor : {"1.5", "1.7", "2.3", "3", "4.9"}) {
      check("factor" + middle + factor, in, Layer({.scale_factor = {1, std::stod(factor)}}));
    }
  }
}
