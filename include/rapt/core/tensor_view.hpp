#pragma once
/// \file  TensorView borrows: a shape laid over memory that somebody else owns.

#include <rapt/core/shape.hpp>

#include <Eigen/Core>

#include <cassert>
#include <concepts>
#include <cstddef>
#include <type_traits>

namespace rapt {

/// Row-major Eigen matrix of run-time size.
template <class T>
using RowMatrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// The only Eigen type that layers see: one Map per scalar keeps the number of instantiations small.
template <class T>
using MatrixMap =
    Eigen::Map<std::conditional_t<std::is_const_v<T>, const RowMatrix<std::remove_const_t<T>>, RowMatrix<T>>>;

template <TensorScalar T, std::size_t Rank>
class Tensor;

/// Borrowed, contiguous, row-major block of memory seen as a Rank-dimensional array; copying copies the view.
///
/// Constness is of the elements (`TensorView<const T, R>`), not of the view. Lay one over your own memory
/// with `TensorView<float, 2>(pointer, {rows, columns})`.
/// \borrows the memory, for as long as the view is used; a view of a temporary Tensor does not compile
template <class T, std::size_t Rank>
class TensorView {
  static_assert(TensorScalar<std::remove_const_t<T>>,
                "TensorView: the scalar is a floating point type, Index or bool");

 public:
  using Scalar = std::remove_const_t<T>;
  static constexpr std::size_t rank = Rank;

  constexpr TensorView() = default;
  constexpr TensorView(T* data, const Shape<Rank>& shape) : data_(data), shape_(shape) {}
  constexpr TensorView(Tensor<Scalar, Rank>& owner) : TensorView(owner.data(), owner.shape()) {}
  constexpr TensorView(const Tensor<Scalar, Rank>& owner) requires std::is_const_v<T>
      : TensorView(owner.data(), owner.shape()) {}
  template <class U>
  requires(std::is_const_v<T>&& std::same_as<U, Scalar>) constexpr TensorView(const TensorView<U, Rank>& view)
      : TensorView(view.data(), view.shape()) {}
  // A layer keeps a view of its input until backward: a temporary would dangle.
  TensorView(Tensor<Scalar, Rank>&&) = delete;
  TensorView(const Tensor<Scalar, Rank>&&) = delete;

  constexpr T* data() const { return data_; }
  constexpr const Shape<Rank>& shape() const { return shape_; }
  constexpr Index extent(std::size_t axis) const { return shape_[axis]; }
  constexpr Index size() const { return element_count(shape_); }
  /// True for a default view: an optional argument that was not given.
  constexpr bool absent() const { return data_ == nullptr && shape_ == Shape<Rank>{}; }

  /// Element access; the indices are checked by assert only.
  template <std::integral... I>
  requires(sizeof...(I) == Rank) constexpr T& operator()(I... index) const {
    Index at = 0;
    std::size_t axis = 0;
    (((assert(static_cast<Index>(index) >= 0 && static_cast<Index>(index) < shape_[axis])),
      at = at * shape_[axis] + static_cast<Index>(index), ++axis),
     ...);
    return data_[at];
  }

  /// Element `i` of the first axis: one sample of a batch. O(1).
  constexpr auto operator[](Index i) const requires(Rank > 1) {
    assert(i >= 0 && i < shape_[0]);
    Shape<Rank - 1> rest{};
    for (std::size_t axis = 1; axis < Rank; ++axis) rest[axis - 1] = shape_[axis];
    return TensorView<T, Rank - 1>(data_ + i * element_count(rest), rest);
  }

  /// Samples [from, to) of the first axis. O(1).
  constexpr TensorView slice(Index from, Index to) const {
    assert(0 <= from && from <= to && to <= shape_[0]);
    Shape<Rank> shape = shape_;
    shape[0] = 1;
    const Index stride = element_count(shape);
    shape[0] = to - from;
    return {data_ + from * stride, shape};
  }

  /// All axes but the last collapsed: (B, L, C) -> (B*L, C); a vector becomes one row. O(1), never copies.
  constexpr TensorView<T, 2> rows() const {
    static_assert(Rank > 0, "TensorView::rows: a scalar has no rows");
    Index count = 1;
    for (std::size_t axis = 0; axis + 1 < Rank; ++axis) count *= shape_[axis];
    return {data_, {count, shape_[Rank - 1]}};
  }

  /// The same memory under another shape. \throws ShapeError where the number of elements differs
  template <std::size_t R>
  constexpr TensorView<T, R> reshape(const Shape<R>& shape) const {
    // The new extents may be anything: neither a product that wraps nor two negative ones may pass for
    // size().
    Index count = 1;
    bool fits = true;
    for (const Index extent : shape) {
      if (extent < 0 || __builtin_mul_overflow(count, extent, &count)) fits = false;
    }
    if (!fits || count != size()) detail::throw_shape_error("TensorView::reshape", "view", shape_, shape);
    return {data_, shape};
  }

  /// `rows()` as an Eigen map.
  MatrixMap<T> matrix() const {
    const auto r = rows();
    return {data_, r.extent(0), r.extent(1)};
  }
  /// `rows()` as an Eigen array, for arithmetic element by element.
  auto array() const { return matrix().array(); }

  constexpr T* begin() const { return data_; }
  constexpr T* end() const { return data_ + size(); }

 private:
  T* data_ = nullptr;
  Shape<Rank> shape_{};
};

}  // namespace rapt
