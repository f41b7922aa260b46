#pragma once
// The list of what is compared.

#include "report/library.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace rapt_bench {

/// A problem that any library may be asked to solve; it outlives the sides.
class Problem {
 public:
  virtual ~Problem() = default;
  virtual Sides pose(Library&) const = 0;
};

struct Case {
  std::string name;  // begins with the layer
  double operations =
      0;                // multiplications and additions that count towards the peak; 0: it is bound by memory
  bool memory = false;  // whether the extra memory of a call is measured
  std::function<std::unique_ptr<Problem>()> problem;
};

/// Every case, in the order of the table.
std::vector<Case> all_cases();

/// One of them, or one of those that only a property is measured on.
/// \throws std::invalid_argument where there is none of that name
Case find_case(const std::string& name);

}  // namespace rapt_bench
