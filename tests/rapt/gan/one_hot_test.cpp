#include <rapt/gan/one_hot.hpp>

#include <rapt/core/tensor.hpp>

#include "support/catch.hpp"

#include <vector>

TEST_CASE("Classes become rows with a single 1", "[gan][one_hot]") {
  const rapt::Tensor<rapt::Index, 1> classes({3}, {2, 0, 2}), none({0});
  rapt::Tensor<float, 2> y({3, 3});
  y.fill(7);
  rapt::one_hot(classes.view(), y.view());
  CHECK(std::vector<float>(y.begin(), y.end()) == std::vector<float>{0, 0, 1, 1, 0, 0, 0, 0, 1});
  rapt::Tensor<float, 2> empty({0, 3});
  CHECK_NOTHROW(rapt::one_hot(none.view(), empty.view()));
}

TEST_CASE("A class out of range is named before anything is written", "[gan][one_hot][errors]") {
  const rapt::Tensor<rapt::Index, 1> high({2}, {0, 3}), low({2}, {0, -1}), good({2}, {0, 1});
  rapt::Tensor<double, 2> y({2, 3}), long_one({3, 3});
  y.fill(7);
  using Catch::Matchers::Message;
  CHECK_THROWS_MATCHES(rapt::one_hot(high.view(), y.view()), std::out_of_range,
                       Message("one_hot: class 3 is not in [0, 3)"));
  CHECK_THROWS_MATCHES(rapt::one_hot(low.view(), y.view()), std::out_of_range,
                       Message("one_hot: class -1 is not in [0, 3)"));
  CHECK_THROWS_MATCHES(rapt::one_hot(good.view(), long_one.view()), rapt::ShapeError,
                       Message("one_hot: y has shape (3, 3), expected (2, *)"));
  for (const double number : y) CHECK(number == 7);
}
