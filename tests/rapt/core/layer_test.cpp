#include <rapt/core/layer.hpp>

#include <rapt/nn/linear.hpp>

#include "support/catch.hpp"

#include <vector>

using rapt::Tensor;
using rapt::TensorView;

namespace {

struct LayerInput {
  TensorView<const double, 1> query;
  TensorView<const rapt::Index, 1> ids;
  TensorView<const double, 2> value;
  static constexpr auto tensors = std::tuple{&LayerInput::query, &LayerInput::value};
};
struct LayerWithoutBackward {
  using Scalar = double;
  using Input = TensorView<const double, 1>;
  using Output = Input;
  static constexpr auto parameters = std::tuple{};
  struct Cache {};
  Output forward(Input x, Cache&) const { return x; }
};
struct LayerOfIds : LayerWithoutBackward {
  using Input = TensorView<const rapt::Index, 1>;
  Output forward(Input, Cache&) const { return {}; }
  void backward(Output, Cache&, LayerOfIds*, rapt::InputGradient) const {}
};
struct LayerWithWrongReturn : LayerWithoutBackward {
  int backward(Output, Cache&, LayerWithWrongReturn*, rapt::InputGradient) const { return 0; }
};

}  // namespace

TEST_CASE("The Layer concept asks for forward and for backward that returns the input gradient or nothing",
          "[core][layer]") {
  STATIC_REQUIRE(rapt::Layer<rapt::Linear<float>>);
  STATIC_REQUIRE(rapt::Layer<LayerOfIds>);
  STATIC_REQUIRE_FALSE(rapt::Layer<LayerWithoutBackward>);
  STATIC_REQUIRE_FALSE(rapt::Layer<LayerWithWrongReturn>);
  STATIC_REQUIRE_FALSE(rapt::Layer<int>);
}

TEST_CASE("part is null where the whole is frozen", "[core][layer]") {
  rapt::Linear<float> layer;
  CHECK(rapt::part(&layer, &rapt::Linear<float>::weight) == &layer.weight);
  CHECK(rapt::part(static_cast<rapt::Linear<float>*>(nullptr), &rapt::Linear<float>::weight) == nullptr);
}

TEST_CASE("zip_views visits the views of numbers and leaves ids out", "[core][layer]") {
  const std::vector<double> numbers(6, 1);
  const std::vector<rapt::Index> ids(2);
  LayerInput a{{numbers.data(), {6}}, {ids.data(), {2}}, {numbers.data(), {2, 3}}}, b = a;
  std::vector<rapt::Index> sizes;
  rapt::detail::zip_views([&](auto& x, auto& y) { sizes.push_back(x.size() + y.size()); }, a, b);
  CHECK(sizes == std::vector<rapt::Index>{12, 12});
  int calls = 0;
  rapt::detail::zip_views([&](auto&) { ++calls; }, a.ids);
  CHECK(calls == 0);
  rapt::detail::zip_views([&](auto&) { ++calls; }, a.value);
  CHECK(calls == 1);
}

TEST_CASE("predict returns a tensor of its own", "[core][layer]") {
  rapt::Linear<double> layer;
  layer.weight = Tensor<double, 2>({1, 2}, {3, 4});
  layer.bias = Tensor<double, 1>({1}, {5});
  const Tensor<double, 2> x({1, 2}, {1, 2});
  const auto y = predict(layer, x);
  CHECK(y.shape() == rapt::Shape<2>{1, 1});
  CHECK(y(0, 0) == 16);
}
