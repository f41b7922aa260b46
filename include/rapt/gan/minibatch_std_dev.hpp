#pragma once
/// \file  A channel that tells a discriminator how much the samples of a batch differ.

#include <rapt/core/number_text.hpp>
#include <rapt/core/parallel.hpp>
#include <rapt/core/tangent.hpp>
#include <rapt/core/workspace.hpp>
#include <rapt/ops/reduce.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <tuple>

namespace rapt {

/// Minibatch standard deviation: x with one more channel, all of whose numbers in a sample are
/// `s = mean over features f of sigma_f, sigma_f = sqrt(mean over the group of (x_f - mu_f)^2 + eps)`, mu_f
/// the mean over the group (Karras et al. 2018, arXiv:1710.10196, section 3).
///
/// `group_size` samples make a group (0, or more than there are: the whole batch), sample n being of group n
/// mod (B / group_size), as in the authors' program, whose group of 4 and eps of 1e-8 are the defaults; the
/// paper takes the whole batch and no eps.
/// \shape   x (B, C, ...) -> y (B, C + 1, ...), of rank 4 or, for perceptrons, MinibatchStdDev<T, 2>
/// \throws  std::invalid_argument where group_size or eps is negative; ShapeError where the batch makes no
///          whole groups, dy does not fit, or backward_tangent finds no tangent of the last forward
/// \borrows x until the matching backward, and the direction of a tangent until backward_tangent
/// \note    where sigma_f is 0, as without eps for equal samples, the root has no derivative; there its first
///          and second derivatives count as 0
template <std::floating_point T, std::size_t Rank = 4>
struct MinibatchStdDev {
  static_assert(Rank >= 2);
  using Scalar = T;
  using Input = TensorView<const T, Rank>;
  using Output = TensorView<const T, Rank>;
  template <class U>
  using Rebound = MinibatchStdDev<U, Rank>;

  Index group_size = 4;
  double eps = 1e-8;
  static constexpr std::tuple<> parameters{};
  static constexpr auto settings =
      std::tuple{field("group_size", &MinibatchStdDev::group_size), field("eps", &MinibatchStdDev::eps)};

  struct Cache {
    Input x;                   // borrowed
    Tensor<T, 2> mean, scale;  // (groups, features); scale = 1 / sigma, or 0
    Tensor<T, Rank> y, dx;
    Input tangent_x;                               // borrowed; absent before forward_tangent
    Tensor<T, 2> tangent_mean, tangent_deviation;  // (groups, features): mu', sigma'
    Tensor<T, Rank> tangent_y, d_tangent_x, tangent_dx;
    ForwardStamp stamp;
  };

  MinibatchStdDev() = default;
  explicit MinibatchStdDev(Index samples_of_group, double epsilon = 1e-8)
      : group_size(samples_of_group), eps(epsilon) {
    expect_settings();
  }

  /// The shape of the output for x of that shape.
  Shape<Rank> output_shape(Shape<Rank> x) const {
    expect_settings();
    const Index group = group_of(x[0]);
    if (group > 0 && x[0] % group != 0) {
      throw ShapeError("MinibatchStdDev::forward: x has shape " + to_string(x) + ", but " +
                       std::to_string(x[0]) + " samples do not make groups of " + std::to_string(group));
    }
    ++x[1];
    return x;
  }

  Output forward(Input x, Cache& cache) const {
    const auto shape = output_shape(x.shape());
    const Sizes s(x.shape(), group_of(x.extent(0)));
    cache.x = x;
    cache.tangent_x = {};  // a tangent of the forward before is none of this one
    cache.stamp.set(this);
    cache.mean.resize({s.groups, s.features});
    cache.scale.resize({s.groups, s.features});
    const auto y = cache.y.resize(shape);
    append_channel(s, x, y, [&](const Part& part) {
      auto mean = part.of(cache.mean), scale = part.of(cache.scale);
      mean = part.row(x, 0);
      for (Index g = 1; g < s.group; ++g) mean += part.row(x, g);
      mean /= static_cast<T>(s.group);
      scale = (part.row(x, 0) - mean).square();
      for (Index g = 1; g < s.group; ++g) scale += (part.row(x, g) - mean).square();
      scale = (scale / static_cast<T>(s.group) + static_cast<T>(eps)).sqrt();
      const T sum = scale.sum();
      scale = (scale > T(0)).select(scale.inverse(), T(0));
      return sum;
    });
    return cache.y;
  }

  Input backward(Output dy, Cache& cache, MinibatchStdDev* gradient,
                 InputGradient input_gradient = InputGradient::compute) const {
    expect_shape("MinibatchStdDev::backward", "dy", dy.shape(), cache.y.shape());
    cache.stamp.check(this, gradient);
    if (input_gradient == InputGradient::skip) return {};
    add_deviation(dy, cache, cache.dx.resize(cache.x.shape()));
    return cache.dx;
  }

  Output forward_tangent(Input dx, Cache& cache) const {
    expect_shape("MinibatchStdDev::forward_tangent", "dx", dx.shape(), cache.x.shape());
    cache.stamp.check(this, nullptr);
    const Sizes s(cache);
    cache.tangent_x = dx;
    cache.tangent_mean.resize({s.groups, s.features});
    cache.tangent_deviation.resize({s.groups, s.features});
    const auto y = cache.tangent_y.resize(cache.y.shape());
    append_channel(s, dx, y, [&](const Part& part) {
      auto mean = part.of(cache.tangent_mean), deviation = part.of(cache.tangent_deviation);
      const auto centre = part.of(cache.mean);
      mean = part.row(dx, 0);
      deviation = (part.row(cache.x, 0) - centre) * part.row(dx, 0);
      for (Index g = 1; g < s.group; ++g) {
        mean += part.row(dx, g);
        deviation += (part.row(cache.x, g) - centre) * part.row(dx, g);
      }
      mean /= static_cast<T>(s.group);
      // sigma' = sum over the group of (x - mu) x' / (group sigma)
      deviation *= part.of(cache.scale) / static_cast<T>(s.group);
      return deviation.sum();
    });
    return cache.tangent_y;
  }

  TangentGradient<Input> backward_tangent(Output d_dy, Output dy, Cache& cache, MinibatchStdDev* gradient,
                                          InputGradient input_gradient = InputGradient::compute) const {
    constexpr const char* where = "MinibatchStdDev::backward_tangent";
    if (!d_dy.absent()) expect_shape(where, "d_dy", d_dy.shape(), cache.y.shape());
    if (!dy.absent()) expect_shape(where, "dy", dy.shape(), cache.y.shape());
    cache.stamp.check(this, gradient);
    TangentGradient<Input> result;
    if (input_gradient == InputGradient::skip) return result;
    if (!d_dy.absent()) {
      expect_shape(where, "dx of forward_tangent", cache.tangent_x.shape(), cache.x.shape());
      // (x', s') is in x' what the derivative of (x, s) is
      add_deviation(d_dy, cache, cache.d_tangent_x.resize(cache.x.shape()));
      result.tangent = cache.d_tangent_x;
    }
    if (d_dy.absent() && dy.absent()) return result;
    const auto dx = cache.tangent_dx.resize(cache.x.shape());
    if (dy.absent()) {
      std::fill(dx.begin(), dx.end(), T(0));
    } else {
      add_deviation(dy, cache, dx);
    }
    if (!d_dy.absent()) add_curvature(d_dy, cache, dx);
    result.input = cache.tangent_dx;
    return result;
  }

 private:
  using Numbers = detail::FlatArray<T>;
  using ConstNumbers = detail::ConstFlatArray<T>;
  static constexpr Index grain = 256;  // features of one chunk

  struct Sizes {
    Index group, groups, features, plane;  // plane: numbers of one channel of a sample
    Sizes(const Shape<Rank>& x, Index samples_of_group) : group(samples_of_group), plane(1) {
      groups = group == 0 ? 0 : x[0] / group;
      for (std::size_t axis = 2; axis < Rank; ++axis) plane *= x[axis];
      features = x[1] * plane;
    }
    // A warm cache knows what forward made of the settings.
    explicit Sizes(const Cache& cache)
        : Sizes(cache.x.shape(), cache.mean.extent(0) == 0 ? 0 : cache.x.extent(0) / cache.mean.extent(0)) {}
    Index pieces() const { return (features + grain - 1) / grain; }
    T share() const { return T(1) / (static_cast<T>(features) * static_cast<T>(group)); }
  };

  /// Some features of one group: sample g of the group is sample `g groups + m` of the batch.
  struct Part {
    const Sizes& sizes;
    Index m, from, count;
    ConstNumbers row(Input x, Index g) const {
      return ConstNumbers(x.data() + (g * sizes.groups + m) * sizes.features + from, count);
    }
    // The same features of a tensor with one channel more.
    ConstNumbers wide_row(Output y, Index g) const {
      return ConstNumbers(y.data() + (g * sizes.groups + m) * (sizes.features + sizes.plane) + from, count);
    }
    Numbers row(TensorView<T, Rank> x, Index g) const {
      return Numbers(x.data() + (g * sizes.groups + m) * sizes.features + from, count);
    }
    Numbers of(Tensor<T, 2>& statistic) const {
      return Numbers(statistic.data() + m * sizes.features + from, count);
    }
  };

  Index group_of(Index batch) const { return group_size == 0 ? batch : std::min(group_size, batch); }

  void expect_settings() const {
    if (group_size < 0) {
      throw std::invalid_argument("MinibatchStdDev: group_size is " + std::to_string(group_size) +
                                  ", expected at least 0");
    }
    if (!(eps >= 0)) {
      throw std::invalid_argument("MinibatchStdDev: eps is " + detail::number_text(eps) +
                                  ", expected at least 0");
    }
  }

  template <class Body>
  static void for_each_part(const Sizes& s, Body&& body) {
    const Index pieces = s.pieces();
    parallel_for(s.groups * pieces, 4 * s.group * std::min(grain, s.features), [&](Index chunk) {
      const Index from = chunk % pieces * grain;
      body(Part{s, chunk / pieces, from, std::min(grain, s.features - from)}, chunk);
    });
  }

  /// y = x and one more channel, the mean over features of what `deviations` sums up in each part.
  template <class F>
  static void append_channel(const Sizes& s, Input x, TensorView<T, Rank> y, F&& deviations) {
    const Index pieces = s.pieces();
    const Workspace<T> sums(s.groups * pieces);
    for_each_part(s, [&](const Part& part, Index chunk) { sums.data()[chunk] = deviations(part); });
    for (Index n = 0; n < s.groups * s.group; ++n) {
      T sum = 0;
      for (Index piece = 0; piece < pieces; ++piece) sum += sums.data()[n % s.groups * pieces + piece];
      T* const row =
          std::copy_n(x.data() + n * s.features, s.features, y.data() + n * (s.features + s.plane));
      std::fill_n(row, s.plane, s.features == 0 ? T(0) : sum / static_cast<T>(s.features));
    }
  }

  /// sums_m = the sum of a group's numbers in the added channel.
  static void channel_sums(const Sizes& s, Output dy, T* sums) {
    std::fill_n(sums, s.groups, T(0));
    for (Index n = 0; n < s.groups * s.group; ++n) {
      const T* const row = dy.data() + n * (s.features + s.plane) + s.features;
      for (Index i = 0; i < s.plane; ++i) sums[n % s.groups] += row[i];
    }
  }

  /// dx = the transposed derivative of (x, s) times dy.
  static void add_deviation(Output dy, Cache& cache, TensorView<T, Rank> dx) {
    const Sizes s(cache);
    const Workspace<T> sums(s.groups);
    channel_sums(s, dy, sums.data());
    for_each_part(s, [&](const Part& part, Index) {
      const T weight = sums.data()[part.m] * s.share();
      const auto mean = part.of(cache.mean), scale = part.of(cache.scale);
      for (Index g = 0; g < s.group; ++g) {
        // y = x; s = 1/features sum_f sigma_f, sigma_f by x: (x - mu) / (group sigma)
        part.row(dx, g) = part.wide_row(dy, g) + weight * (part.row(cache.x, g) - mean) * scale;
      }
    });
  }

  /// dx += the gradient of <d_dy, (x', s')> by x.
  static void add_curvature(Output d_dy, Cache& cache, TensorView<T, Rank> dx) {
    const Sizes s(cache);
    const Workspace<T> sums(s.groups);
    channel_sums(s, d_dy, sums.data());
    for_each_part(s, [&](const Part& part, Index) {
      const T weight = sums.data()[part.m] * s.share();
      const auto mean = part.of(cache.mean), scale = part.of(cache.scale);
      const auto slope = part.of(cache.tangent_mean), deviation = part.of(cache.tangent_deviation);
      for (Index g = 0; g < s.group; ++g) {
        // sigma' = sum (x - mu) x' / (group sigma), by x: (x' - mu' - sigma' (x - mu) / sigma) / (group
        // sigma)
        part.row(dx, g) +=
            weight * scale *
            (part.row(cache.tangent_x, g) - slope - deviation * scale * (part.row(cache.x, g) - mean));
      }
    });
  }
};
RAPT_MODELS(Layer<MinibatchStdDev<float>>, Layer<MinibatchStdDev<double>>, Layer<MinibatchStdDev<double, 2>>);
RAPT_MODELS(TangentLayer<MinibatchStdDev<float>>, TangentLayer<MinibatchStdDev<float, 2>>);

}  // namespace rapt
