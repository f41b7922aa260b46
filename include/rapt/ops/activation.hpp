#pragma once
/// \file  Functions of one number, applied to all elements, with their derivatives.

#include <rapt/core/parallel.hpp>
#include <rapt/core/tensor_view.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <numbers>
#include <type_traits>

namespace rapt {

/// Pieces of memory that an activation reads and writes.
template <std::floating_point T>
using ActivationInput = Eigen::Map<const Eigen::Array<T, Eigen::Dynamic, 1>>;
template <std::floating_point T>
using ActivationOutput = Eigen::Map<Eigen::Array<T, Eigen::Dynamic, 1>>;

/// What `activate` takes: `value(x, y)` writes y = f(x), `gradient(dy, x, y, dx)` writes dx = dy f'(x), both
/// for pieces of any length that do not overlap; `operations` is about the cost of one element.
template <class F, class T>
concept Activation = std::floating_point<T> &&
    requires(const F& f, ActivationInput<T> in, ActivationOutput<T> out) {
  f.value(in, out);
  f.gradient(in, in, in, out);
  { F::operations } -> std::convertible_to<Index>;
};

/// `f(x) = max(x, 0)`, with derivative 0 at 0; NaN stays NaN.
template <std::floating_point T>
struct ReluFunction {
  static constexpr Index operations = 1;
  void value(ActivationInput<T> x, ActivationOutput<T> y) const { y = x.max(T(0)); }
  void gradient(ActivationInput<T> dy, ActivationInput<T> x, ActivationInput<T>,
                ActivationOutput<T> dx) const {
    for (Index i = 0; i < x.size(); ++i) {
      const T choice[] = {dy[i], T(0)};  // no branch: on random signs it is mispredicted half the time
      dx[i] = choice[x[i] <= T(0) ? 1 : 0];
    }
  }
};
static_assert(Activation<ReluFunction<float>, float> && Activation<ReluFunction<double>, double>);

/// `f(x) = x for x > 0, slope x otherwise` (Maas et al. 2013); the derivative at 0 is the slope.
template <std::floating_point T>
struct LeakyReluFunction {
  static constexpr Index operations = 2;
  T slope = T(0.01);
  void value(ActivationInput<T> x, ActivationOutput<T> y) const { y = x.max(T(0)) + slope * x.min(T(0)); }
  void gradient(ActivationInput<T> dy, ActivationInput<T> x, ActivationInput<T>,
                ActivationOutput<T> dx) const {
    for (Index i = 0; i < x.size(); ++i) {
      const T choice[] = {dy[i], slope * dy[i]};
      dx[i] = choice[x[i] <= T(0) ? 1 : 0];
    }
  }
};
static_assert(Activation<LeakyReluFunction<float>, float> && Activation<LeakyReluFunction<double>, double>);

/// `f(x) = tanh(x)`.
template <std::floating_point T>
struct TanhFunction {
  static constexpr Index operations = 10;
  void value(ActivationInput<T> x, ActivationOutput<T> y) const { y = x.tanh(); }
  void gradient(ActivationInput<T> dy, ActivationInput<T>, ActivationInput<T> y,
                ActivationOutput<T> dx) const {
    // y = tanh(x):  f' = 1 - y^2
    dx = dy * (T(1) - y.square());
  }
};
static_assert(Activation<TanhFunction<float>, float> && Activation<TanhFunction<double>, double>);

/// `f(x) = 1 / (1 + exp(-x))`.
template <std::floating_point T>
struct SigmoidFunction {
  static constexpr Index operations = 10;
  void value(ActivationInput<T> x, ActivationOutput<T> y) const {
    y = T(1) / (T(1) + (-x).exp());  // where the exponential overflows, 0 is the answer
  }
  void gradient(ActivationInput<T> dy, ActivationInput<T>, ActivationInput<T> y,
                ActivationOutput<T> dx) const {
    // y = sigmoid(x):  f' = y (1 - y)
    dx = dy * y * (T(1) - y);
  }
};
static_assert(Activation<SigmoidFunction<float>, float> && Activation<SigmoidFunction<double>, double>);

/// `f(x) = x Phi(x)` with the normal distribution function `Phi(x) = erfc(-x / sqrt(2)) / 2`, exact and not
/// by tanh (Hendrycks and Gimpel 2016, arXiv:1606.08415, section 2).
template <std::floating_point T>
struct GeluFunction {
  static constexpr Index operations = 40;
  void value(ActivationInput<T> x, ActivationOutput<T> y) const {
    constexpr T root_half = std::numbers::sqrt2_v<T> / 2;
    for (Index i = 0; i < x.size(); ++i) y[i] = T(0.5) * x[i] * std::erfc(-x[i] * root_half);
  }
  void gradient(ActivationInput<T> dy, ActivationInput<T> x, ActivationInput<T> y,
                ActivationOutput<T> dx) const {
    constexpr T density = std::numbers::inv_sqrtpi_v<T> / std::numbers::sqrt2_v<T>;
    // y = x Phi(x):  f' = Phi + x phi, phi(x) = exp(-x^2 / 2) / sqrt(2 pi)
    dx = x * (T(-0.5) * x.square()).exp() * density;
    for (Index i = 0; i < x.size(); ++i) dx[i] = dy[i] * (dx[i] + distribution(x[i], y[i]));
  }

 private:
  // Phi from y = x Phi spares a second erfc.
  static T distribution(T x, T y) { return std::abs(x) < T(1e-30) ? T(0.5) : y / x; }
};
static_assert(Activation<GeluFunction<float>, float> && Activation<GeluFunction<double>, double>);

/// `f(x) = x sigmoid(x)` (Elfwing et al. 2018, arXiv:1702.03118, eq. 3; also called swish).
template <std::floating_point T>
struct SiluFunction {
  static constexpr Index operations = 10;
  void value(ActivationInput<T> x, ActivationOutput<T> y) const { y = x / (T(1) + (-x).exp()); }
  void gradient(ActivationInput<T> dy, ActivationInput<T> x, ActivationInput<T>,
                ActivationOutput<T> dx) const {
    // y = x s, s = sigmoid(x):  f' = s (1 + x (1 - s))
    dx = T(1) / (T(1) + (-x).exp());
    dx = dy * dx * (T(1) + x * (T(1) - dx));
  }
};
static_assert(Activation<SiluFunction<float>, float> && Activation<SiluFunction<double>, double>);

/// `f(x) = log(1 + exp(beta x)) / beta`, and `f(x) = x` where `beta x > threshold`, as torch.nn.Softplus.
///
/// The threshold is there for the same values as PyTorch's: the logarithm is taken without overflow anyway.
/// With the default of 20 the step there is 2e-9.
template <std::floating_point T>
struct SoftplusFunction {
  static constexpr Index operations = 40;
  T beta = 1, threshold = 20;
  void value(ActivationInput<T> x, ActivationOutput<T> y) const {
    for (Index i = 0; i < x.size(); ++i) {
      const T z = beta * x[i];
      y[i] = z > threshold ? x[i] : (std::max(z, T(0)) + std::log1p(std::exp(-std::abs(z)))) / beta;
    }
  }
  void gradient(ActivationInput<T> dy, ActivationInput<T> x, ActivationInput<T>,
                ActivationOutput<T> dx) const {
    // y = log(1 + exp(beta x)) / beta:  f' = sigmoid(beta x)
    dx = dy / (T(1) + (-beta * x).exp());
    for (Index i = 0; i < x.size(); ++i) {
      if (beta * x[i] > threshold) dx[i] = dy[i];
    }
  }
};
static_assert(Activation<SoftplusFunction<float>, float> && Activation<SoftplusFunction<double>, double>);

namespace detail {
inline constexpr Index elements_of_chunk = 4096;
}  // namespace detail

/// y = f(x), element by element.
/// \shape  x (...) -> y (...), which does not overlap x
/// \throws ShapeError
template <class F, std::floating_point T, std::size_t Rank>
requires Activation<F, T>
void activate(const F& f, std::type_identity_t<TensorView<const T, Rank>> x, TensorView<T, Rank> y) {
  expect_shape("activate", "y", y.shape(), x.shape());
  parallel_for_range(x.size(), detail::elements_of_chunk, F::operations, [&](Index from, Index to) {
    f.value({x.data() + from, to - from}, {y.data() + from, to - from});
  });
}

/// dx = dy f'(x), element by element, from the x and y of activate.
/// \shape  dy, x, y (...) -> dx (...), which overlaps none of them
/// \throws ShapeError
template <class F, std::floating_point T, std::size_t Rank>
requires Activation<F, T>
void activate_backward(const F& f, std::type_identity_t<TensorView<const T, Rank>> dy,
                       std::type_identity_t<TensorView<const T, Rank>> x,
                       std::type_identity_t<TensorView<const T, Rank>> y, TensorView<T, Rank> dx) {
  expect_shape("activate_backward", "dy", dy.shape(), x.shape());
  expect_shape("activate_backward", "y", y.shape(), x.shape());
  expect_shape("activate_backward", "dx", dx.shape(), x.shape());
  parallel_for_range(x.size(), detail::elements_of_chunk, F::operations, [&](Index from, Index to) {
    const Index n = to - from;
    f.gradient({dy.data() + from, n}, {x.data() + from, n}, {y.data() + from, n}, {dx.data() + from, n});
  });
}

}  // namespace rapt
