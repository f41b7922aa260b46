#pragma once
/// \file  Offsets of lists of varying length that are laid end to end.

#include <rapt/core/tensor_view.hpp>

#include <stdexcept>
#include <string>
#include <string_view>

namespace rapt {

/// Number of lists that offsets cut `count` elements into: list b is offsets[b] ... offsets[b + 1] - 1.
/// \shape  offsets (lists + 1)
/// \throws ShapeError where there is not even the first offset; std::invalid_argument
///         `EmbeddingBag::forward: offsets do not rise from 0 to 7`
inline Index expect_offsets(std::string_view where, TensorView<const Index, 1> offsets, Index count) {
  const Index lists = offsets.extent(0) - 1;
  if (lists < 0) detail::throw_shape_error(where, "offsets", offsets.shape(), Shape<1>{1});
  const Index* const at = offsets.data();
  bool rises = at[0] == 0 && at[lists] == count;
  for (Index b = 0; b < lists; ++b) rises = rises && at[b] <= at[b + 1];
  if (!rises) {
    throw std::invalid_argument(std::string(where) + ": offsets do not rise from 0 to " +
                                std::to_string(count));
  }
  return lists;
}

}  // namespace rapt
