#pragma once
/// \file  Functions of one number, applied to all elements, with their derivatives.

#include <rapt/core/parallel.hpp>
#include <rapt/core/tensor_view.hpp>
#include <rapt/kernels/activation.hpp>

#include <concepts>
#include <cstddef>
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

/// An activation with a second derivative: `add_curvature(a, b, x, y, out)` adds `a b f''(x)` to out. One
/// without is piecewise linear.
template <class F, class T>
concept CurvedActivation = Activation<F, T> &&
    requires(const F& f, ActivationInput<T> in, ActivationOutput<T> out) {
  f.add_curvature(in, in, in, in, out);
};

/// `f(x) = max(x, 0)`, with derivative 0 at 0; NaN stays NaN.
template <std::floating_point T>
struct ReluFunction {
  static constexpr Index operations = 1;
  void value(ActivationInput<T> x, ActivationOutput<T> y) const {
    RAPT_KERNEL_FOR(simd(), relu_values<T>)(x.data(), y.data(), x.size());
  }
  void gradient(ActivationInput<T> dy, ActivationInput<T> x, ActivationInput<T>,
                ActivationOutput<T> dx) const {
    RAPT_KERNEL_FOR(simd(), relu_gradient<T>)(dy.data(), x.data(), dx.data(), x.size());
  }
};
static_assert(Activation<ReluFunction<float>, float> && Activation<ReluFunction<double>, double>);

/// `f(x) = x for x > 0, slope x otherwise` (Maas et al. 2013); the derivative at 0 is the slope.
template <std::floating_point T>
struct LeakyReluFunction {
  static constexpr Index operations = 1;
  T slope = T(0.01);
  void value(ActivationInput<T> x, ActivationOutput<T> y) const {
    RAPT_KERNEL_FOR(simd(), leaky_relu_values<T>)(x.data(), y.data(), x.size(), slope);
  }
  void gradient(ActivationInput<T> dy, ActivationInput<T> x, ActivationInput<T>,
                ActivationOutput<T> dx) const {
    RAPT_KERNEL_FOR(simd(), leaky_relu_gradient<T>)(dy.data(), x.data(), dx.data(), x.size(), slope);
  }
};
static_assert(Activation<LeakyReluFunction<float>, float> && Activation<LeakyReluFunction<double>, double>);

/// `f(x) = tanh(x)`, at most 2.6 units in the last place (ulp) off; `f' = 1 - f^2`.
template <std::floating_point T>
struct TanhFunction {
  static constexpr Index operations = 2;
  void value(ActivationInput<T> x, ActivationOutput<T> y) const {
    RAPT_KERNEL_FOR(simd(), tanh_values<T>)(x.data(), y.data(), x.size());
  }
  void gradient(ActivationInput<T> dy, ActivationInput<T>, ActivationInput<T> y,
                ActivationOutput<T> dx) const {
    RAPT_KERNEL_FOR(simd(), tanh_gradient<T>)(dy.data(), y.data(), dx.data(), y.size());
  }
  void add_curvature(ActivationInput<T> a, ActivationInput<T> b, ActivationInput<T>, ActivationInput<T> y,
                     ActivationOutput<T> out) const {
    RAPT_KERNEL_FOR(simd(), tanh_curvature<T>)(a.data(), b.data(), y.data(), out.data(), out.size());
  }
};
static_assert(Activation<TanhFunction<float>, float> && Activation<TanhFunction<double>, double>);

/// `f(x) = 1 / (1 + exp(-x))`, at most 2.5 ulp off far below 0 too (0 where exp(x) would be denormal);
/// `f' = f (1 - f)`.
template <std::floating_point T>
struct SigmoidFunction {
  static constexpr Index operations = 2;
  void value(ActivationInput<T> x, ActivationOutput<T> y) const {
    RAPT_KERNEL_FOR(simd(), logistic_values<T>)(x.data(), y.data(), x.size());
  }
  void gradient(ActivationInput<T> dy, ActivationInput<T>, ActivationInput<T> y,
                ActivationOutput<T> dx) const {
    RAPT_KERNEL_FOR(simd(), logistic_gradient<T>)(dy.data(), y.data(), dx.data(), y.size());
  }
  void add_curvature(ActivationInput<T> a, ActivationInput<T> b, ActivationInput<T>, ActivationInput<T> y,
                     ActivationOutput<T> out) const {
    RAPT_KERNEL_FOR(simd(), logistic_curvature<T>)(a.data(), b.data(), y.data(), out.data(), out.size());
  }
};
static_assert(Activation<SigmoidFunction<float>, float> && Activation<SigmoidFunction<double>, double>);

/// `f(x) = x Phi(x)` with the normal distribution function `Phi(x) = erfc(-x / sqrt(2)) / 2`, exact and not
/// by tanh (Hendrycks and Gimpel 2016, arXiv:1606.08415, section 2); at most 7 ulp off for float, 8 for
/// double. `f' = Phi + x phi` is computed from x alone: y is not read.
template <std::floating_point T>
struct GeluFunction {
  static constexpr Index operations = 3;
  void value(ActivationInput<T> x, ActivationOutput<T> y) const {
    RAPT_KERNEL_FOR(simd(), gelu_values<T>)(x.data(), y.data(), x.size());
  }
  void gradient(ActivationInput<T> dy, ActivationInput<T> x, ActivationInput<T>,
                ActivationOutput<T> dx) const {
    RAPT_KERNEL_FOR(simd(), gelu_gradient<T>)(dy.data(), x.data(), dx.data(), x.size());
  }
  void add_curvature(ActivationInput<T> a, ActivationInput<T> b, ActivationInput<T> x, ActivationInput<T>,
                     ActivationOutput<T> out) const {
    RAPT_KERNEL_FOR(simd(), gelu_curvature<T>)(a.data(), b.data(), x.data(), out.data(), out.size());
  }
};
static_assert(Activation<GeluFunction<float>, float> && Activation<GeluFunction<double>, double>);

/// `f(x) = x sigmoid(x)` (Elfwing et al. 2018, arXiv:1702.03118, eq. 3; also called swish), at most 3 ulp
/// off.
template <std::floating_point T>
struct SiluFunction {
  static constexpr Index operations = 2;
  void value(ActivationInput<T> x, ActivationOutput<T> y) const {
    RAPT_KERNEL_FOR(simd(), silu_values<T>)(x.data(), y.data(), x.size());
  }
  void gradient(ActivationInput<T> dy, ActivationInput<T> x, ActivationInput<T>,
                ActivationOutput<T> dx) const {
    RAPT_KERNEL_FOR(simd(), silu_gradient<T>)(dy.data(), x.data(), dx.data(), x.size());
  }
  void add_curvature(ActivationInput<T> a, ActivationInput<T> b, ActivationInput<T> x, ActivationInput<T>,
                     ActivationOutput<T> out) const {
    RAPT_KERNEL_FOR(simd(), silu_curvature<T>)(a.data(), b.data(), x.data(), out.data(), out.size());
  }
};
static_assert(Activation<SiluFunction<float>, float> && Activation<SiluFunction<double>, double>);

/// `f(x) = log(1 + exp(beta x)) / beta`, and `f(x) = x` where `beta x > threshold`, as torch.nn.Softplus.
///
/// The threshold is there for the same values as PyTorch's: the logarithm is taken without overflow anyway.
/// With the default of 20 the step there is 2e-9.
template <std::floating_point T>
struct SoftplusFunction {
  static constexpr Index operations = 3;
  T beta = 1, threshold = 20;
  void value(ActivationInput<T> x, ActivationOutput<T> y) const {
    RAPT_KERNEL_FOR(simd(), softplus_values<T>)(x.data(), y.data(), x.size(), beta, threshold);
  }
  void gradient(ActivationInput<T> dy, ActivationInput<T> x, ActivationInput<T>,
                ActivationOutput<T> dx) const {
    RAPT_KERNEL_FOR(simd(), softplus_gradient<T>)(dy.data(), x.data(), dx.data(), x.size(), beta, threshold);
  }
  void add_curvature(ActivationInput<T> a, ActivationInput<T> b, ActivationInput<T> x, ActivationInput<T>,
                     ActivationOutput<T> out) const {
    RAPT_KERNEL_FOR(simd(), softplus_curvature<T>)
    (a.data(), b.data(), x.data(), out.data(), out.size(), beta, threshold);
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

/// out += a b f''(x), element by element, from the x and y of activate: what a derivative of
/// activate_backward by x adds.
/// \shape  a, b, x, y (...) -> out (...), which overlaps none of them
/// \throws ShapeError
template <class F, std::floating_point T, std::size_t Rank>
requires CurvedActivation<F, T>
void add_curvature(const F& f, std::type_identity_t<TensorView<const T, Rank>> a,
                   std::type_identity_t<TensorView<const T, Rank>> b,
                   std::type_identity_t<TensorView<const T, Rank>> x,
                   std::type_identity_t<TensorView<const T, Rank>> y, TensorView<T, Rank> out) {
  expect_shape("add_curvature", "a", a.shape(), x.shape());
  expect_shape("add_curvature", "b", b.shape(), x.shape());
  expect_shape("add_curvature", "y", y.shape(), x.shape());
  expect_shape("add_curvature", "out", out.shape(), x.shape());
  parallel_for_range(x.size(), detail::elements_of_chunk, 2 * F::operations, [&](Index from, Index to) {
    const Index n = to - from;
    f.add_curvature({a.data() + from, n}, {b.data() + from, n}, {x.data() + from, n}, {y.data() + from, n},
                    {out.data() + from, n});
  });
}

}  // namespace rapt
