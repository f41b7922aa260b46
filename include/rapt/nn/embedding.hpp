#pragma once
/// \file  A row of a table for each id.

#include <rapt/core/checked.hpp>
#include <rapt/core/layer.hpp>
#include <rapt/core/parallel.hpp>
#include <rapt/core/random.hpp>
#include <rapt/kernels/embedding_bag.hpp>
#include <rapt/ops/reduce.hpp>

#include <algorithm>
#include <concepts>
#include <stdexcept>
#include <string>
#include <tuple>

namespace rapt {

/// Table of vectors, `y_n = weight[id_n]`.
///
/// \shape   ids (N), weight (I, E) -> y (N, E)
/// \init    weight ~ N(0, 1), as torch.nn.Embedding does; the row of padding_index is 0
/// \cost    forward and backward N E, whatever I is
/// \throws  std::out_of_range for an id outside [0, I); ShapeError where dy does not fit;
///          std::invalid_argument for a padding_index outside [0, I)
/// \borrows ids until the matching backward
/// \note    The gradient lists the rows it has touched in `touched`. The row of `padding_index` gets no
///          gradient.
template <std::floating_point T>
struct Embedding {
  using Scalar = T;
  using Input = TensorView<const Index, 1>;
  using Output = TensorView<const T, 2>;
  static constexpr Index no_padding = -1;

  Tensor<T, 2> weight;  // (I, E)
  Index padding_index = no_padding;
  TouchedRows touched;  // of a gradient: rows that backward has added to
  static constexpr auto parameters = std::tuple{field("weight", &Embedding::weight)};
  static constexpr auto settings = std::tuple{field("padding_index", &Embedding::padding_index)};

  struct Cache {
    Input ids;       // borrowed (N)
    Tensor<T, 2> y;  // (N, E)
    ForwardStamp stamp;
  };

  Embedding() = default;
  Embedding(Index rows, Index width, RandomStream& stream, Index padding = no_padding)
      : weight({rows, width}), padding_index(padding) {
    if (padding != no_padding && (padding < 0 || padding >= rows)) {
      throw std::invalid_argument("Embedding: padding_index " + std::to_string(padding) + " is not in [0, " +
                                  std::to_string(rows) + ")");
    }
    fill_normal(weight.view(), 0, 1, stream);
    if (padding != no_padding) weight[padding].array() = T(0);
  }

  Index rows() const { return weight.extent(0); }
  Index width() const { return weight.extent(1); }

  Output forward(Input ids, Cache& cache) const {
    for (const Index id : ids) expect_id("Embedding::forward", "id", id, rows());
    cache.ids = ids;
    cache.stamp.set(this);
    const Index count = ids.extent(0), columns = width();
    T* const y = cache.y.resize({count, columns}).data();
    parallel_for_range(count, detail::rows_of_chunk(columns), columns, [&](Index from, Index to) {
      for (Index n = from; n < to; ++n) {
        std::copy_n(weight.data() + ids.data()[n] * columns, columns, y + n * columns);
      }
    });
    return cache.y;
  }

  void backward(Output dy, Cache& cache, Embedding* gradient, InputGradient = InputGradient::compute) const {
    const Index count = cache.ids.extent(0), columns = width();
    expect_shape("Embedding::backward", "dy", dy.shape(), {count, columns});
    cache.stamp.check(this, gradient);
    if (gradient == nullptr) return;
    for (const Index id : cache.ids) {
      if (id != padding_index) gradient->touched.mark(id, rows());
    }
    // y_n = weight[id_n]; an id may come twice, so a chunk owns columns and takes the ids in their order
    const auto kernel = RAPT_KERNEL_FOR(simd(), add_to_rows<T>);
    const detail::Bags ids{0, count, cache.ids.data(), nullptr, columns};
    parallel_for_range(columns, detail::columns_of_strip(columns), count, [&](Index from, Index to) {
      kernel(ids, dy.data(), nullptr, from, to, padding_index, gradient->weight.data());
    });
  }
};
RAPT_MODELS(Layer<Embedding<float>>, Layer<Embedding<double>>);

}  // namespace rapt
