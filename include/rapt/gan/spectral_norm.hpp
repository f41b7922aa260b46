#pragma once
/// \file  A layer whose weight is divided by its largest singular value.

#include <rapt/core/cast.hpp>
#include <rapt/core/number_text.hpp>
#include <rapt/core/parallel_sum.hpp>
#include <rapt/core/tangent.hpp>
#include <rapt/core/training.hpp>
#include <rapt/nn/conv_transpose_2d.hpp>
#include <rapt/ops/matmul.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <stdexcept>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

namespace rapt {

namespace detail {

/// The axis of a weight that counts its outputs, as torch.nn.utils.spectral_norm chooses it.
template <class L>
inline constexpr std::size_t spectral_axis = 0;
template <std::floating_point T>
inline constexpr std::size_t spectral_axis<ConvTranspose2d<T>> = 1;

/// A layer that is linear in its only weight: Linear, Conv2d, ConvTranspose2d, Embedding.
template <class L>
concept HasOneWeight = Layer<L> && requires(L& layer) {
  {layer.weight.shape()};
  requires std::tuple_size_v<decltype(L::parameters)>
  == 1 + (requires { layer.bias; } ? std::size_t{1} : std::size_t{0});
};

template <class L>
constexpr auto spectral_parameters() {
  if constexpr (requires(L & layer) { layer.bias; }) {
    return std::tuple{field("weight_orig", &L::weight), field("bias", &L::bias)};
  } else {
    return std::tuple{field("weight_orig", &L::weight)};
  }
}
template <class L>
constexpr auto spectral_settings() {
  if constexpr (HasSettings<L>) {
    return L::settings;
  } else {
    return std::tuple<>{};
  }
}

}  // namespace detail

/// The layer L with the weight `W / s` in place of its own W, `s = u^T W v` the largest singular value of W,
/// its outputs as rows, as power iteration has found it so far: each training forward makes `v = W^T u / |W^T
/// u|`, `u = W v / |W v|` (Miyato et al. 2018, arXiv:1802.05957, algorithm 1); names and values are those of
/// torch.nn.utils.spectral_norm.
///
/// A forward leaves the layer as it is. In training it proposes new u and v in the cache, always from the
/// layer's own, and divides by their s; `absorb(cache)` keeps them. So all passes between two updates of a
/// discriminator (real samples, fakes, a penalty) divide by one s, and absorbing the caches of several passes
/// does what absorbing one does. A prediction divides by the s of the u and v that were kept.
/// \shape   as L; weight_u (R), weight_v (S) where W has R rows of S numbers: of ConvTranspose2d, whose
///          weight is (in, R, kh, kw), those are (in, kh, kw)
/// \init    as L; u, v normal, of norm 1
/// \cost    2 + 4 n_power_iterations flops a weight, and a copy of it, beside what L costs
/// \throws  what L throws; ShapeError where u and v do not fit the weight, or the gradient does not fit the
///          layer; std::invalid_argument where n_power_iterations is below 1 or eps below 0
/// \borrows as L
/// \note    u and v are constants to the gradient. Where 1 / s is not finite, as for W = 0, the weight is
///          left as it is (PyTorch divides by 0). A row table's gradient touches every row. A
///          layer that was never trained predicts with the random u and v, whose s means nothing, as
///          PyTorch's does: absorb a few training forwards first.
template <detail::HasOneWeight L>
struct SpectralNorm : L {
  using Scalar = typename L::Scalar;
  using Input = typename L::Input;
  using Output = typename L::Output;
  template <class U>
  using Rebound = SpectralNorm<typename detail::Rebound<L, U>::type>;

  Tensor<Scalar, 1> weight_u, weight_v;  // (R), (S)
  Index n_power_iterations = 1;
  double eps = 1e-12;
  static constexpr auto parameters = detail::spectral_parameters<L>();
  static constexpr auto buffers =
      std::tuple{field("weight_u", &SpectralNorm::weight_u), field("weight_v", &SpectralNorm::weight_v)};
  static constexpr auto settings =
      std::tuple_cat(detail::spectral_settings<L>(),
                     std::tuple{field("n_power_iterations", &SpectralNorm::n_power_iterations),
                                field("eps", &SpectralNorm::eps)});

  struct Cache {
    Training training;
    L normalised;                // with W / s
    typename L::Cache layer;     // of `normalised`
    L gradient;                  // by W / s
    Tensor<Scalar, 1> u, v, wv;  // (R), (S), (R)
    Scalar scale = 1;            // 1 / s
    bool constant_scale = false, proposed = false;
    ForwardStamp stamp;
  };

  SpectralNorm() = default;
  explicit SpectralNorm(L layer, RandomStream& stream, Index power_iterations = 1, double epsilon = 1e-12)
      : L(std::move(layer)), n_power_iterations(power_iterations), eps(epsilon) {
    expect_settings("SpectralNorm");
    for (auto* vector : {&weight_u, &weight_v}) {
      *vector = Tensor<Scalar, 1>({vector == &weight_u ? height() : width()});
      fill_normal(vector->view(), 0, 1, stream);
      normalise(*vector, *vector);
    }
  }

  Output forward(Input x, Cache& cache) const {
    divide(cache);
    return cache.normalised.forward(x, cache.layer);
  }

  auto backward(Output dy, Cache& cache, SpectralNorm* gradient,
                InputGradient input_gradient = InputGradient::compute) const {
    expect_fit("SpectralNorm::backward", cache, gradient);
    cache.stamp.check(this, gradient);
    L* const own = scratch(cache, gradient);
    if constexpr (std::is_void_v<decltype(cache.normalised.backward(dy, cache.layer, own, input_gradient))>) {
      cache.normalised.backward(dy, cache.layer, own, input_gradient);
      if (gradient != nullptr) add_gradient(cache, *gradient);
    } else {
      const auto dx = cache.normalised.backward(dy, cache.layer, own, input_gradient);
      if (gradient != nullptr) add_gradient(cache, *gradient);
      return dx;
    }
  }

  Output forward_tangent(Input dx, Cache& cache) const requires TangentLayer<L> {
    cache.stamp.check(this, nullptr);
    return cache.normalised.forward_tangent(dx, cache.layer);
  }

  TangentGradient<Input> backward_tangent(
      Output d_dy, Output dy, Cache& cache, SpectralNorm* gradient,
      InputGradient input_gradient = InputGradient::compute) const requires TangentLayer<L> {
    expect_fit("SpectralNorm::backward_tangent", cache, gradient);
    cache.stamp.check(this, gradient);
    const auto result =
        cache.normalised.backward_tangent(d_dy, dy, cache.layer, scratch(cache, gradient), input_gradient);
    if (gradient != nullptr) add_gradient(cache, *gradient);
    return result;
  }

  /// Keeps the u and v that the cache's last forward proposed, if that was a training one.
  void absorb(const Cache& cache) {
    if (!cache.proposed) return;
    expect_shape("SpectralNorm::absorb", "weight_u", cache.u.shape(), {height()});
    expect_shape("SpectralNorm::absorb", "weight_v", cache.v.shape(), {width()});
    weight_u = cache.u;
    weight_v = cache.v;
  }

 private:
  using Sum = std::common_type_t<Scalar, double>;
  static constexpr std::size_t axis = detail::spectral_axis<L>;

  Index height() const { return this->weight.extent(axis); }
  Index width() const { return height() == 0 ? 0 : this->weight.size() / height(); }
  // The weight as memory has it: `blocks` times R runs of `run` numbers, each of one row of W.
  Index blocks() const { return axis == 0 ? 1 : this->weight.extent(0); }
  Index run() const { return blocks() == 0 ? 0 : width() / blocks(); }

  void expect_settings(const char* where) const {
    if (n_power_iterations < 1) {
      throw std::invalid_argument(std::string(where) + ": n_power_iterations is " +
                                  std::to_string(n_power_iterations) + ", expected at least 1");
    }
    if (!(eps >= 0)) {
      throw std::invalid_argument(std::string(where) + ": eps is " + detail::number_text(eps) +
                                  ", expected at least 0");
    }
  }

  // Before any write: whether the layer still is what filled the cache, and the gradient one of its own.
  void expect_fit(const char* where, const Cache& cache, const SpectralNorm* gradient) const {
    expect_shape(where, "weight", this->weight.shape(), cache.normalised.weight.shape());
    if (gradient == nullptr) return;
    expect_shape(where, "d_weight", gradient->weight.shape(), this->weight.shape());
    if constexpr (requires { gradient->bias; }) {
      expect_shape(where, "bias", this->bias.shape(), cache.normalised.bias.shape());
      expect_shape(where, "d_bias", gradient->bias.shape(), this->bias.shape());
    }
  }

  // v = W^T u / |W^T u|, u = W v / |W v|, as often as asked; where a norm is 0, the layer's own vector
  void iterate(Tensor<Scalar, 1>& u, Tensor<Scalar, 1>& v, Index iterations) const {
    for (Index i = 0; i < iterations; ++i) {
      times(u, v, true);
      normalise(v, weight_v);
      times(v, u, false);
      normalise(u, weight_u);
    }
  }

  // W v, or W^T u
  void times(const Tensor<Scalar, 1>& vector, Tensor<Scalar, 1>& product, bool transposed) const {
    const Index rows = height(), length = run();
    product.resize({transposed ? width() : rows});
    if (!transposed) product.fill(0);
    for (Index b = 0; b < blocks(); ++b) {
      const TensorView<const Scalar, 2> w(this->weight.data() + b * rows * length, {rows, length});
      if (transposed) {
        matmul(w, {vector.data(), {rows, 1}}, TensorView<Scalar, 2>(product.data() + b * length, {length, 1}),
               {.transpose_a = true});
      } else {
        matmul(w, {vector.data() + b * length, {length, 1}}, TensorView<Scalar, 2>(product.data(), {rows, 1}),
               {.accumulate = true});
      }
    }
  }

  // x / |x|, or what was there before where |x| is 0 or not finite
  void normalise(Tensor<Scalar, 1>& x, const Tensor<Scalar, 1>& before) const {
    Sum square = 0;
    for (const Scalar v : x) square += static_cast<Sum>(v) * static_cast<Sum>(v);
    if (!(square > 0) || !std::isfinite(square)) {
      x = before;
    } else {
      x.array() *= static_cast<Scalar>(1 / std::max(std::sqrt(square), static_cast<Sum>(eps)));
    }
  }

  void divide(Cache& cache) const {
    expect_settings("SpectralNorm::forward");
    expect_shape("SpectralNorm::forward", "weight_u", weight_u.shape(), {height()});
    expect_shape("SpectralNorm::forward", "weight_v", weight_v.shape(), {width()});
    cache.stamp.set(this);
    cache.u = weight_u;
    cache.v = weight_v;
    cache.proposed = cache.training.on;
    if (cache.proposed) iterate(cache.u, cache.v, n_power_iterations);
    times(cache.v, cache.wv, false);
    Sum s = 0;
    for (Index r = 0; r < height(); ++r)
      s += static_cast<Sum>(cache.u.data()[r]) * static_cast<Sum>(cache.wv.data()[r]);
    // Also an s above 0 may have no 1 / s, as of a float weight of 1e-20.
    cache.scale = static_cast<Scalar>(1 / s);
    cache.constant_scale = !std::isfinite(cache.scale);
    if (cache.constant_scale) cache.scale = 1;

    cache.normalised = static_cast<const L&>(*this);
    Scalar* const w = cache.normalised.weight.data();
    parallel_for_range(cache.normalised.weight.size(), grain, 1, [&](Index from, Index to) {
      for (Index i = from; i < to; ++i) w[i] *= cache.scale;
    });
  }

  // Where the layer puts the gradient by W / s.
  L* scratch(Cache& cache, const SpectralNorm* gradient) const {
    if (gradient == nullptr) return nullptr;
    cache.gradient.weight.resize(this->weight.shape());
    cache.gradient.weight.fill(0);
    if constexpr (requires { cache.gradient.bias; }) {
      cache.gradient.bias.resize(this->bias.shape());
      cache.gradient.bias.fill(0);
    }
    return &cache.gradient;
  }

  void add_gradient(const Cache& cache, SpectralNorm& gradient) const {
    const Scalar *const d = cache.gradient.weight.data(), *const w = cache.normalised.weight.data();
    const Sum by_scale = cache.constant_scale
                             ? Sum(0)
                             : parallel_sum<Sum>(this->weight.size(), grain, 2, [&](Index from, Index to) {
                                 Sum sum = 0;
                                 for (Index i = from; i < to; ++i)
                                   sum += static_cast<Sum>(d[i]) * static_cast<Sum>(w[i]);
                                 return sum;
                               });
    const Index rows = height(), length = run();
    const Scalar along = static_cast<Scalar>(by_scale);
    Scalar* const dw = gradient.weight.data();
    parallel_for_range(blocks() * rows, std::max<Index>(1, grain / std::max<Index>(length, 1)), 4 * length,
                       [&](Index from, Index to) {
                         for (Index q = from; q < to; ++q) {
                           const Scalar u = along * cache.u.data()[q % rows];
                           const Scalar* const v = cache.v.data() + q / rows * length;
                           // W_normalised = W / s, s = u^T W v
                           for (Index i = 0; i < length; ++i)
                             dw[q * length + i] += cache.scale * (d[q * length + i] - u * v[i]);
                         }
                       });
    if constexpr (requires { gradient.bias; }) {
      for (Index r = 0; r < gradient.bias.size(); ++r)
        gradient.bias.data()[r] += cache.gradient.bias.data()[r];
    }
    if constexpr (requires { gradient.touched; }) {
      for (Index r = 0; r < rows; ++r) gradient.touched.mark(r, rows);
    }
  }

  static constexpr Index grain = 1 << 12;  // weights of one chunk
};
RAPT_MODELS(TangentLayer<SpectralNorm<ConvTranspose2d<float>>>,
            TangentLayer<SpectralNorm<ConvTranspose2d<double>>>);

}  // namespace rapt
