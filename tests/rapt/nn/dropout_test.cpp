#include <rapt/nn/dropout.hpp>

#include "support/catch.hpp"
#include "support/layer_properties.hpp"
#include "support/tangent_properties.hpp"

#include <cmath>
#include <limits>
#include <vector>

namespace {

template <class T>
struct DropoutSample {
  explicit DropoutSample(rapt_test::Draw& draw)
      : layer(static_cast<double>(draw.small() - 1) / 5), x(draw.normal<T, 2>({draw.size(), draw.size()})) {}
  rapt::Dropout<T> layer;
  rapt::Tensor<T, 2> x;
  auto input() const { return x.view(); }
};

template <class T>
std::vector<T> dropout_of_ones(const rapt::Dropout<T>& layer, typename rapt::Dropout<T>::Cache& cache,
                               rapt::Index rows) {
  rapt::Tensor<T, 2> x({rows, 101});
  x.fill(1);
  const auto y = layer.forward(x, cache);
  return {y.begin(), y.end()};
}

}  // namespace

RAPT_TEST_LAYER("Dropout", DropoutSample, "[nn][dropout]")
RAPT_TEST_TANGENT("Dropout", DropoutSample, "[nn][dropout]")

TEMPLATE_TEST_CASE("Dropout drops a share p and scales the rest", "[nn][dropout]", float, double) {
  using T = TestType;
  for (const double p : {0.0, 0.125, 0.5, 0.9}) {
    const rapt::Dropout<T> layer(p);
    typename rapt::Dropout<T>::Cache cache;
    start_training(cache, rapt::RandomStream(9));
    const auto y = dropout_of_ones(layer, cache, 400);
    double dropped = 0;
    for (const T v : y) {
      CHECK((v == 0 || v == static_cast<T>(1 / (1 - p))));
      dropped += v == 0;
    }
    const double n = 400 * 101, deviation = std::sqrt(n * p * (1 - p));
    INFO("p " << p << " dropped " << dropped);
    CHECK(std::abs(dropped - n * p) <= 4 * deviation);
  }
}

TEST_CASE("Dropout is the identity in prediction", "[nn][dropout]") {
  rapt_test::Draw draw(1);
  const auto x = draw.normal<float, 2>({3, 5});
  const rapt::Dropout<float> layer(0.7);
  rapt::Dropout<float>::Cache cache;
  CHECK(rapt::testing::largest_difference(layer.forward(x, cache), x) == 0);
  CHECK(rapt::testing::largest_difference(layer.backward(x, cache, nullptr), x) == 0);
  start_training(cache, rapt::RandomStream(1));
  CHECK(rapt::testing::largest_difference(layer.forward(x, cache), x) > 0);
  stop_training(cache);
  CHECK(rapt::testing::largest_difference(layer.forward(x, cache), x) == 0);
}

TEST_CASE("Dropout draws anew in every forward and repeats from the same stream", "[nn][dropout]") {
  const rapt::Dropout<float> layer(0.5);
  rapt::Dropout<float>::Cache cache;
  start_training(cache, rapt::RandomStream(3));
  const auto first = dropout_of_ones(layer, cache, 5), second = dropout_of_ones(layer, cache, 5);
  CHECK(first != second);
  start_training(cache, rapt::RandomStream(3));
  CHECK(dropout_of_ones(layer, cache, 5) == first);
  start_training(cache, rapt::RandomStream(4));
  CHECK(dropout_of_ones(layer, cache, 5) != first);
}

TEST_CASE("Dropout draws the same mask in float and double", "[nn][dropout]") {
  rapt::Dropout<float>::Cache single;
  rapt::Dropout<double>::Cache twice;
  start_training(single, rapt::RandomStream(3));
  start_training(twice, rapt::RandomStream(3));
  const auto a = dropout_of_ones(rapt::Dropout<float>(0.5), single, 9);
  const auto b = dropout_of_ones(rapt::Dropout<double>(0.5), twice, 9);
  CHECK(std::vector<double>(a.begin(), a.end()) == b);
}

TEST_CASE("Dropout applies the mask of its forward to the gradient", "[nn][dropout]") {
  const rapt::Dropout<double> layer(0.5);
  rapt::Dropout<double>::Cache cache;
  start_training(cache, rapt::RandomStream(3));
  const auto y = dropout_of_ones(layer, cache, 2);
  stop_training(cache);  // backward belongs to the forward that was, whatever comes next
  rapt::Tensor<double, 2> dy({2, 101});
  dy.fill(1);
  const auto dx = layer.backward(dy, cache, nullptr);
  CHECK(std::vector<double>(dx.begin(), dx.end()) == y);
}

TEST_CASE("Dropout refuses a p outside of 0 to 1 and keeps it in another scalar", "[nn][dropout][errors]") {
  using Catch::Matchers::Message;
  CHECK_THROWS_MATCHES(rapt::Dropout<float>(1), std::invalid_argument,
                       Message("Dropout: p is 1, expected 0 <= p < 1"));
  CHECK_THROWS_MATCHES(rapt::Dropout<float>(-0.25), std::invalid_argument,
                       Message("Dropout: p is -0.25, expected 0 <= p < 1"));
  CHECK_THROWS_MATCHES(rapt::Dropout<float>(std::nan("")), std::invalid_argument,
                       Message("Dropout: p is nan, expected 0 <= p < 1"));
  CHECK(rapt::cast<float>(rapt::Dropout<double>(0.3)).p == 0.3);
  CHECK(parameter_count(rapt::Dropout<float>(0.3)) == 0);
}

TEST_CASE("Dropout::backward names both shapes when they do not fit", "[nn][dropout][errors]") {
  const rapt::Dropout<float> layer(0.5);
  rapt::Dropout<float>::Cache cache;
  const rapt::Tensor<float, 2> x({2, 3}), dy({3, 2});
  layer.forward(x, cache);
  CHECK_THROWS_MATCHES(layer.backward(dy, cache, nullptr), rapt::ShapeError,
                       Catch::Matchers::Message("Dropout::backward: dy has shape (3, 2), expected (2, 3)"));
}
