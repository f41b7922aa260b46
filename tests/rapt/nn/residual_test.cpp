#include <rapt/nn/residual.hpp>

#include <rapt/nn/dropout.hpp>
#include <rapt/nn/linear.hpp>
#include <rapt/nn/sequential.hpp>

#include "support/catch.hpp"
#include "support/layer_golden.hpp"
#include "support/layer_properties.hpp"
#include "support/tangent_properties.hpp"

namespace {

static_assert(rapt::Layer<rapt::Residual<rapt::Linear<float>>> &&
              rapt::Layer<rapt::Residual<rapt::Linear<double>>>);

template <class T>
struct ResidualSample {
  explicit ResidualSample(rapt_test::Draw& draw) : ResidualSample(draw, draw.positive()) {}
  ResidualSample(rapt_test::Draw& draw, rapt::Index width)
      : layer(rapt::Sequential(rapt::Linear<T>(width, width, draw.values), rapt::Dropout<T>(0.25))),
        x(draw.normal<T, 2>({draw.size(), width})) {}
  rapt::Residual<rapt::Sequential<rapt::Linear<T>, rapt::Dropout<T>>> layer;
  rapt::Tensor<T, 2> x;
  auto input() const { return x.view(); }
};

}  // namespace

RAPT_TEST_LAYER("Residual", ResidualSample, "[nn][residual]")
RAPT_TEST_TANGENT("Residual", ResidualSample, "[nn][residual]")

TEMPLATE_TEST_CASE("Residual gives the values worked out by hand", "[nn][residual]", float, double) {
  using T = TestType;
  rapt::Residual<rapt::Linear<T>> block;
  block.layer.weight = rapt::Tensor<T, 2>({2, 2}, {1, 2, 3, 4});
  block.layer.bias = rapt::Tensor<T, 1>({2}, {10, 20});
  const rapt::Tensor<T, 2> x({1, 2}, {1, -1}), dy({1, 2}, {1, 10});
  typename decltype(block)::Cache cache;
  const auto y = block.forward(x, cache);
  CHECK(y(0, 0) == 1 + (1 - 2 + 10));
  CHECK(y(0, 1) == -1 + (3 - 4 + 20));
  const auto dx = block.backward(dy, cache, nullptr);
  CHECK(dx(0, 0) == 1 + (1 + 30));
  CHECK(dx(0, 1) == 10 + (2 + 40));
}

TEST_CASE("Residual names both shapes where they do not fit", "[nn][residual][errors]") {
  rapt::RandomStream stream(1);
  const rapt::Residual block(rapt::Linear<float>(3, 4, stream));
  const rapt::Residual square(rapt::Linear<float>(3, 3, stream));
  rapt::Residual<rapt::Linear<float>>::Cache cache;
  const rapt::Tensor<float, 2> x({2, 3}), dy({2, 4});
  CHECK_THROWS_MATCHES(block.forward(x, cache), rapt::ShapeError,
                       Catch::Matchers::Message("Residual::forward: L(x) has shape (2, 4), expected (2, 3)"));
  square.forward(x, cache);
  CHECK_THROWS_MATCHES(square.backward(dy, cache, nullptr), rapt::ShapeError,
                       Catch::Matchers::Message("Residual::backward: dy has shape (2, 4), expected (2, 3)"));
}

TEST_CASE("Residual has the parameters of its layer", "[nn][residual]") {
  rapt::RandomStream stream(1);
  CHECK(parameter_count(rapt::Residual(rapt::Linear<float>(3, 3, stream))) == 3 * 3 + 3);
}

TEST_CASE("Residual agrees with PyTorch", "[nn][residual][golden]") {
  rapt_test::check_layer_golden("residual", rapt::Residual<rapt::Linear<double>>{});
}
