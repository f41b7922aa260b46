#include <rapt/gan/conditional.hpp>

#include <rapt/gan/mlp.hpp>
#include <rapt/nn/linear.hpp>

#include "support/catch.hpp"
#include "support/layer_properties.hpp"
#include "support/tangent_properties.hpp"

#include <vector>

namespace {

template <class T>
struct ConditionalSample {
  explicit ConditionalSample(rapt_test::Draw& draw)
      : x(draw.normal<T, 2>({draw.size(), draw.positive()})),
        condition(draw.normal<T, 2>({x.extent(0), draw.size()})),
        layer(rapt::Mlp<T>(std::vector<rapt::Index>{x.extent(1) + condition.extent(1), draw.positive(), 2},
                           rapt::Activate::tanh, rapt::Activate::identity, draw.values)) {}
  rapt::Tensor<T, 2> x, condition;
  rapt::Conditional<rapt::Mlp<T>> layer;
  rapt::ConditionalInput<T> input() const { return {x, condition}; }
};

// A net that does not read (N, E) numbers cannot be conditioned by laying numbers beside them.
template <class Net>
concept Conditionable = requires {
  typename rapt::Conditional<Net>;
};
static_assert(Conditionable<rapt::Linear<float>> && !Conditionable<rapt::Concat<float>> &&
              !Conditionable<int>);

}  // namespace

RAPT_TEST_LAYER("Conditional", ConditionalSample, "[gan][conditional]")
RAPT_TEST_TANGENT("Conditional", ConditionalSample, "[gan][conditional]")

TEST_CASE("Conditional reads input and condition side by side", "[gan][conditional]") {
  rapt::Linear<double> linear;
  linear.weight = rapt::Tensor<double, 2>({1, 3}, {1, 10, 100});
  const rapt::Conditional net(linear);
  rapt::Conditional<rapt::Linear<double>>::Cache cache;
  const rapt::Tensor<double, 2> x({1, 1}, {2}), condition({1, 2}, {3, 4}), dy({1, 1}, {1});
  CHECK(net.forward({x, condition}, cache)(0, 0) == 432);
  const auto dx = net.backward(dy, cache, nullptr);
  CHECK(dx.x(0, 0) == 1);
  CHECK(dx.condition(0, 1) == 100);
}

TEST_CASE("Conditional has the parameter names of its net", "[gan][conditional]") {
  rapt::RandomStream stream(1);
  rapt::Conditional net(rapt::Linear<float>(3, 2, stream));
  std::vector<std::string> names;
  named_parameters([&](std::string_view name, auto&) { names.emplace_back(name); }, net);
  CHECK(names == std::vector<std::string>{"weight", "bias"});
}
