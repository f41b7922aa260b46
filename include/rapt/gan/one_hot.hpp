#pragma once
/// \file  Classes as rows of numbers.

#include <rapt/core/tensor_view.hpp>

#include <algorithm>
#include <concepts>
#include <stdexcept>
#include <string>

namespace rapt {

/// `y_nk = 1` where k is the class of sample n, else 0: the condition of a ConditionalInput.
/// \shape  classes (N) -> y (N, K)
/// \throws ShapeError; std::out_of_range for a class that is not one of 0 .. K - 1, before any write
template <std::floating_point T>
void one_hot(TensorView<const Index, 1> classes, TensorView<T, 2> y) {
  expect_shape("one_hot", "y", y.shape(), {classes.extent(0), any});
  const Index count = y.extent(1);
  for (const Index k : classes) {
    if (k < 0 || k >= count) {
      throw std::out_of_range("one_hot: class " + std::to_string(k) + " is not in [0, " +
                              std::to_string(count) + ")");
    }
  }
  std::fill_n(y.data(), y.size(), T(0));
  for (Index n = 0; n < classes.extent(0); ++n) y(n, classes(n)) = 1;
}

}  // namespace rapt
