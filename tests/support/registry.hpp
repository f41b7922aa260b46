#pragma once
// What the generic tests cover. Every layer, loss and op of the library must be here: registry_test.cpp
// compares this list with the headers.

#include <string>
#include <vector>

namespace rapt_test {

inline std::vector<std::string>& registry() {
  static std::vector<std::string> names;
  return names;
}

/// The same for layers with tangents, which are checked to the second order.
inline std::vector<std::string>& tangent_registry() {
  static std::vector<std::string> names;
  return names;
}

struct TangentRegistered {
  explicit TangentRegistered(const char* name) { tangent_registry().emplace_back(name); }
};

struct Registered {
  explicit Registered(const char* name) { registry().emplace_back(name); }
};

}  // namespace rapt_test
