#include <rapt/gan/generator.hpp>

#include "support/catch.hpp"
#include "support/layer_properties.hpp"
#include "support/tangent_properties.hpp"

#include <string>
#include <vector>

namespace {

template <class T>
struct GeneratorSample {
  explicit GeneratorSample(rapt_test::Draw& draw)
      : layer({draw.positive(), draw.positive(), draw.positive()}, draw.values,
              {rapt::Activate::tanh, static_cast<rapt::Activate>(uniform_index(draw.ids, 2) * 3)}),
        noise(draw.normal<T, 2>({draw.size(), layer.net.in()})) {}
  rapt::Generator<T> layer;
  rapt::Tensor<T, 2> noise;
  auto input() const { return noise.view(); }
};

template <class T>
struct ConditionalGeneratorSample {
  explicit ConditionalGeneratorSample(rapt_test::Draw& draw)
      : noise(draw.normal<T, 2>({draw.size(), draw.positive()})),
        condition(draw.normal<T, 2>({noise.extent(0), draw.positive()})),
        layer(rapt::Generator<T>({noise.extent(1) + condition.extent(1), draw.positive(), 3}, draw.values,
                                 {rapt::Activate::sigmoid})) {}
  rapt::Tensor<T, 2> noise, condition;
  rapt::ConditionalGenerator<T> layer;
  rapt::ConditionalInput<T> input() const { return {noise, condition}; }
};

}  // namespace

RAPT_TEST_LAYER("Generator", GeneratorSample, "[gan][generator]")
RAPT_TEST_TANGENT("Generator", GeneratorSample, "[gan][generator]")
RAPT_TEST_LAYER("ConditionalGenerator", ConditionalGeneratorSample, "[gan][generator]")
RAPT_TEST_TANGENT("ConditionalGenerator", ConditionalGeneratorSample, "[gan][generator]")

TEST_CASE("Generator keeps its samples in the range of its output activation", "[gan][generator]") {
  rapt::RandomStream stream(1);
  rapt_test::Draw draw(1);
  const auto noise = draw.normal<float, 2>({50, 4}, 100);
  const auto range = [&](rapt::Activate output) {
    const rapt::Generator<float> g({4, 8, 5}, stream, {.output = output});
    const auto x = predict(g, noise);
    return std::pair(*std::min_element(x.begin(), x.end()), *std::max_element(x.begin(), x.end()));
  };
  const auto [tanh_low, tanh_high] = range(rapt::Activate::tanh);
  CHECK((tanh_low >= -1 && tanh_low < 0 && tanh_high > 0 && tanh_high <= 1));
  const auto [sigmoid_low, sigmoid_high] = range(rapt::Activate::sigmoid);
  CHECK((sigmoid_low >= 0 && sigmoid_high <= 1));
  const auto [low, high] = range(rapt::Activate::identity);
  CHECK((low < -1 && high > 1));
}

TEST_CASE("Generator names its parameters and counts them", "[gan][generator]") {
  rapt::RandomStream stream(1);
  rapt::Generator<float> g({128, 256, 1682}, stream);
  CHECK(parameter_count(g) == 128 * 256 + 256 + 256 * 1682 + 1682);
  std::vector<std::string> names;
  named_parameters([&](std::string_view name, auto&) { names.emplace_back(name); }, g);
  CHECK(names ==
        std::vector<std::string>{"linear.0.weight", "linear.0.bias", "linear.1.weight", "linear.1.bias"});
  CHECK_THROWS_AS(rapt::Generator<float>({128}, stream), std::invalid_argument);
}
