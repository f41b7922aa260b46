#include <rapt/gan/mlp.hpp>

#include "support/catch.hpp"
#include "support/layer_properties.hpp"
#include "support/tangent_properties.hpp"

#include <string>
#include <vector>

namespace {

template <class T>
struct MlpSample {
  explicit MlpSample(rapt_test::Draw& draw)
      : layer(widths(draw), rapt::Activate::tanh,
              uniform_index(draw.ids, 2) == 0 ? rapt::Activate::identity : rapt::Activate::sigmoid,
              draw.values),
        x(draw.normal<T, 2>({draw.size(), layer.in()})) {}
  static std::vector<rapt::Index> widths(rapt_test::Draw& draw) {
    std::vector<rapt::Index> list{draw.positive(), draw.positive()};
    for (rapt::Index more = uniform_index(draw.ids, 3); more > 0; --more) list.push_back(draw.positive());
    return list;
  }
  rapt::Mlp<T> layer;
  rapt::Tensor<T, 2> x;
  auto input() const { return x.view(); }
};

}  // namespace

RAPT_TEST_LAYER("Mlp", MlpSample, "[gan][mlp]")
RAPT_TEST_TANGENT("Mlp", MlpSample, "[gan][mlp]")

TEST_CASE("Mlp gives the values worked out by hand", "[gan][mlp]") {
  rapt::RandomStream stream(1);
  rapt::Mlp<double> mlp(std::vector<rapt::Index>{1, 2, 1}, rapt::Activate::relu, rapt::Activate::identity,
                        stream);
  mlp.linear[0].weight = rapt::Tensor<double, 2>({2, 1}, {1, -1});
  mlp.linear[0].bias = rapt::Tensor<double, 1>({2}, {1, 1});
  mlp.linear[1].weight = rapt::Tensor<double, 2>({1, 2}, {2, 5});
  mlp.linear[1].bias = rapt::Tensor<double, 1>({1}, {7});
  const rapt::Tensor<double, 2> x({2, 1}, {3, -3});
  // relu(4, -2) -> 2 * 4 + 7; relu(-2, 4) -> 5 * 4 + 7
  const auto y = predict(mlp, x);
  CHECK(y(0, 0) == 15);
  CHECK(y(1, 0) == 27);
  CHECK(parameter_count(mlp) == 2 + 2 + 2 + 1);
  CHECK(mlp.in() == 1);
  CHECK(mlp.out() == 1);
}

TEST_CASE("Mlp in float keeps its activations", "[gan][mlp]") {
  rapt::RandomStream stream(1);
  const rapt::Mlp<double> mlp(std::vector<rapt::Index>{2, 3}, rapt::Activate::relu, rapt::Activate::tanh,
                              stream);
  const auto single = rapt::cast<float>(mlp);
  CHECK(single.hidden.kind == rapt::Activate::relu);
  CHECK(single.output.kind == rapt::Activate::tanh);
}

TEST_CASE("Mlp names what does not fit", "[gan][mlp][errors]") {
  rapt::RandomStream stream(1);
  using Catch::Matchers::Message;
  CHECK_THROWS_MATCHES(
      rapt::Mlp<float>(std::vector<rapt::Index>{3}, rapt::Activate::relu, rapt::Activate::relu, stream),
      std::invalid_argument, Message("Mlp: 1 widths, expected at least 2"));
  const rapt::Mlp<float> mlp(std::vector<rapt::Index>{3, 2}, rapt::Activate::relu, rapt::Activate::relu,
                             stream);
  rapt::Mlp<float>::Cache cache;
  const rapt::Tensor<float, 2> x({5, 4});
  CHECK_THROWS_MATCHES(mlp.forward(x, cache), rapt::ShapeError,
                       Message("Linear::forward: x has shape (5, 4), expected (*, 3)"));
  rapt::Mlp<float>::Cache cold;  // no forward has filled it
  const rapt::Tensor<float, 2> dy({5, 2});
  CHECK_THROWS_MATCHES(mlp.backward(dy, cold, nullptr), std::invalid_argument,
                       Message("Mlp::backward: the cache is of 0 maps, expected 1"));
}
