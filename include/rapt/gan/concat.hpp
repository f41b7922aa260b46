#pragma once
/// \file  Two inputs side by side.

#include <rapt/core/layer.hpp>
#include <rapt/core/parallel.hpp>

#include <algorithm>
#include <concepts>
#include <tuple>

namespace rapt {

/// What Concat lays side by side.
/// \shape first (N, A), second (N, B)
template <std::floating_point T>
struct ConcatInput {
  TensorView<const T, 2> first, second;
  static constexpr auto tensors = std::tuple{&ConcatInput::first, &ConcatInput::second};
};

/// `y_n = [first_n, second_n]`, along the last axis; without parameters.
/// \shape  first (N, A), second (N, B) -> y (N, A + B)
/// \throws ShapeError where the rows differ in number, or where dy does not fit
template <std::floating_point T>
struct Concat {
  using Scalar = T;
  using Input = ConcatInput<T>;
  using Output = TensorView<const T, 2>;
  static constexpr std::tuple<> parameters{};

  struct Cache {
    Index first_width = 0;
    Tensor<T, 2> y;                  // (N, A + B)
    Tensor<T, 2> d_first, d_second;  // (N, A), (N, B)
    ForwardStamp stamp;
  };

  Output forward(Input x, Cache& cache) const {
    const Index rows = x.first.extent(0), a = x.first.extent(1), b = x.second.extent(1);
    expect_shape("Concat::forward", "second", x.second.shape(), {rows, any});
    cache.stamp.set(this);
    cache.first_width = a;
    T* const y = cache.y.resize({rows, a + b}).data();
    parallel_for_range(rows, grain, a + b, [&](Index from, Index to) {
      for (Index n = from; n < to; ++n) {
        std::copy_n(x.first.data() + n * a, a, y + n * (a + b));
        std::copy_n(x.second.data() + n * b, b, y + n * (a + b) + a);
      }
    });
    return cache.y;
  }

  Input backward(Output dy, Cache& cache, Concat* gradient,
                 InputGradient input_gradient = InputGradient::compute) const {
    expect_shape("Concat::backward", "dy", dy.shape(), cache.y.shape());
    cache.stamp.check(this, gradient);
    if (input_gradient == InputGradient::skip) return {};
    const Index rows = dy.extent(0), a = cache.first_width, b = dy.extent(1) - a;
    T* const d_first = cache.d_first.resize({rows, a}).data();
    T* const d_second = cache.d_second.resize({rows, b}).data();
    parallel_for_range(rows, grain, a + b, [&](Index from, Index to) {
      for (Index n = from; n < to; ++n) {
        // y = [first, second]
        std::copy_n(dy.data() + n * (a + b), a, d_first + n * a);
        std::copy_n(dy.data() + n * (a + b) + a, b, d_second + n * b);
      }
    });
    return {cache.d_first, cache.d_second};
  }

 private:
  static constexpr Index grain = 16;  // rows of one chunk
};
RAPT_MODELS(Layer<Concat<float>>, Layer<Concat<double>>);

}  // namespace rapt
