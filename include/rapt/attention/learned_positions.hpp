#pragma once
/// \file  One trained vector for each position.

#include <rapt/core/layer.hpp>
#include <rapt/core/random.hpp>

#include <concepts>
#include <string>
#include <tuple>

namespace rapt {

/// Adds a trained vector to every position, `y_t = x_t + w_t` (Gehring et al. 2017, arXiv:1705.03122,
/// section 3.1).
///
/// \shape   x (B, L, E), weight (M, E) with L <= M -> y (B, L, E)
/// \init    weight ~ N(0, 0.02), as BERT does (Devlin et al. 2019, arXiv:1810.04805)
/// \throws  ShapeError where x or dy does not fit
template <std::floating_point T>
struct LearnedPositions {
  using Scalar = T;
  using Input = TensorView<const T, 3>;
  using Output = TensorView<const T, 3>;

  Tensor<T, 2> weight;  // (M, E)
  static constexpr auto parameters = std::tuple{field("weight", &LearnedPositions::weight)};

  struct Cache {
    Tensor<T, 3> y, dx;  // (B, L, E)
    ForwardStamp stamp;
  };

  LearnedPositions() = default;
  LearnedPositions(Index max_length, Index width, RandomStream& stream) : weight({max_length, width}) {
    fill_normal(weight.view(), 0, static_cast<T>(0.02), stream);
  }

  Output forward(Input x, Cache& cache) const {
    expect_shape("LearnedPositions::forward", "x", x.shape(), {any, any, weight.extent(1)});
    if (x.extent(1) > weight.extent(0)) {
      throw ShapeError("LearnedPositions::forward: x has shape " + to_string(x.shape()) +
                       ", expected (*, at most " + std::to_string(weight.extent(0)) + ", " +
                       std::to_string(weight.extent(1)) + ")");
    }
    cache.stamp.set(this);
    const auto y = cache.y.resize(x.shape());
    const auto w = weight.view().slice(0, x.extent(1));
    for (Index b = 0; b < x.extent(0); ++b) y[b].array() = x[b].array() + w.array();
    return cache.y;
  }

  Input backward(Output dy, Cache& cache, LearnedPositions* gradient,
                 InputGradient input_gradient = InputGradient::compute) const {
    expect_shape("LearnedPositions::backward", "dy", dy.shape(), cache.y.shape());
    cache.stamp.check(this, gradient);
    if (gradient != nullptr) {
      // y_t = x_t + w_t, the same w for every sample
      auto dw = gradient->weight.view().slice(0, dy.extent(1)).array();
      for (Index b = 0; b < dy.extent(0); ++b) dw += dy[b].array();
    }
    if (input_gradient == InputGradient::skip) return {};
    // y_t = x_t + w_t
    cache.dx.copy_from(dy);
    return cache.dx;
  }
};
RAPT_MODELS(Layer<LearnedPositions<float>>, Layer<LearnedPositions<double>>);

}  // namespace rapt
