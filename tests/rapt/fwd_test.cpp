#include <rapt/fwd.hpp>

namespace fwd_test {

// What a user's header declares before anything is defined.
float score(const rapt::Linear<float>& layer, rapt::TensorView<const float, 2> x, rapt::Tensor<float, 2>& y);
void train(rapt::MultiheadAttention<double>& layer, rapt::RandomStream& stream, rapt::InputGradient wanted);
struct Optimised {
  rapt::Adam<rapt::Linear<float>>* optimiser = nullptr;
  rapt::Shape<2> shape{};
};

}  // namespace fwd_test

#include <rapt/attention/multihead_attention.hpp>
#include <rapt/core/random.hpp>
#include <rapt/nn/linear.hpp>

#include "support/catch.hpp"

namespace fwd_test {

float score(const rapt::Linear<float>& layer, rapt::TensorView<const float, 2> x, rapt::Tensor<float, 2>& y) {
  y = rapt::predict(layer, x);
  return y(0, 0);
}

}  // namespace fwd_test

TEST_CASE("What fwd.hpp declares is what the headers define", "[fwd]") {
  rapt::Linear<float> layer;
  layer.weight = rapt::Tensor<float, 2>({1, 1}, {3});
  layer.bias = rapt::Tensor<float, 1>({1}, {1});
  const rapt::Tensor<float, 2> x({1, 1}, {2});
  rapt::Tensor<float, 2> y;
  CHECK(fwd_test::score(layer, x, y) == 7);
  STATIC_REQUIRE(rapt::Layer<rapt::MultiheadAttention<double>>);
}
