#include <rapt/ops/activation.hpp>

#include "support/catch.hpp"
#include "support/layer_properties.hpp"

#include <tuple>
#include <vector>

namespace {

// A function of the user's own, y = x^2 + x: all that `activate` asks for.
template <std::floating_point T>
struct SquarePlusFunction {
  static constexpr rapt::Index operations = 2;
  void value(rapt::ActivationInput<T> x, rapt::ActivationOutput<T> y) const { y = x * (x + T(1)); }
  void gradient(rapt::ActivationInput<T> dy, rapt::ActivationInput<T> x, rapt::ActivationInput<T>,
                rapt::ActivationOutput<T> dx) const {
    dx = dy * (T(2) * x + T(1));
  }
};
static_assert(rapt::Activation<SquarePlusFunction<float>, float>);
static_assert(!rapt::Activation<std::vector<float>, float>);

// All functions side by side, along the first axis, as one layer without parameters.
template <std::floating_point T>
struct ActivateOp {
  using Scalar = T;
  using Input = rapt::TensorView<const T, 3>;
  using Output = rapt::TensorView<const T, 3>;
  static constexpr std::tuple<> parameters{};
  static constexpr auto functions() {
    return std::tuple{rapt::ReluFunction<T>{},
                      rapt::LeakyReluFunction<T>{T(0.3)},
                      rapt::TanhFunction<T>{},
                      rapt::SigmoidFunction<T>{},
                      rapt::GeluFunction<T>{},
                      rapt::SiluFunction<T>{},
                      rapt::SoftplusFunction<T>{T(2), T(5)},
                      SquarePlusFunction<T>{}};
  }
  struct Cache {
    Input x;
    rapt::Tensor<T, 3> y, dx;
  };
  template <class F>
  static void each(F f) {
    std::apply([&, n = rapt::Index{0}](auto... function) mutable { (f(function, n++), ...); }, functions());
  }
  Output forward(Input x, Cache& cache) const {
    cache.x = x;
    cache.y.resize(x.shape());
    each([&](auto f, rapt::Index i) { activate(f, x[i], cache.y.view()[i]); });
    return cache.y;
  }
  Input backward(Output dy, Cache& cache, ActivateOp*, rapt::InputGradient = {}) const {
    rapt::expect_shape("ActivateOp::backward", "dy", dy.shape(), cache.y.shape());
    cache.dx.resize(cache.y.shape());
    each([&](auto f, rapt::Index i) {
      activate_backward(f, dy[i], cache.x[i], cache.y.view()[i], cache.dx.view()[i]);
    });
    return cache.dx;
  }
};

template <class T>
struct ActivateSample {
  explicit ActivateSample(rapt_test::Draw& draw) : x(draw.normal<T, 3>({8, draw.size(), draw.size()}, 2)) {}
  ActivateOp<T> layer;
  rapt::Tensor<T, 3> x;
  auto input() const { return x.view(); }
};

}  // namespace

RAPT_TEST_LAYER("activate", ActivateSample, "[ops][activation]")

TEST_CASE("activate serves a function of the user's own", "[ops][activation]") {
  const rapt::Tensor<double, 1> x({3}, {1, 2, -3}), dy({3}, {1, 10, 100});
  rapt::Tensor<double, 1> y({3}), dx({3});
  activate(SquarePlusFunction<double>{}, x, y.view());
  activate_backward(SquarePlusFunction<double>{}, dy, x, y, dx.view());
  CHECK(std::vector<double>(y.begin(), y.end()) == std::vector<double>{2, 6, 6});
  CHECK(std::vector<double>(dx.begin(), dx.end()) == std::vector<double>{3, 50, -500});
}

TEST_CASE("activate gives an element the same bits wherever its chunk ends", "[ops][activation][threads]") {
  rapt_test::Draw draw(2);
  const auto x = draw.normal<float, 1>({3 * 4096 + 5});
  rapt::Tensor<float, 1> one(x.shape()), two(x.shape());
  rapt::set_parallel_threshold(0);
  activate(rapt::SiluFunction<float>{}, x, one.view());
  rapt::set_threads(2);
  activate(rapt::SiluFunction<float>{}, x, two.view());
  rapt::set_threads(1);
  rapt::set_parallel_threshold(100'000);
  CHECK(rapt::testing::largest_difference(one, two) == 0);
}

TEST_CASE("activate names both shapes when they do not fit", "[ops][activation][errors]") {
  using Catch::Matchers::Message;
  const rapt::Tensor<double, 2> x({2, 3}), wide({2, 4});
  rapt::Tensor<double, 2> y({3, 2}), fits({2, 3});
  const rapt::TanhFunction<double> f;
  CHECK_THROWS_MATCHES(activate(f, x, y.view()), rapt::ShapeError,
                       Message("activate: y has shape (3, 2), expected (2, 3)"));
  CHECK_THROWS_MATCHES(activate_backward(f, wide, x, x, fits.view()), rapt::ShapeError,
                       Message("activate_backward: dy has shape (2, 4), expected (2, 3)"));
  CHECK_THROWS_MATCHES(activate_backward(f, x, x, wide, fits.view()), rapt::ShapeError,
                       Message("activate_backward: y has shape (2, 4), expected (2, 3)"));
  CHECK_THROWS_MATCHES(activate_backward(f, x, x, x, y.view()), rapt::ShapeError,
                       Message("activate_backward: dx has shape (3, 2), expected (2, 3)"));
}
