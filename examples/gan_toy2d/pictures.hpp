#pragma once
/// \file  What a generator writes over time, as pictures.

#include "training.hpp"

#include "common/png.hpp"
#include "common/svg.hpp"

#include <string_view>

namespace toy {

/// One panel a snapshot: 500 samples as dots over circles of three deviations, and the step below.
common::Svg samples_svg(const Target& target, const Run& run);

/// One panel a snapshot: how densely all its samples lie.
common::Picture samples_png(const Target& target, const Run& run);

}  // namespace toy
