#include "debian_packages.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <unordered_map>

namespace recommender {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto from = text.find_first_not_of(" \t\r");
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(" \t\r") + 1 - from);
}

// "libc6 (>= 2.34) | libc6.1" gives "libc6".
std::string_view first_alternative(std::string_view entry) {
  const std::string_view first = trimmed(entry.substr(0, entry.find('|')));
  return first.substr(0, first.find_first_of(" (:["));
}

// One paragraph of the lists.
struct Package {
  std::string name, source;
  std::vector<std::string> relations;

  void take(const std::string& line) {
    const auto colon = line.find(':');
    if (colon == std::string::npos) return;
    const std::string_view key = std::string_view(line).substr(0, colon);
    const std::string_view value = trimmed(std::string_view(line).substr(colon + 1));
    if (key == "Package") name = value;
    if (key == "Source") source = value.substr(0, value.find(' '));
    if (key == "Depends" || key == "Pre-Depends" || key == "Recommends") relations.emplace_back(value);
  }

  void add_to(std::map<std::string, std::set<std::string>>& needs) {
    const std::string& user = source.empty() ? name : source;
    for (const std::string& relation : relations) {
      for (std::size_t at = 0; at <= relation.size();) {
        const std::size_t end = std::min(relation.find(',', at), relation.size());
        const std::string_view needed = first_alternative(std::string_view(relation).substr(at, end - at));
        if (!name.empty() && !needed.empty() && needed != user) needs[user].emplace(needed);
        at = end + 1;
      }
    }
    *this = {};
  }
};

}  // namespace

std::vector<PackageNeeds> read_package_needs(std::istream& lists) {
  std::map<std::string, std::set<std::string>> needs;
  Package package;
  for (std::string line; std::getline(lists, line);) {
    if (line.empty()) {
      package.add_to(needs);
    } else if (line.front() != ' ' && line.front() != '\t') {
      package.take(line);
    }
  }
  package.add_to(needs);
  std::vector<PackageNeeds> all;
  for (const auto& [source, names] : needs) all.push_back({source, {names.begin(), names.end()}});
  return all;
}

void keep_core(std::vector<PackageNeeds>& all, std::size_t least_needs, std::size_t least_sources) {
  for (bool dropped = true; dropped;) {
    std::unordered_map<std::string, std::size_t> sources;
    for (const auto& entry : all) {
      for (const auto& name : entry.needs) ++sources[name];
    }
    dropped = false;
    for (auto& entry : all) {
      // Both counts are of before this round.
      const bool too_few = entry.needs.size() < least_needs;
      const auto gone = std::erase_if(
          entry.needs, [&](const std::string& name) { return too_few || sources[name] < least_sources; });
      dropped = dropped || gone > 0;
    }
    std::erase_if(all, [](const PackageNeeds& entry) { return entry.needs.empty(); });
  }
}

}  // namespace recommender
