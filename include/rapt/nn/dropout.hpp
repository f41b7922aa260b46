#pragma once
/// \file  Random zeros in training.

#include <rapt/core/number_text.hpp>
#include <rapt/core/parallel.hpp>
#include <rapt/core/tangent.hpp>
#include <rapt/core/training.hpp>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <tuple>

namespace rapt {

/// In training every element is 0 with probability p and divided by 1 - p otherwise; in prediction `y = x`
/// (Srivastava et al. 2014, inverted: their section 10 scales in prediction instead).
///
/// The stream sits in the cache, and every forward draws anew from it: element i reads word i of a
/// sub-stream, so the mask is the same in every scalar and at any thread count.
/// \shape   x (N, E) -> y (N, E). Use `x.rows()` for a higher rank.
/// \throws  std::invalid_argument unless 0 <= p < 1; ShapeError where dy does not fit
template <std::floating_point T>
struct Dropout {
  using Scalar = T;
  using Input = TensorView<const T, 2>;
  using Output = TensorView<const T, 2>;

  double p = 0.5;
  static constexpr std::tuple<> parameters{};
  static constexpr auto settings = std::tuple{field("p", &Dropout::p)};

  struct Cache {
    Training training;
    bool dropped = false;  // whether the last forward drew a mask
    Tensor<bool, 2> kept;  // (N, E), where it did
    Tensor<T, 2> y;        // (N, E)
    Tensor<T, 2> dx;       // (N, E)
    Tensor<T, 2> tangent_y, d_tangent_x, tangent_dx;
    ForwardStamp stamp;
  };

  Dropout() = default;
  explicit Dropout(double probability) : p(probability) {
    if (!(p >= 0 && p < 1)) {
      throw std::invalid_argument("Dropout: p is " + detail::number_text(p) + ", expected 0 <= p < 1");
    }
  }

  Output forward(Input x, Cache& cache) const {
    cache.stamp.set(this);
    cache.dropped = cache.training.on && p > 0;
    if (!cache.dropped) {
      cache.y.copy_from(x);
      return cache.y;
    }
    draw(x.shape(), cache);
    apply(x, cache.kept, cache.y.resize(x.shape()));
    return cache.y;
  }

  Input backward(Output dy, Cache& cache, Dropout* gradient,
                 InputGradient input_gradient = InputGradient::compute) const {
    expect_shape("Dropout::backward", "dy", dy.shape(), cache.y.shape());
    cache.stamp.check(this, gradient);
    if (input_gradient == InputGradient::skip) return {};
    return through(dy, cache, cache.dx);
  }

  Output forward_tangent(Input dx, Cache& cache) const {
    expect_shape("Dropout::forward_tangent", "dx", dx.shape(), cache.y.shape());
    cache.stamp.check(this, nullptr);
    return through(dx, cache, cache.tangent_y);
  }

  TangentGradient<Input> backward_tangent(Output d_dy, Output dy, Cache& cache, Dropout* gradient,
                                          InputGradient input_gradient = InputGradient::compute) const {
    if (!d_dy.absent())
      expect_shape("Dropout::backward_tangent", "d_dy", d_dy.shape(), cache.tangent_y.shape());
    if (!dy.absent()) expect_shape("Dropout::backward_tangent", "dy", dy.shape(), cache.y.shape());
    cache.stamp.check(this, gradient);
    if (input_gradient == InputGradient::skip) return {};
    // linear once drawn: direction and input go the same way
    return {d_dy.absent() ? Input{} : through(d_dy, cache, cache.d_tangent_x),
            dy.absent() ? Input{} : through(dy, cache, cache.tangent_dx)};
  }

 private:
  static constexpr Index grain = 4096;  // elements of one chunk, a multiple of the 4 words of a block

  void draw(const Shape<2>& shape, Cache& cache) const {
    const RandomStream stream = cache.training.stream.substream(cache.training.stream.next64());
    const auto limit = static_cast<std::uint64_t>(p * 0x1p32);
    const auto kept = cache.kept.resize(shape);
    parallel_for_range(kept.size(), grain, 15, [&](Index from, Index to) {
      for (Index i = from; i < to; i += 4) {
        const auto words = stream.words(static_cast<std::uint64_t>(i) / 4);
        const Index block = std::min<Index>(4, to - i);
        for (Index k = 0; k < block; ++k) kept.data()[i + k] = words[static_cast<std::size_t>(k)] >= limit;
      }
    });
  }

  Output through(Input v, const Cache& cache, Tensor<T, 2>& to) const {
    if (cache.dropped) {
      // y = x kept / (1 - p)
      apply(v, cache.kept, to.resize(v.shape()));
    } else {
      to.copy_from(v);
    }
    return to;
  }

  void apply(TensorView<const T, 2> x, const Tensor<bool, 2>& kept, TensorView<T, 2> y) const {
    const T scale = static_cast<T>(1 / (1 - p));
    parallel_for_range(x.size(), grain, 2, [&](Index from, Index to) {
      for (Index i = from; i < to; ++i) y.data()[i] = kept.data()[i] ? scale * x.data()[i] : T(0);
    });
  }
};
RAPT_MODELS(Layer<Dropout<float>>, Layer<Dropout<double>>);
RAPT_MODELS(TangentLayer<Dropout<float>>, TangentLayer<Dropout<double>>);

}  // namespace rapt
