#pragma once
// What every layer must hold that applies one function to every element: the general properties of a layer,
// values worked out by hand, NaN, and its one error. A test gives a class:
//
//   struct ReLUCase {
//     template <class T>
//     static rapt::ReLU<T> layer() { return {}; }
//     static std::vector<rapt_test::ElementwiseValue> by_hand() { return {{-2, 0, 0}, {3, 3, 1}}; }
//   };
//   RAPT_TEST_ELEMENTWISE("ReLU", ReLUCase, "[nn][relu]")

#include "support/catch.hpp"
#include "support/layer_golden.hpp"
#include "support/layer_properties.hpp"
#include "support/tangent_properties.hpp"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace rapt_test {

/// y = f(x) and dy/dx at one point.
struct ElementwiseValue {
  double x, value, slope;
};

template <class Case, class T>
struct ElementwiseSample {
  explicit ElementwiseSample(Draw& draw) : x(draw.normal<T, 2>({draw.size(), draw.size()}, 2)) {}
  decltype(Case::template layer<T>()) layer = Case::template layer<T>();
  rapt::Tensor<T, 2> x;
  auto input() const { return x.view(); }
};

template <class L>
void check_elementwise_values(const L& layer, const std::vector<ElementwiseValue>& expected) {
  using T = typename L::Scalar;
  const auto count = static_cast<rapt::Index>(expected.size());
  rapt::Tensor<T, 2> x({1, count}), dy({1, count});
  for (rapt::Index i = 0; i < count; ++i) x(0, i) = static_cast<T>(expected[static_cast<std::size_t>(i)].x);
  dy.fill(2);
  typename L::Cache cache;

  const auto y = layer.forward(x, cache);
  const auto dx = layer.backward(dy, cache, nullptr);

  for (rapt::Index i = 0; i < count; ++i) {
    const auto& [at, value, slope] = expected[static_cast<std::size_t>(i)];
    INFO("x = " << at);
    CHECK(static_cast<double>(y(0, i)) == Catch::Approx(value).epsilon(1e-6).margin(1e-7));
    CHECK(static_cast<double>(dx(0, i)) == Catch::Approx(2 * slope).epsilon(1e-6).margin(1e-7));
  }
}

template <class L>
void check_elementwise_nan() {
  const L layer;
  typename L::Cache cache;
  rapt::Tensor<float, 2> x({1, 9});  // a SIMD packet or two, and a rest
  x.fill(std::numeric_limits<float>::quiet_NaN());
  for (const float v : layer.forward(x, cache)) CHECK(std::isnan(v));
  CHECK(parameter_count(layer) == 0);
}

template <class L>
void check_elementwise_shapes(const std::string& name) {
  const L layer;
  typename L::Cache cache;
  const rapt::Tensor<double, 2> x({2, 3}), dy({3, 2});
  layer.forward(x, cache);
  CHECK_THROWS_MATCHES(layer.backward(dy, cache, nullptr), rapt::ShapeError,
                       Catch::Matchers::Message(name + "::backward: dy has shape (3, 2), expected (2, 3)"));
}

}  // namespace rapt_test

#define RAPT_TEST_ELEMENTWISE(NAME, CASE, TAGS)                                          \
  namespace {                                                                            \
  template <class T>                                                                     \
  using CASE##Sample = ::rapt_test::ElementwiseSample<CASE, T>;                          \
  }                                                                                      \
  RAPT_TEST_LAYER(NAME, CASE##Sample, TAGS)                                              \
  RAPT_TEST_TANGENT(NAME, CASE##Sample, TAGS)                                            \
  TEMPLATE_TEST_CASE(NAME " gives the values worked out by hand", TAGS, float, double) { \
    ::rapt_test::check_elementwise_values(CASE::layer<TestType>(), CASE::by_hand());     \
  }                                                                                      \
  TEST_CASE(NAME " keeps NaN and has no parameters", TAGS) {                             \
    ::rapt_test::check_elementwise_nan<decltype(CASE::layer<float>())>();                \
  }                                                                                      \
  TEST_CASE(NAME "::backward names both shapes when they do not fit", TAGS "[errors]") { \
    ::rapt_test::check_elementwise_shapes<decltype(CASE::layer<double>())>(NAME);        \
  }
