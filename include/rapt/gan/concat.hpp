#pragma once
/// \file  Two inputs side by side.

#include <rapt/core/tangent.hpp>
#include <rapt/ops/reduce.hpp>

#include <algorithm>
#include <concepts>
#include <tuple>

namespace rapt {

/// What Concat lays side by side.
/// \shape first (N, A, ...), second (N, B, ...) with the same extents after the second axis, or (N, B)
template <std::floating_point T, std::size_t Rank = 2, std::size_t SecondRank = Rank>
struct ConcatInput {
  TensorView<const T, Rank> first;
  TensorView<const T, SecondRank> second;
  static constexpr auto tensors = std::tuple{&ConcatInput::first, &ConcatInput::second};
};

/// `y_n = [first_n, second_n]`, along the second axis: the columns of rows, the channels of images. Without
/// parameters. A second input (N, B) beside images is repeated over their positions, a plane for each number
/// (Reed et al. 2016, arXiv:1605.05396, section 4.1).
///
/// \shape  first (N, A), second (N, B) -> y (N, A + B); of rank 4 first (N, A, H, W), second (N, B, H, W), or
///         (N, B) with SecondRank 2 -> y (N, A + B, H, W)
/// \throws ShapeError where the inputs differ in another axis than the second, or where dy does not fit
/// \note   an absent part of a tangent's direction stands for zeros
template <std::floating_point T, std::size_t Rank = 2, std::size_t SecondRank = Rank>
requires(Rank >= 2 && (SecondRank == Rank || SecondRank == 2)) struct Concat {
  using Scalar = T;
  using Input = ConcatInput<T, Rank, SecondRank>;
  using Output = TensorView<const T, Rank>;
  template <class U>
  using Rebound = Concat<U, Rank, SecondRank>;
  static constexpr std::tuple<> parameters{};

  struct Cache {
    Shape<Rank> first{};         // shapes of the last forward's input
    Shape<SecondRank> second{};  // ...
    Tensor<T, Rank> y;
    Tensor<T, Rank> d_first;
    Tensor<T, SecondRank> d_second;
    Tensor<T, Rank> tangent_y, d_tangent_first, tangent_d_first;
    Tensor<T, SecondRank> d_tangent_second, tangent_d_second;
    ForwardStamp stamp;
  };

  Output forward(Input x, Cache& cache) const {
    Shape<SecondRank> expected{};
    for (std::size_t axis = 0; axis < SecondRank; ++axis) expected[axis] = x.first.extent(axis);
    expected[1] = any;
    expect_shape("Concat::forward", "second", x.second.shape(), expected);
    cache.stamp.set(this);
    cache.first = x.first.shape();
    cache.second = x.second.shape();
    return join(x, cache, cache.y);
  }

  Input backward(Output dy, Cache& cache, Concat* gradient,
                 InputGradient input_gradient = InputGradient::compute) const {
    expect_shape("Concat::backward", "dy", dy.shape(), cache.y.shape());
    cache.stamp.check(this, gradient);
    if (input_gradient == InputGradient::skip) return {};
    // y = [first, second]
    return split(dy, cache, cache.d_first, cache.d_second);
  }

  Output forward_tangent(Input dx, Cache& cache) const {
    const char* const where = "Concat::forward_tangent";
    if (!dx.first.absent()) expect_shape(where, "first", dx.first.shape(), cache.first);
    if (!dx.second.absent()) expect_shape(where, "second", dx.second.shape(), cache.second);
    cache.stamp.check(this, nullptr);
    return join(dx, cache, cache.tangent_y);
  }

  TangentGradient<Input> backward_tangent(Output d_dy, Output dy, Cache& cache, Concat* gradient,
                                          InputGradient input_gradient = InputGradient::compute) const {
    if (!d_dy.absent()) expect_shape("Concat::backward_tangent", "d_dy", d_dy.shape(), cache.y.shape());
    if (!dy.absent()) expect_shape("Concat::backward_tangent", "dy", dy.shape(), cache.y.shape());
    cache.stamp.check(this, gradient);
    TangentGradient<Input> result;
    if (input_gradient == InputGradient::skip) return result;
    // y' = [first', second'], y = [first, second]
    if (!d_dy.absent()) result.tangent = split(d_dy, cache, cache.d_tangent_first, cache.d_tangent_second);
    if (!dy.absent()) result.input = split(dy, cache, cache.tangent_d_first, cache.tangent_d_second);
    return result;
  }

 private:
  static constexpr bool repeats = SecondRank != Rank;  // the second is repeated over positions

  // Numbers of one sample, which lie one after the other.
  struct Widths {
    Index positions = 1, first, channels, second;
    explicit Widths(const Cache& cache) {
      for (std::size_t axis = 2; axis < Rank; ++axis) positions *= cache.first[axis];
      first = cache.first[1] * positions;
      channels = cache.second[1];
      second = channels * positions;
    }
  };

  static Output join(Input x, const Cache& cache, Tensor<T, Rank>& joined) {
    const Widths w(cache);
    Shape<Rank> shape = cache.first;
    shape[1] += w.channels;
    T* const y = joined.resize(shape).data();
    const Index sample = w.first + w.second;
    parallel_for_range(shape[0], detail::rows_of_chunk(sample), sample, [&](Index from, Index to) {
      for (Index n = from; n < to; ++n) {
        T* const out = y + n * sample;
        copy_or_zero(x.first.data(), n, w.first, out);
        if constexpr (repeats) {
          for (Index c = 0; c < w.channels; ++c) {
            const T number = x.second.absent() ? T(0) : x.second.data()[n * w.channels + c];
            std::fill_n(out + w.first + c * w.positions, w.positions, number);
          }
        } else {
          copy_or_zero(x.second.data(), n, w.second, out + w.first);
        }
      }
    });
    return joined;
  }

  static void copy_or_zero(const T* from, Index n, Index width, T* to) {
    if (from == nullptr) {
      std::fill_n(to, width, T(0));
    } else {
      std::copy_n(from + n * width, width, to);
    }
  }

  static Input split(Output y, const Cache& cache, Tensor<T, Rank>& first, Tensor<T, SecondRank>& second) {
    const Widths w(cache);
    T* const to_first = first.resize(cache.first).data();
    T* const to_second = second.resize(cache.second).data();
    const Index sample = w.first + w.second;
    parallel_for_range(y.extent(0), detail::rows_of_chunk(sample), sample, [&](Index from, Index to) {
      for (Index n = from; n < to; ++n) {
        const T* const in = y.data() + n * sample;
        std::copy_n(in, w.first, to_first + n * w.first);
        if constexpr (repeats) {
          for (Index c = 0; c < w.channels; ++c) {
            to_second[n * w.channels + c] =
                detail::ConstFlatArray<T>(in + w.first + c * w.positions, w.positions).sum();
          }
        } else {
          std::copy_n(in + w.first, w.second, to_second + n * w.second);
        }
      }
    });
    return {first, second};
  }
};
RAPT_MODELS(Layer<Concat<float>>, Layer<Concat<double>>);
RAPT_MODELS(TangentLayer<Concat<float>>, TangentLayer<Concat<double>>);
RAPT_MODELS(TangentLayer<Concat<float, 4>>, TangentLayer<Concat<double, 4, 2>>);

}  // namespace rapt
