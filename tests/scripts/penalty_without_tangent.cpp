// Does not compile: a gradient penalty on a critic whose second layer has no tangent. The message names the
// layer.
#include <rapt/gan/generator.hpp>
#include <rapt/gan/r1_penalty.hpp>
#include <rapt/gan/wiring.hpp>
#include <rapt/nn/linear.hpp>
#include <rapt/nn/sequential.hpp>

struct DoublerWithoutTangent {
  using Scalar = float;
  using Input = rapt::TensorView<const float, 2>;
  using Output = rapt::TensorView<const float, 2>;
  static constexpr std::tuple<> parameters{};
  struct Cache {
    rapt::Tensor<float, 2> y, dx;
  };
  Output forward(Input x, Cache& cache) const {
    cache.y.resize(x.shape()).array() = 2 * x.array();
    return cache.y;
  }
  Input backward(Output dy, Cache& cache, DoublerWithoutTangent*, rapt::InputGradient) const {
    cache.dx.resize(dy.shape()).array() = 2 * dy.array();
    return cache.dx;
  }
};

using D = rapt::Sequential<rapt::Linear<float>, DoublerWithoutTangent, rapt::Linear<float>>;
using Wiring = rapt::GanWiring<rapt::Generator<float>, D>;

float penalty(const D& d, rapt::TensorView<const float, 2> x, rapt::R1Penalty::Cache<D, Wiring>& cache,
              D* gradient) {
#ifdef WITHOUT_PENALTY
  return d.forward(x, cache.discriminator)(0, 0) + (gradient == nullptr ? 0 : 1);
#else
  return rapt::R1Penalty{}.add(d, x, x, x, rapt::RandomStream(1), cache, gradient);
#endif
}
