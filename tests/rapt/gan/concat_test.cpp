#include <rapt/gan/concat.hpp>

#include "support/catch.hpp"
#include "support/layer_properties.hpp"
#include "support/tangent_properties.hpp"

#include <vector>

namespace {

template <class T>
struct ConcatSample {
  explicit ConcatSample(rapt_test::Draw& draw)
      : first(draw.normal<T, 2>({draw.size(), draw.size()})),
        second(draw.normal<T, 2>({first.extent(0), draw.size()})) {}
  rapt::Concat<T> layer;
  rapt::Tensor<T, 2> first, second;
  rapt::ConcatInput<T> input() const { return {first, second}; }
};

}  // namespace

RAPT_TEST_LAYER("Concat", ConcatSample, "[gan][concat]")
RAPT_TEST_TANGENT("Concat", ConcatSample, "[gan][concat]")

TEST_CASE("Concat lays rows side by side and parts their gradient", "[gan][concat]") {
  const rapt::Concat<double> layer;
  rapt::Concat<double>::Cache cache;
  const rapt::Tensor<double, 2> first({2, 1}, {1, 2}), second({2, 2}, {3, 4, 5, 6});
  const auto y = layer.forward({first, second}, cache);
  CHECK(std::vector<double>(y.begin(), y.end()) == std::vector<double>{1, 3, 4, 2, 5, 6});
  const rapt::Tensor<double, 2> dy({2, 3}, {10, 20, 30, 40, 50, 60});
  const auto dx = layer.backward(dy, cache, nullptr);
  CHECK(std::vector<double>(dx.first.begin(), dx.first.end()) == std::vector<double>{10, 40});
  CHECK(std::vector<double>(dx.second.begin(), dx.second.end()) == std::vector<double>{20, 30, 50, 60});
}

TEST_CASE("Concat names both shapes when they do not fit", "[gan][concat][errors]") {
  const rapt::Concat<float> layer;
  rapt::Concat<float>::Cache cache;
  const rapt::Tensor<float, 2> first({2, 1}), second({3, 2}), dy({2, 4});
  using Catch::Matchers::Message;
  CHECK_THROWS_MATCHES(layer.forward({first, second}, cache), rapt::ShapeError,
                       Message("Concat::forward: second has shape (3, 2), expected (2, *)"));
  layer.forward({first, first}, cache);
  CHECK_THROWS_MATCHES(layer.backward(dy, cache, nullptr), rapt::ShapeError,
                       Message("Concat::backward: dy has shape (2, 4), expected (2, 2)"));
}
