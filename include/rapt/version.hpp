#pragma once
/// \file  The one place that names the version: CMakeLists.txt reads it here.

#include <string_view>

#define RAPT_VERSION "0.1.0"

namespace rapt {

/// The library's version, "major.minor.patch"; before 1.0 a new minor version may change what compiled.
inline constexpr std::string_view version = RAPT_VERSION;

}  // namespace rapt
