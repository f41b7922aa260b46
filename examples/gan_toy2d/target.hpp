#pragma once
/// \file  The mixtures of normal distributions that are to be learned.

#include <rapt/core/random.hpp>
#include <rapt/core/tensor.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace toy {

/// Equal normal distributions around centres in the plane.
struct Target {
  std::string name;
  rapt::Tensor<float, 2> centres;  // (K, 2)
  float deviation = 0;             // of each coordinate around its centre
  float extent = 0;                // pictures show [-extent, extent] each way

  rapt::Index modes() const { return centres.extent(0); }
  /// Root mean square of the coordinates: the nets read and write samples divided by it.
  float scale() const;
};

/// `ring8`: eight centres on a circle of radius 2, deviation 0.02 (Metz et al. 2017, arXiv:1611.02163).
/// `grid25`: 5 x 5 centres two apart, deviation 0.05 (Srivastava et al. 2017, arXiv:1705.07761).
/// \throws std::invalid_argument for other names
Target make_target(std::string_view name);

const std::vector<std::string>& target_names();

/// Real samples, divided by the target's scale.
/// \shape samples (N, 2)
void draw_real(const Target& target, rapt::TensorView<float, 2> samples, rapt::RandomStream& stream);

}  // namespace toy
