#include <rapt/core/shape.hpp>

#include "support/catch.hpp"

#include <string>
#include <type_traits>

TEST_CASE("A shape is written as in PyTorch with a star for any extent", "[core][shape]") {
  using rapt::to_string;
  CHECK(to_string(rapt::Shape<0>{}) == "()");
  CHECK(to_string(rapt::Shape<1>{7}) == "(7)");
  CHECK(to_string(rapt::Shape<3>{8, 0, rapt::any}) == "(8, 0, *)");
}

TEST_CASE("The number of elements is the product of the extents", "[core][shape]") {
  STATIC_REQUIRE(rapt::element_count(rapt::Shape<3>{2, 3, 5}) == 30);
  STATIC_REQUIRE(rapt::element_count(rapt::Shape<2>{7, 0}) == 0);
  STATIC_REQUIRE(rapt::element_count(rapt::Shape<0>{}) == 1);
}

TEST_CASE("expect_shape names place and argument and both shapes", "[core][shape][errors]") {
  using rapt::any;
  CHECK_NOTHROW(rapt::expect_shape<2>("f", "x", {8, 64}, {any, 64}));
  CHECK_NOTHROW(rapt::expect_shape<2>("f", "x", {0, 0}, {any, any}));
  std::string message;
  try {
    rapt::expect_shape<2>("Linear::forward", "x", {8, 63}, {any, 64});
  } catch (const rapt::ShapeError& error) {
    message = error.what();
  }
  CHECK(message == "Linear::forward: x has shape (8, 63), expected (*, 64)");
  STATIC_REQUIRE(std::is_base_of_v<std::invalid_argument, rapt::ShapeError>);
}
