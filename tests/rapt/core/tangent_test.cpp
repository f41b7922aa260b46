#include <rapt/core/tangent.hpp>
#include <rapt/nn/linear.hpp>

#include "support/catch.hpp"

namespace {

// A layer without tangents: y = x.
struct CoreOnlyFirstOrder {
  using Scalar = float;
  using Input = rapt::TensorView<const float, 2>;
  using Output = rapt::TensorView<const float, 2>;
  static constexpr std::tuple<> parameters{};
  struct Cache {};
  Output forward(Input x, Cache&) const { return x; }
  Input backward(Output dy, Cache&, CoreOnlyFirstOrder*, rapt::InputGradient) const { return dy; }
};

struct CoreTangentPair {
  rapt::TensorView<const float, 2> first, second;
  static constexpr auto tensors = std::tuple{&CoreTangentPair::first, &CoreTangentPair::second};
};

}  // namespace

TEST_CASE("TangentLayer tells layers with second derivatives from those without", "[core][tangent]") {
  STATIC_REQUIRE(rapt::Layer<CoreOnlyFirstOrder>);
  STATIC_REQUIRE_FALSE(rapt::TangentLayer<CoreOnlyFirstOrder>);
  STATIC_REQUIRE(rapt::TangentLayer<rapt::Linear<float>>);
}

TEST_CASE("An input is absent when each of its views is", "[core][tangent]") {
  const rapt::Tensor<float, 2> there({1, 1});
  CHECK(rapt::detail::all_absent(CoreTangentPair{}));
  CHECK_FALSE(rapt::detail::all_absent(CoreTangentPair{{}, there}));
  CHECK_FALSE(rapt::detail::all_absent(rapt::TensorView<const float, 2>(there)));
}
