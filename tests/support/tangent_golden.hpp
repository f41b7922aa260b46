#pragma once
// Compares a layer's tangent with a double backward of PyTorch: make_norms.py writes layer.*, x, direction,
// d_dy, dy, y_tangent, and of S = <d_dy, y_tangent> + <dy, y> the gradients d_direction, dx, gradient.*.

#include <rapt/core/tangent.hpp>

#include "support/layer_golden.hpp"

#include <string>

namespace rapt_test {

/// y' and all gradients of S agree with tests/golden/<name>.txt to 1e-9, from its weights.
template <rapt::TangentLayer L>
void check_tangent_golden(const std::string& name, L layer, typename L::Cache cache = {}) {
  const auto golden = layer_golden(name);
  golden.load(layer, "layer.");
  L gradient = rapt::zeros_like(layer);
  constexpr std::size_t in = L::Input::rank, out = L::Output::rank;
  const auto x = golden.tensor<double, in>("x"), direction = golden.tensor<double, in>("direction");
  const auto d_dy = golden.tensor<double, out>("d_dy"), dy = golden.tensor<double, out>("dy");

  layer.forward(x, cache);
  const auto y_tangent = layer.forward_tangent(direction, cache);
  const auto result = layer.backward_tangent(d_dy, dy, cache, &gradient);

  using rapt::testing::largest_difference;
  INFO(name);
  CHECK(largest_difference(y_tangent, golden.tensor<double, out>("y_tangent")) < 1e-9);
  CHECK(largest_difference(result.tangent, golden.tensor<double, in>("d_direction")) < 1e-9);
  CHECK(largest_difference(result.input, golden.tensor<double, in>("dx")) < 1e-9);
  rapt::named_parameters(
      [&](std::string_view parameter, const auto& g) {
        using P = std::remove_cvref_t<decltype(g)>;
        if (g.size() == 0) return;
        INFO("gradient." << parameter);
        const auto expected = golden.tensor<double, P::rank>("gradient." + std::string(parameter));
        CHECK(largest_difference(g, expected) < 1e-9);
      },
      gradient);
}

}  // namespace rapt_test
