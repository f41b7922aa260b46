#pragma once
/// \file  Positions as sines and cosines.

#include <rapt/core/layer.hpp>

#include <cmath>
#include <concepts>
#include <tuple>

namespace rapt {

/// Adds sines and cosines of the position, `y(t, 2i) = x(t, 2i) + sin(t / 10000^(2i/E))` and
/// `y(t, 2i+1) = x(t, 2i+1) + cos(t / 10000^(2i/E))` (Vaswani et al. 2017, arXiv:1706.03762, section 3.5).
///
/// \shape   x (B, L, E) -> y (B, L, E); of any length
/// \throws  ShapeError where dy does not fit
/// \note    At an odd width the last column is a sine without its cosine.
template <std::floating_point T>
struct SinusoidalPositions {
  using Scalar = T;
  using Input = TensorView<const T, 3>;
  using Output = TensorView<const T, 3>;

  static constexpr auto parameters = std::tuple<>{};

  struct Cache {
    Tensor<T, 2> table;  // (L, E), made anew only where the shape changes
    Tensor<T, 3> y, dx;  // (B, L, E)
    ForwardStamp stamp;
  };

  /// The number added at position t, column e of a sequence of width E.
  static T encoding(Index t, Index e, Index width) {
    const double frequency = std::pow(10000.0, -static_cast<double>(e - e % 2) / static_cast<double>(width));
    const double angle = static_cast<double>(t) * frequency;
    return static_cast<T>(e % 2 == 0 ? std::sin(angle) : std::cos(angle));
  }

  Output forward(Input x, Cache& cache) const {
    const auto [batch, length, width] = x.shape();
    cache.stamp.set(this);
    if (cache.table.shape() != Shape<2>{length, width}) {
      const auto table = cache.table.resize({length, width});
      for (Index t = 0; t < length; ++t) {
        for (Index e = 0; e < width; ++e) table(t, e) = encoding(t, e, width);
      }
    }
    const auto y = cache.y.resize(x.shape());
    for (Index b = 0; b < batch; ++b) y[b].array() = x[b].array() + cache.table.array();
    return cache.y;
  }

  Input backward(Output dy, Cache& cache, SinusoidalPositions* gradient,
                 InputGradient input_gradient = InputGradient::compute) const {
    expect_shape("SinusoidalPositions::backward", "dy", dy.shape(), cache.y.shape());
    cache.stamp.check(this, gradient);
    if (input_gradient == InputGradient::skip) return {};
    // y = x + constant
    cache.dx.copy_from(dy);
    return cache.dx;
  }
};
RAPT_MODELS(Layer<SinusoidalPositions<float>>, Layer<SinusoidalPositions<double>>);

}  // namespace rapt
