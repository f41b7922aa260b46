#pragma once
/// \file  A chain of affine maps with an activation between them, of any depth.

#include <rapt/gan/nonlinearity.hpp>
#include <rapt/nn/linear.hpp>

#include <concepts>
#include <span>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

namespace rapt {

/// Multilayer perceptron, `h_0 = x, h_i = f(W_i h_(i-1) + b_i)`, with an activation of its own after the last
/// map (Rumelhart, Hinton and Williams 1986).
///
/// \shape   x (N, widths[0]) -> y (N, widths.back())
/// \init    as Linear
/// \throws  ShapeError; std::invalid_argument for fewer than two widths and for a cache that no forward of as
///          many maps has filled
/// \borrows x until the matching backward, and the direction of a tangent until backward_tangent
template <std::floating_point T>
struct Mlp {
  using Scalar = T;
  using Input = TensorView<const T, 2>;
  using Output = TensorView<const T, 2>;

  std::vector<Linear<T>> linear;
  Nonlinearity<T> hidden, output;
  static constexpr auto parameters =
      std::tuple{field("linear", &Mlp::linear), field("hidden", &Mlp::hidden), field("output", &Mlp::output)};

  struct Cache {
    std::vector<typename Linear<T>::Cache> linear;
    std::vector<typename Nonlinearity<T>::Cache> activation;
  };

  Mlp() = default;
  Mlp(std::span<const Index> widths, Activate hidden_kind, Activate output_kind, RandomStream& stream)
      : hidden{hidden_kind}, output{output_kind} {
    if (widths.size() < 2) {
      throw std::invalid_argument("Mlp: " + std::to_string(widths.size()) + " widths, expected at least 2");
    }
    for (std::size_t i = 0; i + 1 < widths.size(); ++i) linear.emplace_back(widths[i], widths[i + 1], stream);
  }

  Index in() const { return linear.front().in(); }
  Index out() const { return linear.back().out(); }

  Output forward(Input x, Cache& cache) const {
    cache.linear.resize(linear.size());
    cache.activation.resize(linear.size());
    Output h = x;
    for (std::size_t i = 0; i < linear.size(); ++i)
      h = after(i).forward(linear[i].forward(h, cache.linear[i]), cache.activation[i]);
    return h;
  }

  Input backward(Output dy, Cache& cache, Mlp* gradient,
                 InputGradient input_gradient = InputGradient::compute) const {
    expect_filled("backward", cache);
    Output dh = dy;
    for (std::size_t i = linear.size(); i-- > 0;) {
      // h_i = f(W_i h_(i-1) + b_i)
      dh = after(i).backward(dh, cache.activation[i], nullptr);
      dh = linear[i].backward(dh, cache.linear[i], gradient == nullptr ? nullptr : &gradient->linear[i],
                              i == 0 ? input_gradient : InputGradient::compute);
    }
    return dh;
  }

  Output forward_tangent(Input dx, Cache& cache) const {
    expect_filled("forward_tangent", cache);
    Output dh = dx;
    for (std::size_t i = 0; i < linear.size(); ++i) {
      dh = linear[i].forward_tangent(dh, cache.linear[i]);
      dh = after(i).forward_tangent(dh, cache.activation[i]);
    }
    return dh;
  }

  TangentGradient<Input> backward_tangent(Output d_dy, Output dy, Cache& cache, Mlp* gradient,
                                          InputGradient input_gradient = InputGradient::compute) const {
    expect_filled("backward_tangent", cache);
    TangentGradient<Input> d{d_dy, dy};
    for (std::size_t i = linear.size(); i-- > 0;) {
      // h_i = f(a_i), h'_i = f'(a_i) a'_i
      d = after(i).backward_tangent(d.tangent, d.input, cache.activation[i], nullptr);
      // a_i = W_i h_(i-1) + b_i, a'_i = W_i h'_(i-1)
      d = linear[i].backward_tangent(d.tangent, d.input, cache.linear[i],
                                     gradient == nullptr ? nullptr : &gradient->linear[i],
                                     i == 0 ? input_gradient : InputGradient::compute);
    }
    return d;
  }

 private:
  void expect_filled(const char* function, const Cache& cache) const {
    if (cache.linear.size() == linear.size()) return;
    throw std::invalid_argument(std::string("Mlp::") + function + ": the cache is of " +
                                std::to_string(cache.linear.size()) + " maps, expected " +
                                std::to_string(linear.size()));
  }
  const Nonlinearity<T>& after(std::size_t i) const { return i + 1 < linear.size() ? hidden : output; }
};
RAPT_MODELS(Layer<Mlp<float>>, Layer<Mlp<double>>);
RAPT_MODELS(TangentLayer<Mlp<float>>, TangentLayer<Mlp<double>>);

}  // namespace rapt
