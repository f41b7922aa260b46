#pragma once
/// \file  Two inputs side by side.

#include <rapt/core/layer.hpp>
#include <rapt/core/parallel.hpp>
#include <rapt/core/tangent.hpp>

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
    Tensor<T, 2> tangent_y, d_tangent_first, d_tangent_second, tangent_d_first, tangent_d_second;
    ForwardStamp stamp;
  };

  Output forward(Input x, Cache& cache) const {
    expect_shape("Concat::forward", "second", x.second.shape(), {x.first.extent(0), any});
    cache.stamp.set(this);
    cache.first_width = x.first.extent(1);
    return join(x, cache.y);
  }

  Input backward(Output dy, Cache& cache, Concat* gradient,
                 InputGradient input_gradient = InputGradient::compute) const {
    expect_shape("Concat::backward", "dy", dy.shape(), cache.y.shape());
    cache.stamp.check(this, gradient);
    if (input_gradient == InputGradient::skip) return {};
    // y = [first, second]
    return split(dy, cache.first_width, cache.d_first, cache.d_second);
  }

  Output forward_tangent(Input dx, Cache& cache) const {
    const Index rows = cache.y.extent(0), a = cache.first_width, b = cache.y.extent(1) - a;
    expect_shape("Concat::forward_tangent", "first", dx.first.shape(), {rows, a});
    expect_shape("Concat::forward_tangent", "second", dx.second.shape(), {rows, b});
    cache.stamp.check(this, nullptr);
    return join(dx, cache.tangent_y);
  }

  TangentGradient<Input> backward_tangent(Output d_dy, Output dy, Cache& cache, Concat* gradient,
                                          InputGradient input_gradient = InputGradient::compute) const {
    if (!d_dy.absent()) expect_shape("Concat::backward_tangent", "d_dy", d_dy.shape(), cache.y.shape());
    if (!dy.absent()) expect_shape("Concat::backward_tangent", "dy", dy.shape(), cache.y.shape());
    cache.stamp.check(this, gradient);
    TangentGradient<Input> result;
    if (input_gradient == InputGradient::skip) return result;
    // y' = [first', second'], y = [first, second]
    const Index a = cache.first_width;
    if (!d_dy.absent()) result.tangent = split(d_dy, a, cache.d_tangent_first, cache.d_tangent_second);
    if (!dy.absent()) result.input = split(dy, a, cache.tangent_d_first, cache.tangent_d_second);
    return result;
  }

 private:
  static Output join(Input x, Tensor<T, 2>& joined) {
    const Index rows = x.first.extent(0), a = x.first.extent(1), b = x.second.extent(1);
    T* const y = joined.resize({rows, a + b}).data();
    parallel_for_range(rows, grain, a + b, [&](Index from, Index to) {
      for (Index n = from; n < to; ++n) {
        std::copy_n(x.first.data() + n * a, a, y + n * (a + b));
        std::copy_n(x.second.data() + n * b, b, y + n * (a + b) + a);
      }
    });
    return joined;
  }
  static Input split(Output y, Index a, Tensor<T, 2>& first, Tensor<T, 2>& second) {
    const Index rows = y.extent(0), b = y.extent(1) - a;
    T* const to_first = first.resize({rows, a}).data();
    T* const to_second = second.resize({rows, b}).data();
    parallel_for_range(rows, grain, a + b, [&](Index from, Index to) {
      for (Index n = from; n < to; ++n) {
        std::copy_n(y.data() + n * (a + b), a, to_first + n * a);
        std::copy_n(y.data() + n * (a + b) + a, b, to_second + n * b);
      }
    });
    return {first, second};
  }

  static constexpr Index grain = 16;  // rows of one chunk
};
RAPT_MODELS(Layer<Concat<float>>, Layer<Concat<double>>);
RAPT_MODELS(TangentLayer<Concat<float>>, TangentLayer<Concat<double>>);

}  // namespace rapt
