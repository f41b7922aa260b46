#pragma once
/// \file  Tensors of a model file that hold what they should.

#include <rapt/io/safetensors.hpp>

#include <cmath>
#include <string>

namespace recommender {

/// A tensor of float without NaN and infinity. \throws rapt::FormatError naming it
template <std::size_t Rank>
rapt::Tensor<float, Rank> finite_tensor(const rapt::SafetensorsFile& file, const std::string& name) {
  auto tensor = file.tensor<float, Rank>(name);
  for (rapt::Index k = 0; k < tensor.size(); ++k) {
    if (!std::isfinite(tensor.data()[k])) {
      file.fail("tensor '" + name + "': element " + std::to_string(k) + " is not finite");
    }
  }
  return tensor;
}

}  // namespace recommender
