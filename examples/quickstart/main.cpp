// A layer of your own with its backward pass, checked against finite differences, then trained with Adam.

#include <rapt/core/layer.hpp>
#include <rapt/loss/mse.hpp>
#include <rapt/nn/linear.hpp>
#include <rapt/nn/sequential.hpp>
#include <rapt/optim/adam.hpp>
#include <rapt/optim/schedule.hpp>
#include <rapt/testing/gradient_check.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>

using rapt::field, rapt::Index, rapt::Tensor, rapt::TensorView;

// Bumps over a line, y_nk = exp(-u^2 / 2) with u = sharpness_k (x_n - centre_k).
template <std::floating_point T>
struct Bumps {
  using Scalar = T;
  using Input = TensorView<const T, 2>;   // (N, 1)
  using Output = TensorView<const T, 2>;  // (N, K)
  Tensor<T, 1> centre, sharpness;         // (K)
  static constexpr auto parameters =
      std::tuple{field("centre", &Bumps::centre), field("sharpness", &Bumps::sharpness)};
  struct Cache {
    Input x;                   // borrowed until backward
    Tensor<T, 2> y, dx;        // (N, K), (N, 1)
    rapt::ForwardStamp stamp;  // debug builds catch a backward with another layer's cache
  };
  Output forward(Input x, Cache& cache) const {
    rapt::expect_shape("Bumps::forward", "x", x.shape(), {rapt::any, 1});
    cache.x = x;
    cache.stamp.set(this);
    const auto y = cache.y.resize({x.extent(0), centre.size()});
    for (Index n = 0; n < y.extent(0); ++n)
      for (Index k = 0; k < y.extent(1); ++k)
        y(n, k) = std::exp(-std::pow(sharpness(k) * (x(n, 0) - centre(k)), T(2)) / 2);
    return cache.y;
  }

  Input backward(Output dy, Cache& cache, Bumps* gradient, rapt::InputGradient = {}) const {
    rapt::expect_shape("Bumps::backward", "dy", dy.shape(), cache.y.shape());
    cache.stamp.check(this, gradient);
    cache.dx.resize(cache.x.shape()).array() = 0;  // input gradients overwrite
    for (Index n = 0; n < dy.extent(0); ++n)
      for (Index k = 0; k < dy.extent(1); ++k) {
        const T distance = cache.x(n, 0) - centre(k);
        const T du = -dy(n, k) * cache.y(n, k) * sharpness(k) * distance;  // y = exp(-u^2 / 2)
        cache.dx(n, 0) += du * sharpness(k);                               // u = sharpness (x - centre)
        if (gradient == nullptr) continue;                                 // frozen
        gradient->centre(k) -= du * sharpness(k);                          // parameter gradients add
        gradient->sharpness(k) += du * distance;
      }
    return cache.dx;
  }
};
static_assert(rapt::Layer<Bumps<float>>);

int main() {
  rapt::RandomStream stream(1);

  // 1. Does backward differentiate forward? Every parameter and every input, in double.
  Bumps<double> exact{Tensor<double, 1>({5}), Tensor<double, 1>({5})};
  fill_uniform(exact.centre.view(), -1, 1, stream);
  fill_uniform(exact.sharpness.view(), 1, 3, stream);
  Tensor<double, 2> points({7, 1});
  fill_uniform(points.view(), -1, 1, stream);
  const auto report = rapt::testing::check_gradient(exact, points);
  const bool right = report.worst < 1e-6;
  std::printf("gradient check: worst relative error %.1e over %td numbers: %s\n", report.worst,
              report.samples, right ? "passed" : "FAILED");

  // 2. Bumps, then Linear, learn sin(3 x) on [-2, 2] from 64 noisy samples.
  constexpr Index bumps = 12, samples = 64, steps = 1500;
  Bumps<float> hidden{Tensor<float, 1>({bumps}), Tensor<float, 1>({bumps})};
  fill_uniform(hidden.centre.view(), -2, 2, stream);
  hidden.sharpness.fill(2);
  rapt::Sequential model(hidden, rapt::Linear<float>(bumps, 1, stream));
  Tensor<float, 2> x({samples, 1}), target({samples, 1});
  fill_uniform(x.view(), -2, 2, stream);
  for (Index n = 0; n < samples; ++n)
    target(n, 0) = std::sin(3 * x(n, 0)) + 0.05f * rapt::normal<float>(stream);

  auto gradient = zeros_like(model);  // a gradient is a value of the model's own type
  rapt::Adam adam(model, {.rate = 0.02});
  const rapt::CosineSchedule schedule{.steps = steps, .floor = 0.01};
  const rapt::MSELoss<float> loss;
  decltype(model)::Cache cache;  // keeps what backward needs: a warm step allocates nothing
  rapt::MSELoss<float>::Cache loss_cache;
  for (Index step = 0; step < steps; ++step) {
    const float value = loss.forward(model.forward(x, cache), target, loss_cache);
    if (step % 500 == 0) std::printf("step %4td: mean squared error %.4f\n", step, value);
    set_zero(gradient);
    model.backward(loss.backward(loss_cache), cache, &gradient, rapt::InputGradient::skip);
    adam.options.rate = 0.02 * schedule(step);
    adam.step(model, gradient);
  }

  // 3. Against the curve itself, between the samples.
  float worst = 0;
  Tensor<float, 2> grid({201, 1});
  for (Index n = 0; n < 201; ++n) grid(n, 0) = -1.9f + 0.019f * static_cast<float>(n);
  const auto y = predict(model, grid);
  for (Index n = 0; n < 201; ++n) worst = std::max(worst, std::abs(y(n, 0) - std::sin(3 * grid(n, 0))));
  const bool learned = worst < 0.2f;
  std::printf("largest error on [-1.9, 1.9]: %.2f of an amplitude of 1: %s\n", worst,
              learned ? "learned" : "NOT learned");
  return right && learned ? 0 : 1;
}
