#pragma once
// What is measured of this library alone: threads, compiler flags, growth of memory, cost of its headers.

#include "report/library.hpp"

#include <functional>
#include <string>
#include <vector>

namespace rapt_bench {

/// A ratio of two measurements, and both of them as text.
struct Property {
  std::string ours, other, ratio_of;
  double ratio_min = 0, ratio_median = 0;
};

struct PropertyCase {
  std::string name;
  /// Measures it in that many rounds, 0 for as many as it takes.
  /// \throws std::runtime_error where it cannot be measured here
  std::function<Property(Library& rapt, int rounds)> measure;
};

std::vector<PropertyCase> all_properties();

}  // namespace rapt_bench
