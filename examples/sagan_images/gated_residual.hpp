#pragma once
/// \file  What stands in the place of attention where there shall be none.

#include <rapt/core/cast.hpp>
#include <rapt/core/layer.hpp>

#include <tuple>
#include <utility>

namespace sagan {

/// `y = x + gamma L(x)` with one number gamma that begins at 0: what self-attention is around its inside, so
/// that nets with and without attention differ in that inside only.
template <rapt::Layer L>
struct GatedResidual {
  using Scalar = typename L::Scalar;
  using Input = rapt::TensorView<const Scalar, 4>;
  using Output = rapt::TensorView<const Scalar, 4>;

  L layer;
  rapt::Tensor<Scalar, 1> gamma{rapt::Shape<1>{1}};
  static constexpr auto parameters =
      std::tuple{rapt::field("layer", &GatedResidual::layer), rapt::field("gamma", &GatedResidual::gamma)};

  struct Cache {
    typename L::Cache layer;
    Output change;
    rapt::Tensor<Scalar, 4> y, d_change, dx;
    static constexpr auto caches = std::tuple{rapt::field("layer", &Cache::layer)};
  };

  GatedResidual() = default;
  explicit GatedResidual(L inner) : layer(std::move(inner)) {}

  Output forward(Input x, Cache& cache) const {
    cache.change = layer.forward(x, cache.layer);
    rapt::expect_shape("GatedResidual::forward", "L(x)", cache.change.shape(), x.shape());
    cache.y.resize(x.shape()).array() = x.array() + gamma(0) * cache.change.array();
    return cache.y;
  }

  Input backward(Output dy, Cache& cache, GatedResidual* gradient,
                 rapt::InputGradient input_gradient = rapt::InputGradient::compute) const {
    rapt::expect_shape("GatedResidual::backward", "dy", dy.shape(), cache.y.shape());
    // y = x + gamma L(x)
    if (gradient != nullptr) gradient->gamma(0) += (dy.array() * cache.change.array()).sum();
    cache.d_change.resize(dy.shape()).array() = gamma(0) * dy.array();
    const auto through =
        layer.backward(cache.d_change, cache.layer, part(gradient, &GatedResidual::layer), input_gradient);
    if (input_gradient == rapt::InputGradient::skip) return {};
    cache.dx.resize(dy.shape()).array() = dy.array() + through.array();
    return cache.dx;
  }
};

}  // namespace sagan
