#pragma once
/// \file  Positions as rotations of queries and keys.

#include <rapt/core/layer.hpp>
#include <rapt/core/number_text.hpp>
#include <rapt/core/parallel.hpp>
#include <rapt/kernels/rotary.hpp>
#include <rapt/ops/reduce.hpp>

#include <cmath>
#include <concepts>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>

namespace rapt {

/// Which two of the R numbers of a head that turn make a pair: 2i and 2i + 1, as in the paper and in GPT-J,
/// or i and i + R/2, as in GPT-NeoX and Llama. Weights trained with one are of no use to the other.
enum class RotaryPairs { interleaved, halves };

/// What RotaryPositions is besides width and heads.
struct RotaryPositionsOptions {
  double base = 10000;
  RotaryPairs pairs = RotaryPairs::interleaved;
  Index rotary_width = 0;    // only the first so many numbers of each head turn; 0: all
  Index first_position = 0;  // of the first row
};

namespace detail {

/// Cosines and sines of every position and pair, kept for as long as the next call needs no others.
template <std::floating_point T>
struct RotaryTable {
  Tensor<T, 2> cosine, sine;  // (L, R/2)
  double base = 0;
  Index first_position = 0;

  /// Makes at least `length` rows for `pairs` = R/2 pairs. Angles are taken in double, so that a float turns
  /// as exactly at position 1 000 000 as at position 1.
  void prepare(Index length, Index pairs, double new_base, Index new_first) {
    const bool same = base == new_base && first_position == new_first && cosine.extent(1) == pairs;
    if (same && length <= cosine.extent(0)) return;
    base = new_base;
    first_position = new_first;
    cosine.resize({length, pairs});
    sine.resize({length, pairs});
    for (Index i = 0; i < pairs; ++i) {
      const double frequency = std::pow(base, -static_cast<double>(i) / static_cast<double>(pairs));
      for (Index t = 0; t < length; ++t) {
        const double angle = static_cast<double>(first_position + t) * frequency;
        cosine(t, i) = static_cast<T>(std::cos(angle));
        sine(t, i) = static_cast<T>(std::sin(angle));
      }
    }
  }
};

/// Turns the pairs of every head of x (B, L, H D), row t of a sample by row t of the table, or back by it; y
/// may be x.
template <bool back, std::floating_point T>
void rotate_heads(RotaryPairs kind, TensorView<const T, 3> x, Index heads, const RotaryTable<T>& table,
                  T* y) {
  const auto kernel = kind == RotaryPairs::interleaved ? RAPT_KERNEL_FOR(simd(), rotate_rows<T, true>)
                                                       : RAPT_KERNEL_FOR(simd(), rotate_rows<T, false>);
  const Index length = x.extent(1), width = x.extent(2);
  parallel_for_range(x.extent(0) * length, rows_of_chunk(width), width, [&](Index from, Index to) {
    kernel({.first = from,
            .last = to,
            .length = length,
            .heads = heads,
            .head = width / heads,
            .pairs = table.cosine.extent(1),
            .x = x.data(),
            .cosine = table.cosine.data(),
            .sine = table.sine.data(),
            .direction = back ? T(-1) : T(1),
            .y = y});
  });
}

}  // namespace detail

/// Turns pair i of each head of row t by the angle `(p + t) base^(-2i/R)`, `y_a = x_a cos - x_b sin,
/// y_b = x_a sin + x_b cos`, p the first position, R the numbers of a head that turn (Su et al. 2021,
/// arXiv:2104.09864, eq. 14, 15 and 34). The product of a query and a key so turned depends on the distance
/// of their positions only. Both pass through it between projection and attention, each with its own cache:
///
///     const auto q = rotary.forward(query, query_cache), k = rotary.forward(key, key_cache);
///     const auto y = attention.forward({.query = q, .key = k, .value = value}, cache);
///     const auto d = attention.backward(dy, cache, nullptr);
///     const auto d_query = rotary.backward(d.query, query_cache, nullptr);
///     const auto d_key = rotary.backward(d.key, key_cache, nullptr);
///
/// A model that generates keeps its turned keys; a new row at position t then passes with `first_position` t,
/// set before forward.
///
/// \shape   x (B, L, H D), heads side by side -> y (B, L, H D); of any length
/// \cost    3 B L H R flops; L R numbers of sines and cosines, made anew only where the sequence is longer
///          than before, or first_position or base has changed
/// \throws  std::invalid_argument where heads does not divide width, where R is odd or above D, where base is
///          not above 0; ShapeError where x or dy does not fit
template <std::floating_point T>
struct RotaryPositions {
  using Scalar = T;
  using Input = TensorView<const T, 3>;
  using Output = TensorView<const T, 3>;

  Index width = 0, heads = 1;
  double base = 10000;
  RotaryPairs pairs = RotaryPairs::interleaved;
  Index rotary_width = 0;  // R
  Index first_position = 0;
  static constexpr auto parameters = std::tuple<>{};
  static constexpr auto settings = std::tuple{field("width", &RotaryPositions::width),
                                              field("heads", &RotaryPositions::heads),
                                              field("base", &RotaryPositions::base),
                                              field("pairs", &RotaryPositions::pairs),
                                              field("rotary_width", &RotaryPositions::rotary_width),
                                              field("first_position", &RotaryPositions::first_position)};

  struct Cache {
    detail::RotaryTable<T> table;
    Tensor<T, 3> y, dx;  // (B, L, H D)
    ForwardStamp stamp;
  };

  RotaryPositions() = default;
  RotaryPositions(Index width_, Index heads_, RotaryPositionsOptions options = {})
      : width(width_),
        heads(heads_),
        base(options.base),
        pairs(options.pairs),
        rotary_width(options.rotary_width),
        first_position(options.first_position) {
    const bool whole = heads > 0 && width >= 0 && width % heads == 0;
    if (rotary_width == 0 && whole) {
      rotary_width = width / heads;
      if (rotary_width % 2 != 0) {
        throw std::invalid_argument("RotaryPositions: head width " + std::to_string(rotary_width) +
                                    " is odd, expected pairs");
      }
    }
    check("RotaryPositions", width, heads);
  }

  /// Throws std::invalid_argument unless the settings fit rows of `heads_` heads side by side.
  void check(std::string_view where, Index width_, Index heads_) const {
    const auto fail = [&](const std::string& what) {
      throw std::invalid_argument(std::string(where) + ": " + what);
    };
    if (heads_ < 1 || width_ < 0 || width_ % heads_ != 0)
      fail("width " + std::to_string(width_) + " is not a multiple of heads " + std::to_string(heads_));
    const Index head = width_ / heads_;
    if (rotary_width < 0 || rotary_width > head || rotary_width % 2 != 0) {
      fail("rotary_width is " + std::to_string(rotary_width) +
           ", expected an even number up to the head's width " + std::to_string(head));
    }
    if (!(base > 0) || !std::isfinite(base))
      fail("base is " + detail::number_text(base) + ", expected a finite number above 0");
  }

  Output forward(Input x, Cache& cache) const {
    check("RotaryPositions::forward", width, heads);
    expect_shape("RotaryPositions::forward", "x", x.shape(), {any, any, width});
    cache.stamp.set(this);
    cache.table.prepare(x.extent(1), rotary_width / 2, base, first_position);
    detail::rotate_heads<false, T>(pairs, x, heads, cache.table, cache.y.resize(x.shape()).data());
    return cache.y;
  }

  Input backward(Output dy, Cache& cache, RotaryPositions* gradient,
                 InputGradient input_gradient = InputGradient::compute) const {
    expect_shape("RotaryPositions::backward", "dy", dy.shape(), cache.y.shape());
    cache.stamp.check(this, gradient);
    if (input_gradient == InputGradient::skip) return {};
    // y = R x with R a rotation:  dx = R^T dy, the rotation back
    detail::rotate_heads<true, T>(pairs, dy, heads, cache.table, cache.dx.resize(dy.shape()).data());
    return cache.dx;
  }
};
RAPT_MODELS(Layer<RotaryPositions<float>>, Layer<RotaryPositions<double>>);

}  // namespace rapt
