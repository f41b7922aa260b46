#pragma once
/// \file  What `recommend` and `explain` have in common: whom they are asked about.

#include "answers.hpp"

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace recommender {

/// MODEL with --user or --items.
struct Asked {
  std::string model, user;
  std::vector<std::string> items;
};

void add_asked(CLI::App& verb, Asked& asked);

/// The profile asked about. Ids that the model does not know are named on stderr, with names that resemble
/// them.
Profile find_profile(const Bundle& bundle, const Asked& asked);

/// Names of items, safe to print.
std::vector<std::string> item_names(const Bundle& bundle, std::span<const rapt::Index> items);

}  // namespace recommender
