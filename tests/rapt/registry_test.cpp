#include "support/registry.hpp"

#include "support/catch.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <string>

// Names of the folders whose tests are built, separated by spaces; empty for all.
#ifndef RAPT_BUILT_FOLDERS
#define RAPT_BUILT_FOLDERS ""
#endif

namespace {

bool registry_is_built(const std::string& folder) {
  const std::string folders = RAPT_BUILT_FOLDERS;
  return folders.empty() || (" " + folders + " ").find(" " + folder + " ") != std::string::npos;
}

void registry_find(const std::string& text, const char* pattern, const std::string& header,
                   std::map<std::string, std::string>& names) {
  const std::regex regex(pattern);
  for (std::sregex_iterator match(text.begin(), text.end(), regex), end; match != end; ++match) {
    names.emplace((*match)[1], header);
  }
}

// f(folder, header, its text) for each header of the folders whose tests are built.
template <class F>
void registry_for_headers(F&& f) {
  const std::filesystem::path root = RAPT_SOURCE_DIR "/include/rapt";
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    if (entry.path().extension() != ".hpp") continue;
    const auto header = std::filesystem::relative(entry.path(), root);
    const std::string folder = header.begin()->string();
    if (!registry_is_built(folder)) continue;
    std::ifstream file(entry.path());
    f(folder, header.string(), std::string{std::istreambuf_iterator<char>(file), {}});
  }
}

// Every layer, loss and op of the headers, and where it stands.
std::map<std::string, std::string> registry_of_headers() {
  std::map<std::string, std::string> names;
  registry_for_headers([&](const std::string& folder, const std::string& header, const std::string& text) {
    registry_find(text, R"(RAPT_MODELS\(\s*(?:Layer|Loss|GanLoss)<\s*(\w+))", header, names);
    // A layer whose author forgot to say so is known by the shape of its backward.
    registry_find(text, R"(\sbackward\(\s*Output \w+,\s*Cache& \w+,\s*(\w+)\*)", header, names);
    if (folder == "ops") registry_find(text, R"(\s(\w+)_backward\()", header, names);
  });
  names.erase("Derived");  // of a base class, whose layers are found by themselves
  return names;
}

// Every layer with tangents: who says so, and whose backward_tangent is there.
std::map<std::string, std::string> registry_of_tangents() {
  std::map<std::string, std::string> names;
  registry_for_headers([&](const std::string&, const std::string& header, const std::string& text) {
    registry_find(text, R"(TangentLayer<(\w+)<)", header, names);
    registry_find(text, R"(\sbackward_tangent\(\s*Output \w+,\s*Output \w+,\s*Cache& \w+,\s*(\w+)\*)", header,
                  names);
  });
  names.erase("Derived");
  return names;
}

}  // namespace

TEST_CASE("Every layer with tangents runs through the generic tests of the second order", "[registry]") {
  const auto& registered = rapt_test::tangent_registry();
  const auto names = registry_of_tangents();
  CHECK_FALSE(names.empty());
  for (const auto& [name, header] : names) {
    INFO(name << " of " << header << " has no RAPT_TEST_TANGENT");
    CHECK(std::count(registered.begin(), registered.end(), name) > 0);
  }
}

TEST_CASE("Every layer and loss and op of the headers runs through the generic tests", "[registry]") {
  const auto& registered = rapt_test::registry();
  const auto names = registry_of_headers();
  CHECK_FALSE(names.empty());
  for (const auto& [name, header] : names) {
    INFO(name << " of " << header << " has no RAPT_TEST_LAYER, RAPT_TEST_LOSS or Registered");
    CHECK(std::count(registered.begin(), registered.end(), name) > 0);
  }
}

TEST_CASE("No two tests register one name", "[registry]") {
  auto registered = rapt_test::registry();
  std::sort(registered.begin(), registered.end());
  const auto twice = std::adjacent_find(registered.begin(), registered.end());
  INFO((twice == registered.end() ? "" : *twice) << " is registered twice");
  CHECK(twice == registered.end());
}
