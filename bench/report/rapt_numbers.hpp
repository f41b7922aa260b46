#pragma once
// Between the report's plain numbers and this library's tensors.

#include <rapt/core/tensor.hpp>

#include "report/library.hpp"

#include <algorithm>
#include <cstdint>

namespace rapt_bench {

template <std::size_t Rank>
Numbers numbers(const rapt::TensorView<const float, Rank>& view) {
  return Numbers(view.data(), view.data() + view.size());
}
template <std::size_t Rank>
Numbers numbers(const rapt::Tensor<float, Rank>& tensor) {
  return numbers<Rank>(tensor.view());
}
template <std::size_t Rank>
void assign(rapt::Tensor<float, Rank>& tensor, const Numbers& values) {
  std::copy_n(values.begin(), tensor.size(), tensor.data());
}
inline rapt::TensorView<const float, 2> matrix(const Numbers& values, Size rows, Size columns) {
  return {values.data(), {rows, columns}};
}
inline rapt::Tensor<rapt::Index, 1> ids_of(const std::vector<std::int64_t>& values) {
  rapt::Tensor<rapt::Index, 1> ids({static_cast<Size>(values.size())});
  std::copy(values.begin(), values.end(), ids.data());
  return ids;
}

}  // namespace rapt_bench
