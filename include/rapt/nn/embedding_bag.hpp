#pragma once
/// \file  Sums of rows of a table: sparse input for a dense layer.

#include <rapt/core/checked.hpp>
#include <rapt/core/layer.hpp>
#include <rapt/core/offsets.hpp>
#include <rapt/core/parallel.hpp>
#include <rapt/core/random.hpp>
#include <rapt/kernels/embedding_bag.hpp>

#include <cmath>
#include <concepts>
#include <stdexcept>
#include <string>
#include <tuple>

namespace rapt {

/// What EmbeddingBag multiplies the sum over a bag of n ids by: 1, 1/n, or 1/sqrt(n), which gives sets of any
/// size outputs of one size where rows are independent.
enum class BagMode { sum, mean, sum_over_root };

/// Bags laid end to end: ids offsets[b] ... offsets[b + 1] - 1 belong to bag b.
/// \shape ids (N), offsets (B + 1), weights (N) or absent: each 1
template <std::floating_point T>
struct EmbeddingBagInput {
  TensorView<const Index, 1> ids;
  TensorView<const Index, 1> offsets;
  TensorView<const T, 1> weights;
  static constexpr auto tensors = std::tuple{&EmbeddingBagInput::weights};
};

/// `y_b = s_b sum_n w_n weight[id_n]` over the ids n of bag b; s_b by BagMode. It is Linear without bias for
/// rows that are sparse: the weight here is the transpose of the one there.
///
/// \shape   ids (N), offsets (B + 1), weights (N) or absent, weight (I, E) -> y (B, E); an empty bag gives 0
/// \init    weight ~ N(0, 1), as torch.nn.EmbeddingBag does
/// \cost    forward and backward N E, whatever I is
/// \throws  std::out_of_range for an id outside [0, I); ShapeError; std::invalid_argument where offsets do
///          not rise from 0 to N
/// \borrows ids, offsets and weights until the matching backward
/// \note    The gradient lists the rows it has touched in `touched`. backward returns the gradient of
///          `weights`, where they were given, and the same ids and offsets. Offsets have PyTorch's
///          include_last_offset form; weights go with every mode here, there with the sum only.
template <std::floating_point T>
struct EmbeddingBag {
  using Scalar = T;
  using Input = EmbeddingBagInput<T>;
  using Output = TensorView<const T, 2>;

  Tensor<T, 2> weight;  // (I, E)
  BagMode mode = BagMode::mean;
  TouchedRows touched;  // of a gradient: rows that backward has added to
  static constexpr auto parameters = std::tuple{field("weight", &EmbeddingBag::weight)};
  static constexpr auto settings = std::tuple{field("mode", &EmbeddingBag::mode)};

  struct Cache {
    Input x;                 // borrowed
    Tensor<T, 1> factor;     // (N), s_b w_n of each id
    Tensor<T, 2> y;          // (B, E)
    Tensor<T, 1> d_weights;  // (N), where weights were given
    ForwardStamp stamp;
  };

  EmbeddingBag() = default;
  EmbeddingBag(Index rows, Index width, RandomStream& stream, BagMode bag_mode = BagMode::mean)
      : weight({rows, width}), mode(bag_mode) {
    fill_normal(weight.view(), 0, 1, stream);
  }

  Index rows() const { return weight.extent(0); }
  Index width() const { return weight.extent(1); }

  Output forward(Input x, Cache& cache) const {
    check(x);
    cache.x = x;
    cache.stamp.set(this);
    const Index bags = x.offsets.extent(0) - 1, columns = width(), count = x.ids.extent(0);
    T* const factor = cache.factor.resize({count}).data();
    T* const y = cache.y.resize({bags, columns}).data();
    const auto kernel = RAPT_KERNEL_FOR(simd(), bag_sums<T>);
    parallel_for_range(bags, bags_of_chunk, operations_of_bag(x), [&](Index first, Index last) {
      for (Index b = first; b < last; ++b) {
        const Index from = x.offsets.data()[b], to = x.offsets.data()[b + 1];
        const T share = scale(to - from);
        for (Index n = from; n < to; ++n)
          factor[n] = x.weights.absent() ? share : share * x.weights.data()[n];
      }
      kernel({first, last, x.ids.data(), x.offsets.data(), columns}, weight.data(), factor,
             y + first * columns);
    });
    return cache.y;
  }

  Input backward(Output dy, Cache& cache, EmbeddingBag* gradient,
                 InputGradient input_gradient = InputGradient::compute) const {
    const Input& x = cache.x;
    expect_shape("EmbeddingBag::backward", "dy", dy.shape(), cache.y.shape());
    cache.stamp.check(this, gradient);
    if (gradient != nullptr) add_to_rows(dy, cache, *gradient);
    if (input_gradient == InputGradient::skip || x.weights.absent()) return {x.ids, x.offsets, {}};
    T* const d_weights = cache.d_weights.resize(x.weights.shape()).data();
    const auto kernel = RAPT_KERNEL_FOR(simd(), bag_products<T>);
    parallel_for_range(cache.y.extent(0), bags_of_chunk, operations_of_bag(x), [&](Index first, Index last) {
      // y_b = s_b sum_n w_n weight[id_n]
      kernel({first, last, x.ids.data(), x.offsets.data(), width()}, dy.data() + first * width(),
             weight.data(), d_weights);
      for (Index b = first; b < last; ++b) {
        const Index from = x.offsets.data()[b], to = x.offsets.data()[b + 1];
        for (Index n = from; n < to; ++n) d_weights[n] *= scale(to - from);
      }
    });
    return {x.ids, x.offsets, cache.d_weights};
  }

 private:
  static constexpr Index bags_of_chunk = 16;

  Index operations_of_bag(const Input& x) const {
    const Index bags = x.offsets.extent(0) - 1;
    return bags == 0 ? 0 : x.ids.extent(0) * width() / bags + width();
  }
  T scale(Index count) const {
    if (mode == BagMode::sum) return T(1);
    return T(1) / (mode == BagMode::mean ? static_cast<T>(count) : std::sqrt(static_cast<T>(count)));
  }

  void check(const Input& x) const {
    const Index count = x.ids.extent(0);
    if (!x.weights.absent()) expect_shape("EmbeddingBag::forward", "weights", x.weights.shape(), {count});
    expect_offsets("EmbeddingBag::forward", x.offsets, count);
    for (const Index id : x.ids) expect_id("EmbeddingBag::forward", "id", id, rows());
  }

  // An id may be in many bags, so a chunk owns columns and takes the bags in their order.
  void add_to_rows(Output dy, const Cache& cache, EmbeddingBag& gradient) const {
    const Input& x = cache.x;
    const Index bags = cache.y.extent(0), columns = width();
    for (const Index id : x.ids) gradient.touched.mark(id, rows());
    const auto kernel = RAPT_KERNEL_FOR(simd(), add_to_rows<T>);
    // y_b = sum_n factor_n weight[id_n]
    parallel_for_range(columns, detail::columns_of_strip(columns), x.ids.extent(0),
                       [&](Index from, Index to) {
                         kernel({0, bags, x.ids.data(), x.offsets.data(), columns}, dy.data(),
                                cache.factor.data(), from, to, Index{-1}, gradient.weight.data());
                       });
  }
};
RAPT_MODELS(Layer<EmbeddingBag<float>>, Layer<EmbeddingBag<double>>);

}  // namespace rapt
