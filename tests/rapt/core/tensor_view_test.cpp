#include <rapt/core/tensor_view.hpp>

#include <rapt/core/tensor.hpp>

#include "support/catch.hpp"

#include <array>
#include <string>
#include <type_traits>
#include <vector>

using rapt::Index;
using rapt::Tensor;
using rapt::TensorView;

TEST_CASE("A view of a temporary does not compile", "[core][tensor_view]") {
  STATIC_REQUIRE(std::is_constructible_v<TensorView<const float, 2>, Tensor<float, 2>&>);
  STATIC_REQUIRE(std::is_constructible_v<TensorView<const float, 2>, const Tensor<float, 2>&>);
  STATIC_REQUIRE_FALSE(std::is_constructible_v<TensorView<const float, 2>, Tensor<float, 2>>);
  STATIC_REQUIRE_FALSE(std::is_constructible_v<TensorView<const float, 2>, const Tensor<float, 2>>);
  STATIC_REQUIRE_FALSE(std::is_constructible_v<TensorView<float, 2>, Tensor<float, 2>>);
}

TEST_CASE("Constness of a view can be gained and not lost", "[core][tensor_view]") {
  STATIC_REQUIRE(std::is_convertible_v<TensorView<float, 2>, TensorView<const float, 2>>);
  STATIC_REQUIRE_FALSE(std::is_convertible_v<TensorView<const float, 2>, TensorView<float, 2>>);
  STATIC_REQUIRE_FALSE(std::is_convertible_v<const Tensor<float, 2>&, TensorView<float, 2>>);
  STATIC_REQUIRE_FALSE(std::is_convertible_v<TensorView<float, 2>, TensorView<const double, 2>>);
  STATIC_REQUIRE(std::is_trivially_copyable_v<TensorView<float, 4>>);
}

TEST_CASE("A view reads and writes memory that the user owns", "[core][tensor_view]") {
  std::array<float, 6> memory{1, 2, 3, 4, 5, 6};
  const TensorView<float, 2> view(memory.data(), {2, 3});
  CHECK(view(1, 0) == 4);
  view(1, 2) = 60;
  view.matrix().row(0) *= 10;
  CHECK(memory == std::array<float, 6>{10, 20, 30, 4, 5, 60});
  CHECK(view.array().sum() == 129);
  std::vector<Index> ids{4, 5, 6};
  CHECK(TensorView<const Index, 1>(ids.data(), {3})(2) == 6);
}

TEST_CASE("Parts of a view share its memory", "[core][tensor_view]") {
  std::vector<double> memory(24);
  for (std::size_t i = 0; i < 24; ++i) memory[i] = static_cast<double>(i);
  const TensorView<double, 3> view(memory.data(), {2, 3, 4});
  CHECK(view[1].shape() == rapt::Shape<2>{3, 4});
  CHECK(view[1](2, 3) == 23);
  CHECK(view[1][0](1) == 13);
  CHECK(view.slice(1, 2).shape() == rapt::Shape<3>{1, 3, 4});
  CHECK(view.slice(1, 2)(0, 0, 0) == 12);
  CHECK(view.slice(2, 2).size() == 0);
  CHECK(view.rows().shape() == rapt::Shape<2>{6, 4});
  CHECK(view[0][0].rows().shape() == rapt::Shape<2>{1, 4});
  CHECK(view.matrix()(5, 3) == 23);
  CHECK(view.reshape<2>({8, 3})(7, 2) == 23);
  CHECK(view.reshape<2>({8, 3}).data() == memory.data());
}

TEST_CASE("reshape refuses another number of elements however it is hidden", "[core][tensor_view][errors]") {
  std::array<float, 6> memory{};
  const TensorView<float, 2> view(memory.data(), {2, 3});
  std::string message;
  try {
    view.reshape<1>({7});
  } catch (const rapt::ShapeError& error) {
    message = error.what();
  }
  CHECK(message == "TensorView::reshape: view has shape (2, 3), expected (7)");
  CHECK_THROWS_AS(view.reshape<2>({-2, -3}), rapt::ShapeError);
  const TensorView<float, 2> empty(memory.data(), {0, 3});
  const Index big = Index{1} << 32;
  CHECK_THROWS_AS(empty.reshape<2>({big, big}), rapt::ShapeError);
  CHECK(empty.reshape<3>({5, 0, 2}).size() == 0);
}

TEST_CASE("Only a default view is absent", "[core][tensor_view]") {
  const Tensor<bool, 2> empty({0, 3});
  CHECK(TensorView<const bool, 2>{}.absent());
  CHECK_FALSE(TensorView<const bool, 2>(empty).absent());
  CHECK(TensorView<const bool, 2>(empty).begin() == TensorView<const bool, 2>(empty).end());
}
