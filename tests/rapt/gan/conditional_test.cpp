#include <rapt/gan/conditional.hpp>

#include <rapt/gan/mlp.hpp>
#include <rapt/gan/wiring.hpp>
#include <rapt/nn/conv_2d.hpp>
#include <rapt/nn/flatten.hpp>
#include <rapt/nn/linear.hpp>
#include <rapt/nn/sequential.hpp>
#include <rapt/nn/tanh.hpp>
#include <rapt/nn/unflatten.hpp>

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

template <class T>
using SmallImageNet = rapt::Sequential<rapt::Conv2d<T>, rapt::Tanh<T, 4>, rapt::Flatten<T>>;

// Images of 3 x 2 with a condition of rank 2 (planes) or 4 (a map).
template <class T, std::size_t rank>
struct ConditionalImageSample {
  explicit ConditionalImageSample(rapt_test::Draw& draw)
      : x(draw.normal<T, 4>({draw.small() - 1, draw.small(), 3, 2})) {
    rapt::Shape<rank> shape{};
    for (std::size_t axis = 0; axis < rank; ++axis) shape[axis] = x.extent(axis);
    shape[1] = draw.small();
    condition = draw.normal<T, rank>(shape);
    layer = rapt::Conditional<SmallImageNet<T>, rank>(
        SmallImageNet<T>(rapt::Conv2d<T>(x.extent(1) + shape[1], 2, 2, draw.values), {}, {}));
  }
  rapt::Tensor<T, 4> x;
  rapt::Tensor<T, rank> condition;
  rapt::Conditional<SmallImageNet<T>, rank> layer;
  rapt::ConditionalInput<T, 4, rank> input() const { return {x, condition}; }
};
template <class T>
using ConditionalPlanesSample = ConditionalImageSample<T, 2>;
template <class T>
using ConditionalMapSample = ConditionalImageSample<T, 4>;

// A net that does not read (N, E) numbers cannot be conditioned by laying numbers beside them.
template <class Net>
concept Conditionable = requires {
  typename rapt::Conditional<Net>;
};
static_assert(Conditionable<rapt::Linear<float>> && !Conditionable<rapt::Concat<float>> &&
              !Conditionable<int>);

// What GanTrainer can train: numbers and a class become an image, judged beside planes of the class; an image
// and a map become an image, judged beside the same map.
using ImageFromClass = rapt::Conditional<rapt::Sequential<rapt::Linear<float>, rapt::Unflatten<float>>>;
using ImageFromMap = rapt::Conditional<rapt::Conv2d<float>, 4>;
static_assert(rapt::GanPair<ImageFromClass, rapt::Conditional<SmallImageNet<float>>>);
static_assert(rapt::GanPair<ImageFromMap, rapt::Conditional<SmallImageNet<float>, 4>>);
static_assert(!rapt::GanPair<ImageFromClass, rapt::Conditional<SmallImageNet<float>, 4>>);

}  // namespace

RAPT_TEST_LAYER("Conditional", ConditionalSample, "[gan][conditional]")
RAPT_TEST_TANGENT("Conditional", ConditionalSample, "[gan][conditional]")

RAPT_TEST_LAYER("Conditional over planes", ConditionalPlanesSample, "[gan][conditional]")
RAPT_TEST_TANGENT("Conditional over planes", ConditionalPlanesSample, "[gan][conditional]")
RAPT_TEST_LAYER("Conditional over a map", ConditionalMapSample, "[gan][conditional]")
RAPT_TEST_TANGENT("Conditional over a map", ConditionalMapSample, "[gan][conditional]")

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
