#pragma once
// Compares a layer of one view of numbers with what golden.module() of tests/golden/golden.py wrote.

#include <rapt/core/layer.hpp>
#include <rapt/testing/golden.hpp>

#include "support/catch.hpp"

#include <string>

namespace rapt_test {

inline rapt::testing::Golden layer_golden(const std::string& name) {
  return rapt::testing::Golden(RAPT_SOURCE_DIR "/tests/golden/" + name + ".txt");
}

/// Every parameter's gradient agrees with `gradient.<name>`; one without numbers (a bias left out) has none.
template <class L>
void check_parameter_gradients(const rapt::testing::Golden& golden, const L& gradient) {
  rapt::named_parameters(
      [&](std::string_view name, const auto& g) {
        using P = std::remove_cvref_t<decltype(g)>;
        if (g.size() == 0) return;
        INFO("gradient." << name);
        const auto expected = golden.tensor<double, P::rank>("gradient." + std::string(name));
        CHECK(rapt::testing::largest_difference(g, expected) < 1e-10);
      },
      gradient);
}

/// Output, input gradient and parameter gradients agree with tests/golden/<name>.txt, from its weights.
template <class L>
void check_layer_golden(const std::string& name, L layer, typename L::Cache cache = {}) {
  const auto golden = layer_golden(name);
  golden.load(layer, "layer.");
  L gradient = rapt::zeros_like(layer);
  const auto x = golden.tensor<double, L::Input::rank>("x");
  const auto dy = golden.tensor<double, L::Output::rank>("dy");

  const auto y = layer.forward(x, cache);
  const auto dx = layer.backward(dy, cache, &gradient);

  CHECK(rapt::testing::largest_difference(y, golden.tensor<double, L::Output::rank>("y")) < 1e-10);
  CHECK(rapt::testing::largest_difference(dx, golden.tensor<double, L::Input::rank>("dx")) < 1e-10);
  check_parameter_gradients(golden, gradient);
}

}  // namespace rapt_test
