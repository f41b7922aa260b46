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

// Every layer, loss and op of the headers, and where it stands.
std::map<std::string, std::string> registry_of_headers() {
  const std::filesystem::path root = RAPT_SOURCE_DIR "/include/rapt";
  std::map<std::string, std::string> names;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    if (entry.path().extension() != ".hpp") continue;
    const auto header = std::filesystem::relative(entry.path(), root);
    const std::string folder = header.begin()->string();
    if (!registry_is_built(folder)) continue;
    std::ifstream file(entry.path());
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    registry_find(text, R"(RAPT_MODELS\(\s*(?:Layer|Loss|GanLoss)<\s*(\w+))", header.string(), names);
    // A layer whose author forgot to say so is known by the shape of its backward.
    registry_find(text, R"(\sbackward\(\s*Output \w+,\s*Cache& \w+,\s*(\w+)\*)", header.string(), names);
    if (folder == "ops") registry_find(text, R"(\s(\w+)_backward\()", header.string(), names);
  }
  names.erase("Derived");  // of a base class, whose layers are found by themselves
  return names;
}

}  // namespace

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
