#pragma once
/// \file  Tensor owns; TensorView borrows. Both are contiguous and row-major, batch first.

#include <rapt/core/checked.hpp>
#include <rapt/core/tensor_view.hpp>

#include <algorithm>
#include <initializer_list>
#include <new>
#include <type_traits>
#include <utility>

namespace rapt {

namespace detail {

/// Memory that grows and never shrinks. It comes from aligned operator new, not from Eigen's allocator: the
/// alignment Eigen assumes depends on each unit's flags, and units built with different ones would free
/// wrongly.
template <class T>
class AlignedStorage {
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);

 public:
  AlignedStorage() = default;
  AlignedStorage(const AlignedStorage& other, Index used) {
    reserve(used);
    std::copy_n(other.data_, used, data_);
  }
  AlignedStorage(AlignedStorage&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), capacity_(std::exchange(other.capacity_, 0)) {}
  AlignedStorage& operator=(AlignedStorage&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(capacity_, other.capacity_);
    return *this;
  }
  AlignedStorage(const AlignedStorage&) = delete;
  AlignedStorage& operator=(const AlignedStorage&) = delete;
  ~AlignedStorage() { ::operator delete(data_, alignment); }

  T* data() const { return data_; }

  /// Room for n elements; what was there is lost when it grows.
  void reserve(Index n) {
    if (n <= capacity_) return;
    const auto bytes =
        static_cast<std::size_t>(checked_multiply<Index>(n, Index{sizeof(T)}, "Tensor: bytes"));
    T* fresh = static_cast<T*>(::operator new(bytes, alignment));
    ::operator delete(data_, alignment);
    data_ = fresh;
    capacity_ = n;
  }

 private:
  static constexpr std::align_val_t alignment{64};
  T* data_ = nullptr;
  Index capacity_ = 0;
};

}  // namespace detail

/// Owning, copyable array of floating point numbers, ids (`Index`) or masks (`bool`).
///
/// Storage only grows, so a warm Tensor is resized without allocating; a moved-from Tensor is empty.
template <TensorScalar T, std::size_t Rank>
class Tensor {
  // A default Tensor is empty, and an array of rank 0 never is.
  static_assert(Rank > 0, "Tensor: the rank is at least 1; keep a single number as itself");

 public:
  using Scalar = T;
  static constexpr std::size_t rank = Rank;

  Tensor() = default;
  /// All elements 0. \throws std::overflow_error, std::invalid_argument where the shape makes no sense
  explicit Tensor(const Shape<Rank>& shape) {
    resize(shape);
    std::fill_n(data(), size(), T{});
  }
  /// The given values in row-major order.
  /// \throws std::invalid_argument where their number does not fit the shape
  Tensor(const Shape<Rank>& shape, std::initializer_list<T> values) : Tensor(shape) {
    if (static_cast<Index>(values.size()) != size()) {
      throw std::invalid_argument("Tensor: " + std::to_string(values.size()) + " values for shape " +
                                  to_string(shape));
    }
    std::copy(values.begin(), values.end(), data());
  }
  Tensor(const Tensor& other) : storage_(other.storage_, other.size()), shape_(other.shape_) {}
  Tensor& operator=(const Tensor& other) {
    if (this != &other) copy_from(other.view());
    return *this;
  }
  Tensor(Tensor&& other) noexcept
      : storage_(std::move(other.storage_)), shape_(std::exchange(other.shape_, {})) {}
  Tensor& operator=(Tensor&& other) noexcept {
    std::swap(storage_, other.storage_);
    shape_ = std::exchange(other.shape_, {});
    return *this;
  }

  /// Takes the shape; the contents are unspecified afterwards. Allocates only beyond the largest size seen so
  /// far.
  /// \throws std::overflow_error, std::invalid_argument where the shape makes no sense
  TensorView<T, Rank> resize(const Shape<Rank>& shape) {
    storage_.reserve(checked_element_count(shape, "Tensor::resize"));
    shape_ = shape;
    return view();
  }

  /// Takes shape and values of a view. \borrows nothing
  void copy_from(TensorView<const T, Rank> source) {
    resize(source.shape());
    if (source.data() != data()) std::copy_n(source.data(), source.size(), data());
  }
  /// Takes shape and values of an Eigen expression, strided blocks included; it must not read this tensor.
  template <class Derived>
  requires(Rank == 2) void copy_from(const Eigen::DenseBase<Derived>& source) {
    resize({source.rows(), source.cols()});
    matrix() = source.derived();
  }

  void fill(T value) { std::fill_n(data(), size(), value); }

  T* data() { return storage_.data(); }
  const T* data() const { return storage_.data(); }
  const Shape<Rank>& shape() const { return shape_; }
  Index extent(std::size_t axis) const { return shape_[axis]; }
  Index size() const { return element_count(shape_); }

  // A view outlives the expression that made it, so a temporary gives none.
  TensorView<T, Rank> view() & { return *this; }
  TensorView<const T, Rank> view() const& { return *this; }
  TensorView<const T, Rank> view() const&& = delete;
  TensorView<T, 2> rows() & { return view().rows(); }
  TensorView<const T, 2> rows() const& { return view().rows(); }
  TensorView<const T, 2> rows() const&& = delete;
  MatrixMap<T> matrix() & { return view().matrix(); }
  MatrixMap<const T> matrix() const& { return view().matrix(); }
  void matrix() const&& = delete;
  auto array() & { return view().array(); }
  auto array() const& { return view().array(); }
  void array() const&& = delete;
  auto operator[](Index i) & requires(Rank > 1) { return view()[i]; }
  auto operator[](Index i) const& requires(Rank > 1) { return view()[i]; }
  void operator[](Index i) const&& requires(Rank > 1) = delete;
  template <std::integral... I>
  requires(sizeof...(I) == Rank) T& operator()(I... index) { return view()(index...); }
  template <std::integral... I>
  requires(sizeof...(I) == Rank) const T& operator()(I... index) const { return view()(index...); }
  T* begin() { return data(); }
  T* end() { return data() + size(); }
  const T* begin() const { return data(); }
  const T* end() const { return data() + size(); }

 private:
  detail::AlignedStorage<T> storage_;
  Shape<Rank> shape_{};
};

/// The read-only view of what X is, a Tensor or a view: a function with a first parameter `const X&` and
/// others `ConstView<X>` takes both, of constant numbers or not.
template <class X>
using ConstView = TensorView<const typename X::Scalar, X::rank>;

}  // namespace rapt
