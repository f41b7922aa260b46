#pragma once
/// \file  The smooth rectifier.

#include <rapt/core/number_text.hpp>
#include <rapt/nn/elementwise.hpp>

#include <stdexcept>
#include <string>

namespace rapt {

/// Softplus, `y = log(1 + exp(beta x)) / beta` (Dugas et al. 2001), and `y = x` where `beta x > threshold`.
/// \shape   x of Rank axes -> y of the same shape; images want Rank 4
/// \throws  ShapeError where dy does not fit; std::invalid_argument where beta is not positive
/// \borrows x until the matching backward
/// \note    The threshold gives PyTorch's values; nothing would overflow without it.
template <std::floating_point T, std::size_t Rank = 2>
struct Softplus : Elementwise<Softplus<T, Rank>, T, Rank> {
  static constexpr std::string_view layer_name = "Softplus";
  template <class U>
  using Rebound = Softplus<U, Rank>;
  double beta = 1, threshold = 20;
  static constexpr auto settings =
      std::tuple{field("beta", &Softplus::beta), field("threshold", &Softplus::threshold)};

  Softplus() = default;
  explicit Softplus(double beta_, double threshold_ = 20) : beta(beta_), threshold(threshold_) {
    if (!(beta > 0)) {
      throw std::invalid_argument("Softplus: beta is " + detail::number_text(beta) +
                                  ", expected more than 0");
    }
  }
  SoftplusFunction<T> function() const { return {static_cast<T>(beta), static_cast<T>(threshold)}; }
};
RAPT_MODELS(Layer<Softplus<float>>, Layer<Softplus<double>>);
RAPT_MODELS(TangentLayer<Softplus<float, 4>>, TangentLayer<Softplus<double>>);

}  // namespace rapt
