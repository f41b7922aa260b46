#pragma once
// Compares a layer of images without parameters with the cases that tests/golden/make_image_layers.py wrote.

#include <rapt/core/tangent.hpp>
#include <rapt/testing/golden.hpp>

#include "support/catch.hpp"
#include "support/layer_golden.hpp"

#include <string>

namespace rapt_test {

/// Output and input gradient agree with the tensors `<name>.x`, `.y`, `.dy`, `.dx` of a file.
template <class L>
void check_image_case(const rapt::testing::Golden& golden, const std::string& name, const L& layer) {
  INFO("case " << name);
  using rapt::testing::largest_difference;
  const auto x = golden.tensor<double, L::Input::rank>(name + ".x");
  const auto dy = golden.tensor<double, L::Output::rank>(name + ".dy");
  const auto expected_y = golden.tensor<double, L::Output::rank>(name + ".y");
  typename L::Cache cache;
  const auto y = layer.forward(x, cache);
  REQUIRE(y.shape() == expected_y.shape());
  CHECK(largest_difference(y, expected_y) < 1e-10);
  const auto dx = layer.backward(dy, cache, nullptr);
  CHECK(largest_difference(dx, golden.tensor<double, L::Input::rank>(name + ".dx")) < 1e-10);
}

/// The tangent and its gradients agree with PyTorch's double backward.
template <class L>
void check_tangent_case(const rapt::testing::Golden& golden, const std::string& name, const L& layer) {
  INFO("case " << name);
  using rapt::testing::largest_difference;
  constexpr std::size_t in = L::Input::rank, out = L::Output::rank;
  const auto x = golden.tensor<double, in>(name + ".x"), dx = golden.tensor<double, in>(name + ".dx");
  const auto d_dy = golden.tensor<double, out>(name + ".d_dy"), dy = golden.tensor<double, out>(name + ".dy");
  typename L::Cache cache;
  CHECK(largest_difference(layer.forward(x, cache), golden.tensor<double, out>(name + ".y")) < 1e-10);
  const auto tangent = layer.forward_tangent(dx, cache);
  CHECK(largest_difference(tangent, golden.tensor<double, out>(name + ".tangent")) < 1e-9);
  const auto by = layer.backward_tangent(d_dy, dy, cache, nullptr);
  CHECK(largest_difference(by.tangent, golden.tensor<double, in>(name + ".by_direction")) < 1e-9);
  CHECK(largest_difference(by.input, golden.tensor<double, in>(name + ".by_x")) < 1e-9);
}

}  // namespace rapt_test
