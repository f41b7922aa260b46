#pragma once
/// \file  Which source package needs which package, after Debian's package lists.

#include <istream>
#include <string>
#include <vector>

namespace recommender {

/// A source package and the packages that it needs, ascending by name.
struct PackageNeeds {
  std::string source;
  std::vector<std::string> needs;
};

/// Reads the paragraphs of `apt-cache dumpavail`. A need is the first alternative of each entry of Depends,
/// Pre-Depends and Recommends of a binary package, without version and architecture; a package does not need
/// its own source. Ascending by source.
std::vector<PackageNeeds> read_package_needs(std::istream& lists);

/// Drops sources with fewer than `least_needs` needs and packages needed by fewer than `least_sources`
/// sources, again and again until none is left to drop.
void keep_core(std::vector<PackageNeeds>& all, std::size_t least_needs, std::size_t least_sources);

}  // namespace recommender
