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

template <class T>
struct ConcatChannelsSample {
  explicit ConcatChannelsSample(rapt_test::Draw& draw)
      : first(draw.normal<T, 4>({draw.small() - 1, draw.small() - 1, draw.small(), draw.small() - 1})),
        second(draw.normal<T, 4>({first.extent(0), draw.small() - 1, first.extent(2), first.extent(3)})) {}
  rapt::Concat<T, 4> layer;
  rapt::Tensor<T, 4> first, second;
  rapt::ConcatInput<T, 4> input() const { return {first, second}; }
};
template <class T>
struct ConcatPlanesSample {
  explicit ConcatPlanesSample(rapt_test::Draw& draw)
      : first(draw.normal<T, 4>({draw.small() - 1, draw.small() - 1, draw.small(), draw.small() - 1})),
        second(draw.normal<T, 2>({first.extent(0), draw.small()})) {}
  rapt::Concat<T, 4, 2> layer;
  rapt::Tensor<T, 4> first;
  rapt::Tensor<T, 2> second;
  rapt::ConcatInput<T, 4, 2> input() const { return {first, second}; }
};

}  // namespace

RAPT_TEST_LAYER("Concat", ConcatSample, "[gan][concat]")
RAPT_TEST_TANGENT("Concat", ConcatSample, "[gan][concat]")
RAPT_TEST_LAYER("Concat of channels", ConcatChannelsSample, "[gan][concat]")
RAPT_TEST_TANGENT("Concat of channels", ConcatChannelsSample, "[gan][concat]")
RAPT_TEST_LAYER("Concat of planes", ConcatPlanesSample, "[gan][concat]")
RAPT_TEST_TANGENT("Concat of planes", ConcatPlanesSample, "[gan][concat]")

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

TEST_CASE("Concat puts images and numbers beside images as channels", "[gan][concat]") {
  const rapt::Tensor<double, 4> image({2, 1, 1, 2}, {1, 2, 3, 4}), map({2, 1, 1, 2}, {5, 6, 7, 8});
  const rapt::Tensor<double, 2> classes({2, 2}, {10, 20, 30, 40});
  const auto all = [](const auto& view) { return std::vector<double>(view.begin(), view.end()); };
  const rapt::Concat<double, 4> maps;
  rapt::Concat<double, 4>::Cache maps_cache;
  CHECK(all(maps.forward({image, map}, maps_cache)) == std::vector<double>{1, 2, 5, 6, 3, 4, 7, 8});
  const rapt::Concat<double, 4, 2> planes;
  rapt::Concat<double, 4, 2>::Cache cache;
  const auto y = planes.forward({image, classes}, cache);
  CHECK(y.shape() == rapt::Shape<4>{2, 3, 1, 2});
  CHECK(all(y) == std::vector<double>{1, 2, 10, 10, 20, 20, 3, 4, 30, 30, 40, 40});
  const rapt::Tensor<double, 4> dy({2, 3, 1, 2}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
  const auto dx = planes.backward(dy, cache, nullptr);
  CHECK(all(dx.first) == std::vector<double>{1, 2, 7, 8});
  CHECK(all(dx.second) == std::vector<double>{7, 11, 19, 23});
}

TEST_CASE("Concat takes what is absent from a direction for zeros", "[gan][concat][tangent]") {
  const rapt::Tensor<double, 4> image({1, 1, 1, 2}, {1, 2});
  const rapt::Tensor<double, 2> classes({1, 1}, {3});
  const rapt::Concat<double, 4, 2> layer;
  rapt::Concat<double, 4, 2>::Cache cache;
  layer.forward({image, classes}, cache);
  const auto all = [](const auto& view) { return std::vector<double>(view.begin(), view.end()); };
  CHECK(all(layer.forward_tangent({image, {}}, cache)) == std::vector<double>{1, 2, 0, 0});
  CHECK(all(layer.forward_tangent({{}, classes}, cache)) == std::vector<double>{0, 0, 3, 3});
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
  const rapt::Tensor<float, 4> image({2, 1, 4, 5}), small({2, 3, 4, 4});
  const rapt::Concat<float, 4> maps;
  rapt::Concat<float, 4>::Cache maps_cache;
  CHECK_THROWS_MATCHES(maps.forward({image, small}, maps_cache), rapt::ShapeError,
                       Message("Concat::forward: second has shape (2, 3, 4, 4), expected (2, *, 4, 5)"));
  const rapt::Concat<float, 4, 2> planes;
  rapt::Concat<float, 4, 2>::Cache cache_of_planes;
  CHECK_THROWS_MATCHES(planes.forward({image, second}, cache_of_planes), rapt::ShapeError,
                       Message("Concat::forward: second has shape (3, 2), expected (2, *)"));
  planes.forward({image, first}, cache_of_planes);
  CHECK_THROWS_MATCHES(
      planes.forward_tangent({small, {}}, cache_of_planes), rapt::ShapeError,
      Message("Concat::forward_tangent: first has shape (2, 3, 4, 4), expected (2, 1, 4, 5)"));
}
